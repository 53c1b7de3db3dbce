"""Becomes a program that cannot outlive its parent. Run as a file, by a bare Python, once a child.

    python -I -S tether.py PIPE PARENT SIGNAL KERNEL HOW UID GID PROGRAM [ARGUMENT ...]

It changes who it is (PostgreSQL refuses to be root), asks the kernel for SIGNAL when its parent
dies, tells the watcher at the other end of PIPE that it exists, and becomes PROGRAM. The process
id stays the same all the way. The order matters: the kernel forgets its promise when a process
changes its user, and nobody may be registered that does not exist.
"""

import ctypes
import os
import signal
import struct
import sys

CANNOT_BECOME = 125
CANNOT_RUN = 127

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def main() -> None:
    """Do what the module says; end with a sentence and a code of our own if that fails."""
    pipe, parent, last, kernel, how, uid, gid = sys.argv[1:8]
    try:
        become(how, int(uid), int(gid))
    except OSError as error:
        give_up(CANNOT_BECOME, f"cannot become user {uid} by {how}: {error}")
    if int(kernel):
        die_with_parent(int(parent), int(last))
    os.write(int(pipe), f"+{os.getpid()} {last}\n".encode())
    os.close(int(pipe))
    try:
        os.execvp(sys.argv[8], sys.argv[8:])
    except OSError as error:
        give_up(CANNOT_RUN, f"cannot run {sys.argv[8]}: {error}")


def give_up(code: int, sentence: str) -> None:
    """End this process before it has become anything."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()
    os._exit(code)


def become(how: str, uid: int, gid: int) -> None:
    """Be the user that the child shall run as."""
    if how == "namespace":
        enter_namespace(uid, gid)
    elif how == "setuid":
        drop_to(uid, gid)


def enter_namespace(uid: int, gid: int) -> None:
    """Show as `uid` to the program, in a user namespace of its own; nobody else sees a change."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    check(ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER))
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outer_uid} 1"),
        ("gid_map", f"{gid} {outer_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(line)


def drop_to(uid: int, gid: int) -> None:
    """Be `uid` for good, and still reach files below folders that are closed to it."""
    linux = sys.platform == "linux"
    libc = ctypes.CDLL(None, use_errno=True)
    if linux:
        check(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if linux:
        keep_reach(libc)


def keep_reach(libc: ctypes.CDLL) -> None:
    """Keep the one capability to pass closed folders; all others of root are gone after this."""
    bit = 1 << CAP_DAC_OVERRIDE
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    data = struct.pack("=6I", bit, bit, bit, 0, 0, 0)
    if libc.capset(header, data) != 0:
        return  # A container that took it away: then the folders must be open as they are.
    check(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0))


def die_with_parent(parent: int, last: int) -> None:
    """Ask the kernel for `last` when the parent dies, and obey at once if it has died already."""
    check(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, last, 0, 0, 0))
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def check(result: int) -> None:
    """Raise what the C library reported."""
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    main()
