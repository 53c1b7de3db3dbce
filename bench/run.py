"""Every bench, one after the other. Each prints tables, and JSON as its last line."""

import subprocess
import sys
from pathlib import Path

BENCHES = {
    "loop": [],
    "flow": [],
    "cycle": [],
    "queue_depth": [],
    "crowd_statistics": ["--json"],
    "adaptive": [],
    "known_gold": [],
}


def main() -> None:
    """Run those named on the command line, or all; the first that fails ends it."""
    here = Path(__file__).parent
    for name in sys.argv[1:] or BENCHES:
        subprocess.run([sys.executable, str(here / f"{name}.py"), *BENCHES[name]], check=True)


if __name__ == "__main__":
    main()
