"""The calls on the API, the last ones, of every process that answers.

Each process writes into a ring of its own: a file of fixed size, mapped into memory, in which the
newest line takes the place of the oldest. Writing costs three microseconds and no system call;
whoever reads looks at the rings of all processes. What is written holds no secret: neither
headers nor bodies.
"""

import json
import logging
import mmap
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from json.encoder import encode_basestring
from pathlib import Path
from time import monotonic
from typing import IO, TypedDict
from wsgiref.types import WSGIEnvironment

import portalocker

from depot_flux_simulator.flux.clock import machine_microseconds
from depot_flux_simulator.flux.lifecycle import Instant
from depot_flux_simulator.store import masking, private

_MINE = portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING
KEPT = 10_000
"""As many calls are read back at most."""

_RINGS = "appels-*.ring"
_BYTES = 4 << 20
_HEAD = 8
_LONGEST_TEXT = 500
_EMPTY = '""'
_AGAIN_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Known(TypedDict, total=False):
    """What the parts that a call goes through know of it."""

    statut: int
    entetes: list[tuple[str, str]]
    code_application: str
    id_flux: str
    nom: str
    code_interface: str
    probleme: str
    pannes: list[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A call that was answered.

    Attributes:
        id: its number, greater than that of every call before.
        epoch: how often everything was cleared before.
        date: when, on the simulator's clock.
        operation: role of the operation, "jeton" for PISTE's token, None for another address.
        duree_us: microseconds it took.
        methode: HTTP method.
        chemin: path.
        requete: query string, its secrets masked.
        taille_requete: bytes of the request's body, None when it was not said beforehand.
        statut: HTTP code answered, 0 when the connection was cut first.
        taille_reponse: bytes of the answer's body.
        code_application: who called, None before that was known.
        id_flux: the flux it was about.
        nom: name of the deposited file.
        code_interface: what was stated beside it.
        probleme: why it was refused.
        pannes: the faults it met.
    """

    id: int
    epoch: int
    date: Instant
    operation: str | None
    duree_us: int
    methode: str
    chemin: str
    requete: str
    taille_requete: int | None
    statut: int
    taille_reponse: int | None
    code_application: str | None
    id_flux: str | None
    nom: str | None
    code_interface: str | None
    probleme: str | None
    pannes: list[str]


class Journal:
    """Writes the calls of this process, reads those of all.

    Args:
        folder: where the rings lie.
        epoch: says how often everything was cleared; what was written before is not read.

    Raises:
        ConfigurationError: a ring is a link, or another user's.
    """

    def __init__(self, folder: Path, epoch: Callable[[], int]) -> None:
        self._folder = folder
        for path in folder.glob(_RINGS):
            private.check(path)
        self._epoch = epoch
        self._opening = threading.Lock()
        self._ring: _Ring | None = None
        self._again = 0.0

    def write(
        self,
        environ: WSGIEnvironment,
        known: Known,
        *,
        epoch: int,
        date: Instant,
        operation: str | None,
        duree_us: int,
    ) -> None:
        """Note a call.

        Args:
            environ: the request.
            known: what else is known of it.
            epoch: how often everything was cleared before it came.
            date: when, on the simulator's clock.
            operation: role of the operation, "jeton" for PISTE's token, if any.
            duree_us: microseconds it took.
        """
        requete = environ.get("QUERY_STRING")
        length = environ.get("CONTENT_LENGTH")
        sent = "null"
        for name, value in known.get("entetes", ()):
            if name == "Content-Length":
                sent = value
        # Written by hand: this stands in the way of every call, and the json module takes thrice
        # as long. JavaScript counts no further than 2**53, hence microseconds.
        line = (
            f"[{machine_microseconds()},{epoch},{date},{_text(operation)},{duree_us},"
            f"{_text(environ['REQUEST_METHOD'])},{_text(masking.text(environ['PATH_INFO']))},"
            f"{_text(masking.query(requete)) if requete else _EMPTY},"
            f"{length if length and length.isdecimal() else 'null'},"
            f"{known.get('statut', 0)},{sent},{_text(known.get('code_application'))},"
            f"{_masked(known.get('id_flux'))},{_masked(known.get('nom'))},"
            f"{_text(known.get('code_interface'))},{_masked(known.get('probleme'))},"
            f"{json.dumps(known['pannes']) if 'pannes' in known else '[]'}]"
        )
        ring = self._ring or self._open()
        if ring is not None:
            ring.append(line.encode("utf-8", "replace"))

    def read(self) -> list[Entry]:
        """The last calls, newest first."""
        epoch = self._epoch()
        found = [
            entry
            for path in self._folder.glob(_RINGS)
            for entry in _entries(path)
            if entry.epoch == epoch
        ]
        found.sort(key=lambda entry: entry.id, reverse=True)
        return found[:KEPT]

    def mark(self) -> str:
        """What is another text as soon as a call was noted, told without reading any."""
        heads = []
        for path in sorted(self._folder.glob(_RINGS)):
            with path.open("rb") as file:
                heads.append(file.read(_HEAD).hex())
        return f"{self._epoch()} {' '.join(heads)}"

    def close(self) -> None:
        """Let go of this process's ring."""
        if self._ring is not None:
            self._ring.close()
            self._ring = None

    def open(self) -> None:
        """Take a ring now rather than with the first call: later there may be no room for it."""
        self._open()

    def _open(self) -> "_Ring | None":
        """This process's ring, None while there is no room for one: calls go on without."""
        with self._opening:
            if self._ring is None and monotonic() >= self._again:
                try:
                    self._ring = _Ring.first_free(self._folder)
                except OSError as error:
                    self._again = monotonic() + _AGAIN_SECONDS
                    _log.warning("the journal is not written: %s", error)
            return self._ring


class _Ring:
    """A file that holds the newest lines; its head says where the next one goes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lock = threading.Lock()
        private.reserve(file.fileno(), _BYTES)
        self._map = mmap.mmap(file.fileno(), _BYTES)
        position = int.from_bytes(self._map[:_HEAD], "little")
        self._next = position if _HEAD <= position < _BYTES else _HEAD

    @classmethod
    def first_free(cls, folder: Path) -> "_Ring":
        """A ring that no living process writes to, made if need be."""
        number = 0
        while True:
            path = folder / f"appels-{number}.ring"
            file = os.fdopen(private.opened(path), "r+b")
            try:
                portalocker.lock(file, _MINE)
            except portalocker.LockException:
                file.close()
                number += 1
                continue
            try:
                return cls(file)
            except OSError:
                file.close()
                raise

    def append(self, line: bytes) -> None:
        """Write a line over the oldest ones."""
        with self._lock:
            start, end = self._next, self._next + len(line) + 1
            if end > _BYTES:
                # What is left at the end is older than all that follows, yet still whole.
                start, end = _HEAD, _HEAD + len(line) + 1
            # A line feed on either side: what is left of the line written over is no line.
            self._map[start:end] = line + b"\n"
            self._next = end
            self._map[:_HEAD] = end.to_bytes(_HEAD, "little")

    def close(self) -> None:
        """Give it to the next process."""
        self._map.close()
        self._file.close()


def _entries(path: Path) -> Iterator[Entry]:
    for line in path.read_bytes()[_HEAD:].split(b"\n"):
        # The rest of a line that another has half covered does not begin as one.
        if line.startswith(b"[") and line.endswith(b"]"):
            try:
                yield Entry(*json.loads(line))
            except (ValueError, TypeError):
                continue


def _masked(text: str | None) -> str:
    return _text(text and masking.text(text))


def _text(text: str | None) -> str:
    if text is None:
        return "null"
    return encode_basestring(text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…")
