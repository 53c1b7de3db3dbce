"""All of Labelwright on one machine, without containers."""
