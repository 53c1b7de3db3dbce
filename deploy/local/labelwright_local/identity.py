"""The user that PostgreSQL runs as, since it refuses to run as root, the user of many containers.

An ordinary user runs it as itself. Root runs it as a user without privileges in a new user
namespace: files keep their owner, and folders that are closed to others can be entered. Where
namespaces are forbidden, root changes to that user, which gets the data files, and keeps the
capability CAP_DAC_OVERRIDE to enter closed folders.
"""

import os
import pwd
import subprocess
from pathlib import Path

from labelwright_local.process_guard import CURRENT_USER, ProcessGuard, RunAs
from labelwright_local.refusal import CannotStart


def choose(guard: ProcessGuard, probe: list[str], data: Path) -> RunAs:
    """Return the first user as which `probe` succeeds, of those that can use the folder `data`."""
    if os.geteuid() != 0:
        return CURRENT_USER
    user = unprivileged_user()
    ways = [RunAs("namespace", user.pw_uid, user.pw_gid)]
    ways += [RunAs("setuid", user.pw_uid, user.pw_gid)]
    if data.exists() and data.stat().st_uid != 0:
        owner = data.stat()
        ways = [RunAs("setuid", owner.st_uid, owner.st_gid)]
    for way in ways:
        if can_run(guard, probe, way):
            return way
    raise CannotStart(
        "PostgreSQL refuses to run as root, and this machine allows root neither to make a user"
        " namespace nor to change its user: start labelwright as an ordinary user."
    )


def unprivileged_user() -> pwd.struct_passwd:
    """Return a user without privileges that has a name, which initdb needs."""
    users = [user for user in pwd.getpwall() if user.pw_uid != 0]
    named = [user for user in users if user.pw_name == "nobody"]
    if not users:
        raise CannotStart(
            "PostgreSQL refuses to run as root, and this system has no other user:"
            " start labelwright as an ordinary user."
        )
    return (named or users)[0]


def can_run(guard: ProcessGuard, probe: list[str], way: RunAs) -> bool:
    """Return True if the command `probe` succeeds as this user."""
    run = subprocess.run(
        guard.command(probe, run_as=way),
        pass_fds=[guard.pipe],
        start_new_session=True,
        capture_output=True,
        cwd="/",
        check=False,
    )
    return run.returncode == 0


def chown(folder: Path, way: RunAs) -> None:
    """Make the user `way` the owner of `folder` and its content, if it differs from ours."""
    if way.how != "setuid" or folder.stat().st_uid == way.uid:
        return
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, way.uid, way.gid, follow_symlinks=False)
