"""What the command line shows: tables and progress for people, JSON for machines."""

import json
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
)
from rich.table import Table

from depot_flux.models import Recu, StatutFlux

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
        self._errors = Console(stderr=True, highlight=False)

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
            _print_json({"erreur": message})
        self.error(message)

    def lines(self, lines: list[dict[str, Any]]) -> None:
        """Show what became of files or flux."""
        if self.json:
            _print_json({"flux": lines})
            return
        table = Table(box=None, pad_edge=False)
        if any(line["fichier"] for line in lines):
            table.add_column("FICHIER", overflow="fold")
        table.add_column("FLUX", no_wrap=True)
        table.add_column("STATUT", no_wrap=True)
        table.add_column("DATE")
        for line in lines:
            cells = [_cell(line["id_flux"] or "-"), _statut(line), line["date"] or ""]
            if len(table.columns) == len(cells) + 1:
                cells.insert(0, _cell(line["fichier"] or ""))
            table.add_row(*cells)
        _stdout().print(table)

    def sante(self, address: str, *, works: bool) -> None:
        """Show the platform's health."""
        if self.json:
            _print_json({"base_url": address, "sante": works})
        else:
            click.echo(f"{address}: {'works' if works else 'does not work now'}")

    def recus(self, recus: list[Recu]) -> None:
        """Show receipts."""
        if self.json:
            _print_json({"recus": [_recu(recu) for recu in recus]})
            return
        table = Table("N°", "OUVERT LE (UTC)", "CODE", box=None)
        table.add_column("NOM", overflow="fold")
        for name in ("ETAT", "FLUX", "STATUT"):
            table.add_column(name, overflow="fold")
        for recu in recus:
            table.add_row(
                str(recu.numero),
                f"{recu.ouvert_le:%Y-%m-%d %H:%M:%S}",
                recu.code_interface,
                _cell(recu.nom),
                _colored(recu.etat.value),
                _cell(recu.id_flux or "-"),
                _colored(recu.statut.value) if recu.statut else "",
            )
        _stdout().print(table)

    @contextmanager
    def upload(self, name: str) -> Iterator[Callable[[int, int], None] | None]:
        """A bar that follows an upload."""
        if not self._interactive():
            yield None
            return
        with self._progress(BarColumn(), DownloadColumn()) as progress:
            task = progress.add_task(_cell(name), total=None)
            yield lambda sent, size: progress.update(task, completed=sent, total=size)

    @contextmanager
    def lot(self) -> Iterator[Callable[[int, int], None] | None]:
        """A bar that follows a batch."""
        if not self._interactive():
            yield None
            return
        with self._progress(BarColumn(), MofNCompleteColumn()) as progress:
            task = progress.add_task("files settled", total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)

    @contextmanager
    def waiting(self, id_flux: str) -> Iterator[Callable[[StatutFlux], None] | None]:
        """A spinner that follows a flux."""
        if not self._interactive():
            yield None
            return
        with self._progress(SpinnerColumn()) as progress:
            task = progress.add_task(f"flux {_cell(id_flux)}", total=None)
            yield lambda status: progress.update(
                task, description=f"flux {_cell(status.id)} {status.statut}"
            )

    def _interactive(self) -> bool:
        return not self.json and self._errors.is_terminal

    def _progress(self, *columns: Any) -> Progress:
        text = TextColumn("{task.description}")
        return Progress(text, *columns, console=self._errors, transient=True)


def printable(text: str) -> str:
    """A text as a terminal may have it: file names and answers can hold what moves its cursor."""
    return "".join(
        each
        if each.isprintable() or unicodedata.category(each) == "Zs"
        else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def _cell(text: str) -> str:
    return escape(printable(text))


def _stdout() -> Console:
    # Wide where nobody looks: a table that goes to a file or a pipe is never folded.
    console = _Console(highlight=False)
    return console if console.is_terminal else _Console(highlight=False, width=10_000)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        # rich would exit with 1, which here means irrecevable.
        raise BrokenPipeError


def _statut(line: dict[str, Any]) -> str:
    if line["statut"]:
        return _colored(line["statut"])
    if line["erreur"]:
        return "[red]-[/red]"
    return "déjà déposé" if line["repris"] else "déposé"


def _colored(word: str) -> str:
    color = _COLORS.get(word)
    return f"[{color}]{word}[/{color}]" if color else word


def _recu(recu: Recu) -> dict[str, Any]:
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


def _print_json(document: dict[str, Any]) -> None:
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
