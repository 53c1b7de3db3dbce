"""The consensus service of Labelwright."""
