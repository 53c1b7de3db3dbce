"""What a dataset version is: its records, its identity, its difference from another. Pure."""
