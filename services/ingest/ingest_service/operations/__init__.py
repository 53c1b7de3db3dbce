"""The operations of ingest: one function each, in the transaction of its caller."""
