"""Puts the folder on the path, so that test files can import the strategies."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
