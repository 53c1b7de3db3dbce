"""The quality service of Labelwright."""
