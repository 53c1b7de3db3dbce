"""Plays recorded votes through the running services. Needs the extra `replay`."""
