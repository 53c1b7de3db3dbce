"""Starts children through a leash, tells their ids and the watcher's, and waits to be killed.

python holder.py KERNEL HOW UID GID
"""

import subprocess
import sys
import time

from labelwright_local.leash import Leash, RunAs

FAMILY = ["sh", "-c", "sleep 1000 & echo $$ $!; wait"]

if __name__ == "__main__":
    kernel, how, uid, gid = sys.argv[1:]
    leash = Leash(kernel=bool(int(kernel)))
    child = subprocess.Popen(
        leash.command(FAMILY, run_as=RunAs(how, int(uid), int(gid))),  # type: ignore[arg-type]
        pass_fds=[leash.pipe],
        start_new_session=True,
        stdout=subprocess.PIPE,
    )
    assert child.stdout
    print(leash._watcher.pid, child.stdout.readline().decode().strip(), flush=True)  # noqa: T201
    time.sleep(1000)
