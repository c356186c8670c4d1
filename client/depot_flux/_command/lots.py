"""The command `lot`: a folder, or a table of files and accounts; results as they come."""

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from depot_flux._command.display import Display, json_text, row
from depot_flux._command.outcomes import REFUSED, UNCERTAIN, USAGE, Line, gravest
from depot_flux._command.table import Group, settings_error
from depot_flux.client import DepotFlux
from depot_flux.configuration import Configuration
from depot_flux.exceptions import ConfigurationError
from depot_flux.models import ResultatFichier

_COLUMNS = (
    "compte", "fichier", "id_flux", "code_interface", "nom", "sha256", "repris", "statut", "date",
    "erreur",
)  # fmt: skip


class Results:
    """What becomes of each file, shown as it comes or at the end.

    Args:
        display: shows.
        form: `table`, `json`, `jsonl` (a line an account) or `csv` (a row a file).
    """

    def __init__(self, display: Display, form: str) -> None:
        self._display = display
        self._form = form
        self._whole = 0
        self._done = 0
        self._lines: dict[str, list[Line]] = {}
        self._due: Counter[str] = Counter()
        self._codes: set[int] = set()
        self._errors: Counter[str] = Counter()
        self._csv = csv.DictWriter(sys.stdout, _COLUMNS, lineterminator="\n")
        if form == "csv":
            self._csv.writeheader()

    def expect(self, compte: str, number: int) -> None:
        """An account has so many results to come."""
        self._due[compte] += number
        self._whole += number

    def __call__(self, compte: str, line: Line) -> None:
        """Take a result in."""
        line.compte = compte or line.compte or ""
        self._done += 1
        self._codes.add(line.final_code(followed=True))
        if line.error:
            self._errors[line.error] += 1
        if self._form == "csv":
            self._csv.writerow(row(line.as_json()))
            sys.stdout.flush()
            return
        lines = self._lines.setdefault(compte, [])
        lines.append(line)
        if self._form == "jsonl" and len(lines) == self._due[compte]:
            self._account(self._lines.pop(compte))

    @property
    def progress(self) -> tuple[int, int]:
        """How many files are settled, of how many."""
        return self._done, self._whole

    def finish(self) -> int:
        """Show what was not shown yet; the exit code of it all."""
        for error, count in self._errors.items():
            self._display.error(error if count == 1 else f"{error} ({count} files)")
        if self._form in {"table", "json"}:
            lines = [line for lines in self._lines.values() for line in lines]
            lines.sort(key=lambda line: line.fichier or "")
            self._display.lines([line.as_json() for line in lines])
        for some in self._lines.values() if self._form == "jsonl" else ():
            self._account(some)
        return gravest(self._codes)

    def _account(self, lines: list[Line]) -> None:
        """One line of JSON for an account, once all its files are settled."""
        document: dict[str, Any] = {
            "compte": lines[0].compte,
            "code": gravest(line.final_code(followed=True) for line in lines),
            "fichiers": len(lines),
            "recevables": sum(bool(line.statut and line.statut.recevable) for line in lines),
            "flux": [line.as_json() for line in lines],
        }
        sys.stdout.write(json_text(document) + "\n")
        sys.stdout.flush()


def line_of(result: ResultatFichier) -> Line:
    """A result as a line."""
    code = UNCERTAIN if result.incertain else REFUSED if result.erreur else 0
    line = Line(result.chemin, result.flux, result.dernier, result.erreur, code)
    line.compte = result.compte
    return line


class Table:
    """The accounts of a table: their sessions, made when their turn comes.

    Args:
        groups: files by account and code.
        profil: the command's own.
        results: told of accounts that nothing can be deposited for.
    """

    def __init__(self, groups: list[Group], profil: str | None, results: Results) -> None:
        self._groups = groups
        self._profil = profil
        self._results = results
        self._names: dict[str, str] = {}  # of accounts by their login
        for group in groups:
            results.expect(group.name, len(group.fichiers))

    def configuration(self) -> Configuration:
        """The settings of the first account that has some; the client's are shared by all.

        Raises:
            ConfigurationError: none has.
        """
        first: ConfigurationError | None = None
        for group in self._groups:
            try:
                return group.configuration(self._profil)
            except ConfigurationError as error:
                first = first or ConfigurationError(settings_error(error, group))
        raise first or ConfigurationError("the table names no file")

    def name(self, login: str) -> str:
        """What an account is called in the table, empty where it is the command's own."""
        return self._names[login]

    def sessions(self, depot: DepotFlux) -> Iterator[tuple[DepotFlux, str, list[Path]]]:
        """Session, interface code and files, one account after the other."""
        for group in self._groups:
            try:
                session = depot.pour(group.configuration(self._profil))
            except ConfigurationError as error:
                told = settings_error(error, group)
                for path in group.fichiers:
                    self._results(group.name, Line(str(path), error=told, code=USAGE))
                continue
            self._names.setdefault(session.configuration.login, group.name)
            yield session, group.code_interface, group.fichiers
