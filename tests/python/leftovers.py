"""Finds the processes that runs leave behind, by /proc: those that stand in a folder, were started with a name of it,
or have it in their environment. A process that has ended and waits to be reaped is none."""

import os
import time


def processes_of(folder):
    """The processes of a folder, this one left out, as {pid: command line}."""
    mark, found = os.fsencode(str(folder)), {}
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        if pid != os.getpid() and not has_ended(pid) and mark in _words_of(pid):
            found[pid] = _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace")
    return found


def has_ended(pid):
    state = _read(pid, "stat").rpartition(b")")[2].split()
    return not state or state[0] in (b"Z", b"X")


def children_of(pid):
    """The children of a process, whichever of its threads started them."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    return [int(child) for thread in threads for child in _read(pid, f"task/{thread}/children").split()]


def none_left(folder, seconds=10):
    """Waits until no process of the folder is left; returns those that are there when the time is over."""
    end = time.monotonic() + seconds
    while (found := processes_of(folder)) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def _words_of(pid):
    try:
        place = os.fsencode(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        place = b""
    return b"\0".join((place, _read(pid, "cmdline"), _read(pid, "environ")))


def _read(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""
