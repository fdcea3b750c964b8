"""Which processes a build or a server has started."""

import os
from contextlib import suppress

import psutil

ENDED_WHILE_LISTED = (psutil.NoSuchProcess, ProcessLookupError)


def alive(group: int) -> bool:
    """Tell whether a process of a group is left; one that only waits to be counted is not."""
    for process in psutil.process_iter():
        with suppress(*ENDED_WHILE_LISTED):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False


def workers(parent: int) -> list[int]:
    """Return the processes that a build or a server decodes in, whichever thread started them."""
    found = []
    for process in psutil.Process(parent).children():
        with suppress(*ENDED_WHILE_LISTED):
            if any("spawn_main" in word for word in process.cmdline()):
                found.append(process.pid)
    return found
