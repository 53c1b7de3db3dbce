"""Recorded votes, played through the running services as if people sat there."""
