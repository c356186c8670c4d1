"""The calls on the API, the last ones, of every process that answers.

What is written holds no secret: neither headers nor bodies.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any, Protocol, TypedDict
from wsgiref.types import WSGIEnvironment

from depot_flux_simulator.flux.clock import machine_microseconds
from depot_flux_simulator.flux.lifecycle import Instant
from depot_flux_simulator.store import masking

KEPT = 10_000
"""As many calls are read back at most."""

_LONGEST_TEXT = 500
_LONGEST_READ = 4_000  # what is masked is shorter afterwards
_EMPTY = '""'


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


class Lines(Protocol):
    """Where the lines lie: the last ones of every process."""

    def append(self, line: bytes, epoch: int) -> None:
        """Add a line, of a call that came after everything was cleared so many times."""
        ...

    def read(self, epoch: int) -> Iterator[list[Any]]:
        """The values of the lines of that time, at least; the first is a number that grows."""
        ...

    def mark(self) -> str:
        """What is another text as soon as a line was added."""
        ...

    def open(self) -> None:
        """Get ready now rather than with the first line."""
        ...

    def close(self) -> None:
        """Let go of them."""
        ...


class Journal:
    """Writes the calls of this process, reads those of all.

    Args:
        lines: where they lie.
        epoch: says how often everything was cleared; what was written before is not read.
    """

    def __init__(self, lines: Lines, epoch: Callable[[], int]) -> None:
        self._lines = lines
        self._epoch = epoch

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
            f"{_text(environ['REQUEST_METHOD'])},{_masked(environ['PATH_INFO'])},"
            f"{_text(masking.query(requete[:_LONGEST_READ])) if requete else _EMPTY},"
            f"{int(length) if length and length.isdecimal() else 'null'},"
            f"{known.get('statut', 0)},{sent},{_text(known.get('code_application'))},"
            f"{_masked(known.get('id_flux'))},{_masked(known.get('nom'))},"
            f"{_text(known.get('code_interface'))},{_masked(known.get('probleme'))},"
            f"{json.dumps(known['pannes']) if 'pannes' in known else '[]'}]"
        )
        self._lines.append(line.encode("utf-8", "replace"), epoch)

    def read(self) -> list[Entry]:
        """The last calls, newest first."""
        epoch = self._epoch()
        found = [entry for entry in _entries(self._lines.read(epoch)) if entry.epoch == epoch]
        found.sort(key=lambda entry: entry.id, reverse=True)
        return found[:KEPT]

    def mark(self) -> str:
        """What is another text as soon as a call was noted, told without reading any."""
        return f"{self._epoch()} {self._lines.mark()}"

    def open(self) -> None:
        """Get ready now rather than with the first call: later there may be no room."""
        self._lines.open()

    def close(self) -> None:
        """Let go of the lines."""
        self._lines.close()


def _entries(lines: Iterable[list[Any]]) -> Iterator[Entry]:
    for values in lines:
        with suppress(TypeError):  # another version's
            yield Entry(*values)


def _masked(text: str | None) -> str:
    return _text(text and masking.text(text[:_LONGEST_READ]))


def _text(text: str | None) -> str:
    if text is None:
        return "null"
    return encode_basestring(text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…")
