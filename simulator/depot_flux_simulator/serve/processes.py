"""How the processes of one server are started, and how they end with it."""

import logging
import os
import signal
import sys
import threading
from multiprocessing import parent_process

START_METHOD = "fork" if sys.platform == "linux" else "spawn"


def become_child() -> None:
    """Make this process one that works for the one that started it, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that serves
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    die_with_parent()


def die_with_parent() -> None:
    """End this process when the one that started it is gone, even by SIGKILL."""
    parent = parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
