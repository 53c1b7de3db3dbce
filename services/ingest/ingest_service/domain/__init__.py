"""The rules of ingest: what an item is, which tasks it has, and what is refused. Pure."""
