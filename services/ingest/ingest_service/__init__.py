"""The ingest service of Labelwright."""
