"""One server owns a store.

Two would each sweep, control and steer what is the other's. The lock is the system's: it is let go
of when the last process of a server is gone, however it went. The folder of the contents has one of
its own: a copy of the database would name it too.
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import portalocker

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.store import private

PATIENCE_SECONDS = 5.0
"""What a server that was killed leaves of itself is gone within less."""

_LOCK = "serveur"  # in the folder of the contents
_NOW = portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING
_POLL_SECONDS = 0.05


class Owner:
    """Whoever serves a store, from when it is made until it is let go of.

    A process that is forked meanwhile holds the store too.

    Args:
        path: the file of the lock, beside the store.
        patience: seconds to wait for one that is going.
        what: of the store it is beside, as options name it.

    Raises:
        ConfigurationError: another simulator serves the store, or the file is not ours.
    """

    def __init__(
        self, path: Path, patience: float = PATIENCE_SECONDS, what: str = "database"
    ) -> None:
        try:
            self._file = os.fdopen(private.opened(path), "r+", encoding="ascii")
        except OSError as error:
            raise ConfigurationError(f"{path}: cannot be opened: {error}") from error
        deadline = time.monotonic() + patience
        while not self._take():
            if time.monotonic() >= deadline:
                holder = self._file.read(20).strip()
                self._file.close()
                raise ConfigurationError(
                    f"another simulator (process {holder or 'unknown'}) serves the {what} "
                    f"beside {path}; stop it, or name another --{what}"
                )
            time.sleep(_POLL_SECONDS)
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Let go of the store, for every process that was forked too."""
        portalocker.unlock(self._file)
        self._file.close()

    def _take(self) -> bool:
        try:
            portalocker.lock(self._file, _NOW)
        except portalocker.LockException:
            return False
        return True


@contextmanager
def owned(
    database: Path, contents: Path | str | None, patience: float = PATIENCE_SECONDS
) -> Iterator[None]:
    """Own a store while entered, and its contents where they lie in a folder.

    Args:
        database: the file of the database's lock.
        contents: where its bytes lie.
        patience: seconds to wait for one that is going.

    Raises:
        ConfigurationError: another simulator serves either, or a file or folder is not ours.
    """
    with ExitStack() as stack:
        stack.callback(Owner(database, patience).release)
        if isinstance(contents, Path):
            try:
                private.folder(contents)
            except OSError as error:
                raise ConfigurationError(f"{contents}: cannot be made: {error}") from error
            stack.callback(Owner(contents / _LOCK, patience, "contents").release)
        yield
