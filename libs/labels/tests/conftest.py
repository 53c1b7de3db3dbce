"""Puts the folder on the path, so that test files can import the strategies."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

# The first matching imports scipy, which takes longer than hypothesis grants one example.
settings.register_profile("labels", deadline=None)
settings.load_profile("labels")
