"""Every bench, one after the other. Each prints a table, and JSON as its last line."""

import subprocess
import sys
from pathlib import Path

BENCHES = ("loop", "cycle", "agreement")


def main() -> int:
    """Run those named on the command line, or all; the first that fails ends it."""
    here = Path(__file__).parent
    for name in sys.argv[1:] or BENCHES:
        subprocess.run([sys.executable, str(here / f"{name}.py")], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
