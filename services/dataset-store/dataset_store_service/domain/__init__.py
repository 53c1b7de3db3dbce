"""The rules of dataset versions: records, hashes and differences. Pure functions."""
