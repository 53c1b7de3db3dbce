"""What every test of the workspace may ask for: real servers, see labelwright_local.testing."""

pytest_plugins = ["labelwright_local.testing", "chassis.testing"]
