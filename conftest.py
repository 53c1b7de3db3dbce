"""Fixtures and settings that all tests of the workspace share: real servers, and hypothesis."""

from hypothesis import settings

pytest_plugins = ["labelwright_local.testing", "chassis.testing"]

# A time limit for one example would make a loaded machine fail tests that find nothing.
settings.register_profile("labelwright", deadline=None)
settings.load_profile("labelwright")
