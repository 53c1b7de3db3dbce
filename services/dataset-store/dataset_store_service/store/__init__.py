"""Every SQL statement of the dataset-store."""
