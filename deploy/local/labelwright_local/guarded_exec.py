"""Executes a program that ends with its parent. Run as a file, by a bare Python, for each child.

    python -I -S guarded_exec.py PIPE PARENT SIGNAL KERNEL HOW UID GID PROGRAM [ARGUMENT ...]

It changes its user (PostgreSQL refuses to run as root), requests SIGNAL from the kernel for the
death of its parent, registers with the reaper through PIPE, and executes PROGRAM. The process id
stays the same. The order matters: the kernel drops the request when a process changes its user, and
only a process that exists may be registered.
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
    """Execute the program; if that fails, print the reason and exit with 125 or 127."""
    pipe, parent, last, kernel, how, uid, gid = sys.argv[1:8]
    try:
        become(how, int(uid), int(gid))
    except OSError as error:
        fail(CANNOT_BECOME, f"cannot change to user {uid} ({how}): {error}")
    if int(kernel):
        request_parent_death_signal(int(parent), int(last))
    os.write(int(pipe), f"+{os.getpid()} {last}\n".encode())
    os.close(int(pipe))
    try:
        os.execvp(sys.argv[8], sys.argv[8:])
    except OSError as error:
        fail(CANNOT_RUN, f"cannot run {sys.argv[8]}: {error}")


def fail(code: int, sentence: str) -> None:
    """Print the reason and end this process."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()
    os._exit(code)


def become(how: str, uid: int, gid: int) -> None:
    """Change to the user that the program runs as."""
    if how == "namespace":
        enter_namespace(uid, gid)
    elif how == "setuid":
        drop_to(uid, gid)


def enter_namespace(uid: int, gid: int) -> None:
    """Enter a new user namespace, in which this process has `uid`; outside it keeps its user."""
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
    """Change to `uid`, but keep access to files in folders that are closed to that user."""
    linux = sys.platform == "linux"
    libc = ctypes.CDLL(None, use_errno=True)
    if linux:
        check(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if linux:
        keep_dac_override(libc)


def keep_dac_override(libc: ctypes.CDLL) -> None:
    """Keep CAP_DAC_OVERRIDE, with which closed folders can be entered; drop all others of root."""
    bit = 1 << CAP_DAC_OVERRIDE
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    data = struct.pack("=6I", bit, bit, bit, 0, 0, 0)
    if libc.capset(header, data) != 0:
        return  # A container without this capability: the folders must be accessible as they are.
    check(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0))


def request_parent_death_signal(parent: int, last: int) -> None:
    """Request signal `last` for the death of the parent; end at once if it has died already."""
    check(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, last, 0, 0, 0))
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def check(result: int) -> None:
    """Raise the error of a C library call whose result is not 0."""
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    main()
