"""The whole of Labelwright on one machine, without containers."""
