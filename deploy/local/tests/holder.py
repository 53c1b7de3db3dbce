"""Starts guarded children, prints the ids of reaper, child and grandchild, and sleeps.

python holder.py KERNEL HOW UID GID
"""

import subprocess
import sys
import time

from labelwright_local.process_guard import ProcessGuard, RunAs

FAMILY = ["sh", "-c", "sleep 1000 & echo $$ $!; wait"]

if __name__ == "__main__":
    kernel, how, uid, gid = sys.argv[1:]
    guard = ProcessGuard(kernel=bool(int(kernel)))
    child = subprocess.Popen(
        guard.command(FAMILY, run_as=RunAs(how, int(uid), int(gid))),  # type: ignore[arg-type]
        pass_fds=[guard.pipe],
        start_new_session=True,
        stdout=subprocess.PIPE,
    )
    assert child.stdout
    print(guard._reaper.pid, child.stdout.readline().decode().strip(), flush=True)  # noqa: T201
    time.sleep(1000)
