"""Processes that fork: a child opens connections of its own, to the platform and to the book.

Two processes on one socket read each other's answers; SQLite loses what is written by two processes
over one connection. So whoever holds such a thing is told of every fork of this process.
"""

import os
from threading import Lock
from weakref import WeakSet


class OfOneProcess:
    """Holds what a child must not share with its parent."""

    def __init__(self) -> None:
        _HOLDERS.add(self)

    def before_fork(self) -> None:
        """Put aside what must not be there when the process is copied."""

    def after_fork(self) -> None:
        """Go on, in the parent."""

    def in_child(self) -> None:
        """Begin anew, in the child; it has one thread, and locks may be held by those it lost."""


class ProcessLock(OfOneProcess):
    """A lock among the threads of this process, free in a child whoever held it."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()

    def in_child(self) -> None:
        """A new one."""
        self._lock = Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


_HOLDERS: WeakSet[OfOneProcess] = WeakSet()
_HELD: list[OfOneProcess] = []
_forking = Lock()


def _before() -> None:
    _forking.acquire()  # two threads may fork at once
    # The same ones afterwards, whatever becomes of the others meanwhile.
    _HELD[:] = list(_HOLDERS)
    for holder in _HELD:
        holder.before_fork()


def _parent() -> None:
    for holder in _HELD:
        holder.after_fork()
    _HELD.clear()
    _forking.release()


def _child() -> None:
    global _forking  # noqa: PLW0603 (whoever held it is not here)
    _forking = Lock()
    for holder in _HELD:
        holder.in_child()
    _HELD.clear()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(before=_before, after_in_parent=_parent, after_in_child=_child)
