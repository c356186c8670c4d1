"""Telling others that a simulator answers."""

import logging
from multiprocessing import get_context
from pathlib import Path
from secrets import token_hex
from typing import Any

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.serve.listening import Listening
from depot_flux_simulator.serve.processes import START_METHOD, become_child

_processes: Any = get_context(START_METHOD)


class ReadyFile:
    """A file that says where a simulator is, from when it answers until it ends.

    Args:
        path: the file, in a folder that is there.
        listening: where the simulator listens.

    Raises:
        ConfigurationError: the file cannot be written.
    """

    def __init__(self, path: Path, listening: Listening) -> None:
        self._path, self._listening = path, listening
        # Nobody else can have put a link there.
        self._beside = path.with_name(f".{path.name}.{token_hex(8)}.part")
        try:
            # One that another left says what is not so.
            path.unlink(missing_ok=True)
            with self._beside.open("x", encoding="utf-8") as file:
                file.write(f"{listening.url}\n")
        except OSError as error:
            raise ConfigurationError(
                f"--ready-file {path}: {error.strerror}; name a file that can be written"
            ) from error

    def __enter__(self) -> "ReadyFile":
        # No thread: the server is about to fork.
        self._process = _processes.Process(
            target=_say, args=(self._listening, self._beside, self._path), name="depot-flux-ready"
        )
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
        for path in (self._path, self._beside):
            path.unlink(missing_ok=True)


def _say(listening: Listening, beside: Path, path: Path) -> None:
    from depot_flux_simulator.serve.waiting import wait  # noqa: PLC0415 (not for the server)

    become_child()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    wait(listening.reached, ca=listening.ca)
    # Whoever sees it sees all of it.
    beside.replace(path)
