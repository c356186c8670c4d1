"""The lines around places in the files of a flux: what a person looks at first."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from depot_flux_simulator.controls.content import Content
from depot_flux_simulator.controls.context import Limits
from depot_flux_simulator.controls.documents import documents
from depot_flux_simulator.controls.facturx import PdfUnreadableError
from depot_flux_simulator.controls.names import readable, shown
from depot_flux_simulator.flux.depot import Depot

AROUND = 3
"""Lines before and after the one that is looked for."""

_WIDEST = 400
_FURTHEST = 200_000  # lines that are read through at most
_LONGEST = 1 << 16  # bytes of a line that are read at once


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file.

    Attributes:
        number: from 1.
        text: what stands there, cut where it is long; what is no UTF-8 or invisible is spelt out.
        sought: whether it is the one that was looked for.
    """

    number: int
    text: str
    sought: bool


def around(
    depot: Depot, places: Collection[tuple[str, int]]
) -> dict[tuple[str, int], tuple[Line, ...]]:
    """The lines around each place that is found.

    Args:
        depot: the flux.
        places: name of a file of the flux, as motifs tell it, and a line of its XML, from 1.

    Raises:
        OSError: the bytes of the flux cannot be read.
    """
    wanted = set(places)
    found: dict[tuple[str, int], tuple[Line, ...]] = {}
    try:
        for content in documents(depot, Limits()):
            numbers = {line for name, line in wanted if name == shown(content.fichier)}
            for number, lines in _found(content, numbers):
                found.setdefault((shown(content.fichier), number), lines)
            if found.keys() >= wanted:
                break
    except PdfUnreadableError:
        pass  # the motif says so; there is no line to show
    return found


def _found(content: Content, numbers: set[int]) -> Iterator[tuple[int, tuple[Line, ...]]]:
    if not numbers:
        return
    last = min(max(numbers) + AROUND, _FURTHEST)
    texts = dict(_lines(content, last))
    for number in numbers:
        near = range(max(1, number - AROUND), number + AROUND + 1)
        lines = tuple(Line(n, texts[n], n == number) for n in near if n in texts)
        if number in texts:
            yield number, lines


def _lines(content: Content, last: int) -> Iterator[tuple[int, str]]:
    with content.open() as source:
        for number in range(1, last + 1):
            start = line = source.readline(_LONGEST)
            while line and not line.endswith(b"\n"):
                line = source.readline(_LONGEST)
            if not start:
                return
            text = start[: 4 * _WIDEST].decode("utf-8", "replace").rstrip("\r\n")
            cut = f"{text[:_WIDEST]}…" if len(text) > _WIDEST else text
            yield number, readable(cut.expandtabs(4))
