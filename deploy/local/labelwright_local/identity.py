"""Whom PostgreSQL runs as. It refuses to be root, and root is what one is in many a container.

An ordinary user is just itself. Root goes into a user namespace of its own, where it shows as
`nobody`: no file changes its owner, and a closed home does not matter. Where namespaces are
forbidden it becomes `nobody` in earnest, the data get that owner, and it keeps the one capability
to pass closed folders.
"""

import os
import pwd
import subprocess
from pathlib import Path

from labelwright_local.leash import OURSELVES, Leash, RunAs
from labelwright_local.refusal import CannotStart


def choose(leash: Leash, probe: list[str], data: Path) -> RunAs:
    """As whom to run: the first way in which `probe` succeeds, of those that fit the `data`."""
    if os.geteuid() != 0:
        return OURSELVES
    nobody = ordinary_user()
    ways = [RunAs("namespace", nobody.pw_uid, nobody.pw_gid)]
    ways += [RunAs("setuid", nobody.pw_uid, nobody.pw_gid)]
    if data.exists() and data.stat().st_uid != 0:
        owner = data.stat()
        ways = [RunAs("setuid", owner.st_uid, owner.st_gid)]
    for way in ways:
        if works(leash, probe, way):
            return way
    raise CannotStart(
        "PostgreSQL refuses to run as root, and this machine allows root neither a user namespace"
        " nor another user: start labelwright as an ordinary user."
    )


def ordinary_user() -> pwd.struct_passwd:
    """A user without rights that the system knows by name (initdb wants a name)."""
    users = [user for user in pwd.getpwall() if user.pw_uid != 0]
    named = [user for user in users if user.pw_name == "nobody"]
    if not users:
        raise CannotStart(
            "PostgreSQL refuses to run as root, and this system knows no other user:"
            " start labelwright as an ordinary user."
        )
    return (named or users)[0]


def works(leash: Leash, probe: list[str], way: RunAs) -> bool:
    """Whether `probe` runs that way."""
    run = subprocess.run(
        leash.command(probe, run_as=way),
        pass_fds=[leash.pipe],
        start_new_session=True,
        capture_output=True,
        cwd="/",
        check=False,
    )
    return run.returncode == 0


def hand_over(folder: Path, way: RunAs) -> None:
    """Give `folder` and all in it to the user that will use it."""
    if way.how != "setuid" or folder.stat().st_uid == way.uid:
        return
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, way.uid, way.gid, follow_symlinks=False)
