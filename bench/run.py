"""Runs the benchmarks one after the other. Each prints tables, and JSON as its last line."""

import subprocess
import sys
from pathlib import Path

BENCHES = {
    "loop": ["end_to_end.py"],
    "flow": ["flow.py"],
    "cycle": ["lease_cycle.py"],
    "queue_depth": ["queue_depth.py"],
    "page": ["page.py"],
    "crowd_statistics": ["crowd_statistics.py", "--json"],
    "adaptive": ["adaptive.py"],
    "known_gold": ["known_gold.py"],
}
"""The script of each benchmark with its arguments, by the name in `make bench B=…`."""


def main() -> None:
    """Run the benchmarks named on the command line, or all, until one fails."""
    here = Path(__file__).parent
    names = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        sys.exit(f"There is no benchmark '{unknown[0]}'. Benchmarks: {', '.join(BENCHES)}.")
    for name in names:
        script, *arguments = BENCHES[name]
        subprocess.run([sys.executable, str(here / script), *arguments], check=True)


if __name__ == "__main__":
    main()
