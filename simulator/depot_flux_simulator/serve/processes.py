"""How the processes of one server are started, and how they end with it."""

import ctypes
import logging
import os
import signal
import sys
import threading
from multiprocessing import parent_process
from pathlib import Path

START_METHOD = "fork" if sys.platform == "linux" else "spawn"
_PR_SET_PDEATHSIG = 1
_FILES = 16_384
_OTHER_FILES = 256
_FEWEST = 64


def become_child() -> None:
    """Make this process one that works for the one that started it, and ends with it."""
    # Ctrl-C, or the end of the terminal, is for the process that serves.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    die_with_parent()


def die_with_parent() -> None:
    """End this process when the one that started it is gone, even by SIGKILL.

    Where the system can, even while it is stopped: it would keep its locks for ever.
    """
    parent = parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


class Stops:
    """Tells which children of this process are stopped, as by SIGSTOP, and stay so.

    One look proves nothing: whoever was stopped together with its watcher is about to go on.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def holds(self, pid: int) -> bool:
        """Look once more; whether a child was stopped at the look before, and still is."""
        if not _is_stopped_child(pid):
            self._seen.discard(pid)
            return False
        before = pid in self._seen
        self._seen.add(pid)
        return before


def _is_stopped_child(pid: int) -> bool:
    if not hasattr(os, "waitid"):
        return False  # a system that does not tell
    try:
        return os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return False


def is_stopped(pid: int) -> bool:
    """Whether a process is stopped, as by SIGSTOP; False where the system does not tell."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    # Behind its name, which may hold anything.
    return told.rpartition(")")[2].split()[0] == "T"


def room_for_connections() -> int:
    """How many connections a process may hold, now that it may open as many files as it is let.

    A server that holds as many takes no more: whoever opens them and says nothing stops all others.
    """
    try:
        import resource  # noqa: PLC0415 (not everywhere)
    except ImportError:
        return _FEWEST
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if 0 <= soft < most:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        except (OSError, ValueError):
            most = soft
    # Behind each may be a body in a file.
    return max(_FEWEST, (most - _OTHER_FILES) // 2)
