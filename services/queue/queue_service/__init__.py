"""The queue service of Labelwright."""
