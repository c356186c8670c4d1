"""What the command line shows: tables and progress for people, JSON for machines."""

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from depot_flux.models import Recu, StatutFlux

if TYPE_CHECKING:
    from rich.progress import Progress

_COLORS = {
    "RECEVABLE": "green",
    "DEPOSE": "green",
    "IRRECEVABLE": "red",
    "INCERTAIN": "red",
    "EN_COURS": "yellow",
}


class Display:
    """Shows results on standard output, all else on standard error.

    Attributes:
        json: whether results are one JSON document.
    """

    def __init__(self) -> None:
        self.json = False

    def say(self, message: str) -> None:
        """Tell a person something beside the results."""
        if not self.json:
            click.echo(printable(message), err=True)

    def error(self, message: str) -> None:
        """Tell of an error; the results tell machines."""
        click.echo(f"depot-flux: {printable(message)}", err=True)

    def failure(self, message: str) -> None:
        """Tell that a command as a whole failed."""
        if self.json:
            print_json({"erreur": message})
        self.error(message)

    def lines(self, lines: list[dict[str, Any]]) -> None:
        """Show what became of files or flux."""
        if self.json:
            print_json({"flux": lines})
            return
        before = [name for name in ("compte", "fichier") if any(line.get(name) for line in lines)]
        if len({line.get("compte") for line in lines}) < 2:
            before = [name for name in before if name != "compte"]
        rows = [
            [
                *(printable(line[name] or "") for name in before),
                printable(line["id_flux"] or "-"),
                _statut(line),
                line["date"] or "",
            ]
            for line in lines
        ]
        _table([*(name.upper() for name in before), "FLUX", "STATUT", "DATE"], rows)

    def sante(self, address: str, *, works: bool) -> None:
        """Show the platform's health."""
        if self.json:
            print_json({"base_url": address, "sante": works})
        else:
            click.echo(f"{address}: {'works' if works else 'does not work now'}")

    def document(self, document: dict[str, Any], words: str) -> None:
        """Show something as JSON, or in words."""
        if self.json:
            print_json(document)
        else:
            click.echo(printable_lines(words))

    def recus(self, recus: list[Recu]) -> None:
        """Show receipts."""
        if self.json:
            print_json({"recus": [recu_as_json(recu) for recu in recus]})
            return
        rows = [
            [
                str(recu.numero),
                f"{recu.ouvert_le:%Y-%m-%d %H:%M:%S}",
                recu.code_interface,
                printable(recu.nom),
                _colored(recu.etat.value),
                printable(recu.id_flux or "-"),
                _colored(recu.statut.value) if recu.statut else "",
            ]
            for recu in recus
        ]
        _table(["N°", "OUVERT LE (UTC)", "CODE", "NOM", "ETAT", "FLUX", "STATUT"], rows)

    @contextmanager
    def upload(self, name: str) -> Iterator[Callable[[int, int], None] | None]:
        """A bar that follows an upload."""
        if not self._interactive():
            yield None
            return
        from rich.progress import BarColumn, DownloadColumn  # noqa: PLC0415 (for terminals alone)

        with _progress(BarColumn(), DownloadColumn()) as progress:
            task = progress.add_task(printable(name), total=None)
            yield lambda sent, size: progress.update(task, completed=sent, total=size)

    @contextmanager
    def lot(self) -> Iterator[Callable[[int, int], None] | None]:
        """A bar that follows a batch."""
        if not self._interactive():
            yield None
            return
        from rich.progress import BarColumn, MofNCompleteColumn  # noqa: PLC0415 (likewise)

        with _progress(BarColumn(), MofNCompleteColumn()) as progress:
            task = progress.add_task("files settled", total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)

    @contextmanager
    def waiting(self, id_flux: str) -> Iterator[Callable[[StatutFlux], None] | None]:
        """A spinner that follows a flux."""
        if not self._interactive():
            yield None
            return
        from rich.progress import SpinnerColumn  # noqa: PLC0415 (likewise)

        with _progress(SpinnerColumn()) as progress:
            task = progress.add_task(f"flux {printable(id_flux)}", total=None)
            yield lambda status: progress.update(
                task, description=f"flux {printable(status.id)} {status.statut}"
            )

    def _interactive(self) -> bool:
        # rich and what it needs weigh more than all the client: bars are drawn where it is.
        return not self.json and sys.stderr.isatty() and find_spec("rich") is not None


def printable(text: str) -> str:
    """A text as a terminal may have it: file names and answers can hold what moves its cursor."""
    return "".join(
        each
        if each.isprintable() or unicodedata.category(each) == "Zs"
        else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def printable_lines(text: str) -> str:
    """The same of a text of some lines."""
    return "\n".join(printable(line) for line in text.splitlines())


def _progress(*columns: Any) -> "Progress":
    from rich.console import Console  # noqa: PLC0415 (likewise)
    from rich.progress import Progress, TextColumn  # noqa: PLC0415 (likewise)

    text = TextColumn("{task.description}", markup=False)
    return Progress(text, *columns, console=Console(stderr=True, highlight=False), transient=True)


def _table(headers: list[str], rows: list[list[str]]) -> None:
    """Columns as wide as their widest cell; a line is never folded here."""
    bold = [click.style(header, bold=True) for header in headers]
    widths = [max(map(_width, column)) for column in zip(headers, *rows, strict=True)]
    color = False if os.environ.get("NO_COLOR") else None
    for row in [bold, *rows]:
        padded = [
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        click.echo("  ".join(padded).rstrip(), color=color)


def _width(cell: str) -> int:
    # A name from a Mac has its accents as characters of their own, which take no room.
    return sum(not unicodedata.combining(each) for each in click.unstyle(cell))


def _statut(line: dict[str, Any]) -> str:
    if line["statut"]:
        return _colored(line["statut"])
    if line["erreur"]:
        return click.style("-", fg="red")
    return "déjà déposé" if line["repris"] else "déposé"


def _colored(word: str) -> str:
    color = _COLORS.get(word)
    return click.style(word, fg=color) if color else word


def recu_as_json(recu: Recu) -> dict[str, Any]:
    """The documented shape of a receipt."""
    return {
        "numero": recu.numero,
        "code_interface": recu.code_interface,
        "nom": recu.nom,
        "sha256": recu.sha256,
        "taille": recu.taille,
        "etat": recu.etat.value,
        "id_flux": recu.id_flux,
        "statut": recu.statut.value if recu.statut else None,
        "detail": recu.detail,
        "reponse": json.loads(recu.reponse) if recu.reponse else None,
        "ouvert_le": recu.ouvert_le.isoformat(),
        "clos_le": recu.clos_le.isoformat() if recu.clos_le else None,
    }


def print_json(document: dict[str, Any]) -> None:
    """Print the one document of a command."""
    sys.stdout.write(json_text(document, indent=2) + "\n")


def row(document: dict[str, Any]) -> dict[str, Any]:
    """A document as a row of CSV that a terminal may have."""
    return {
        name: printable(value) if isinstance(value, str) else value
        for name, value in document.items()
    }


def json_text(document: dict[str, Any], indent: int | None = None) -> str:
    """A document as JSON that a terminal may have: what it could not show is escaped."""
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    return "".join(
        each
        if each.isprintable() or each == "\n" or unicodedata.category(each) == "Zs"
        else json.dumps(each)[1:-1]
        for each in text
    )
