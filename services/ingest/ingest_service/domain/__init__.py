"""The rules of ingest: items, their tasks, specifications, errors. Pure functions."""
