"""Ties a program to the life of its parent, then becomes it. Runs as a script, with nothing of ours imported.

    python -I -S parent_death.py <pid of the parent> <command> [argument ...]

A preexec_fn would do the same in the forked child, but a fork of a process with threads may deadlock there, and newer
Pythons warn of it. Only Linux has the call; elsewhere the next start ends what was left over.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_SIGKILL = 9


def main(parent: str, *command: str) -> None:
    """Ask the kernel for SIGKILL when the parent ends, unless it has ended already; then run ``command``."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - replacing this process is the point; there is no shell


if __name__ == "__main__":
    main(*sys.argv[1:])
