"""Replaces every service in tests of the stack itself."""
