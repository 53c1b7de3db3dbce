"""The Python client of Labelwright and the command line labelwright."""
