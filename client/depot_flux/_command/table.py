"""A table in CSV that says which files to deposit, and for whom."""

import csv
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any

from depot_flux._command.files import files_of
from depot_flux.configuration import PREFIX, Configuration, profiles_file, read_profiles
from depot_flux.exceptions import ConfigurationError, FichierError

# What a row may say of its account; a profile brings them all.
_ACCOUNT = ("login", "mot_de_passe", "client_id", "client_secret", "code_application")
_COLUMNS = ("fichier", "code_interface", "profil", *_ACCOUNT)


@dataclass(slots=True)
class Group:
    """The files of one account and one interface code.

    Attributes:
        code_interface: of all of them; empty where neither the table nor the command says it.
        profil: the account's profile, empty for the command's own.
        settings: what the table says of the account itself.
        fichiers: where they are.
    """

    code_interface: str
    profil: str
    settings: Mapping[str, str] = field(repr=False)
    fichiers: list[Path]

    @property
    def name(self) -> str:
        """What the account is called by whoever wrote the table."""
        return self.profil or self.settings.get("login", "")

    def configuration(self, profil: str | None) -> Configuration:
        """The settings of its account.

        Args:
            profil: the command's own.

        Raises:
            ConfigurationError: there is no such profile, or something is missing or wrong.
        """
        # A variable names one account: it is not that of every profile.
        left_out = {PREFIX + name.upper() for name in _ACCOUNT} if self.profil else set()
        environ = {name: value for name, value in os.environ.items() if name not in left_out}
        environ |= {PREFIX + name.upper(): value for name, value in self.settings.items()}
        profiles = _profiles(profiles_file(environ))
        return Configuration.from_env(self.profil or profil, environ, profiles)


def groups(path: Path, code: str | None) -> list[Group]:
    """Read a table: its files by account and interface code, in the order of the first of each.

    Args:
        path: the table; `-` is standard input.
        code: the interface code where a row says none.

    Raises:
        FichierError: it cannot be read, or a row is incomplete.
    """
    found: dict[tuple[str, ...], Group] = {}
    with _opened(path) as opened:
        for number, row in _rows(path, opened):
            named = row.get("fichier", "")
            told = row.get("code_interface") or code or ""
            if not named or not told:
                raise FichierError(
                    f"{path}, line {number}: {'fichier' if told else 'code_interface'} is missing"
                    + ("" if told else "; give it there or as --code")
                )
            account = {name: row[name] for name in _ACCOUNT if row.get(name)}
            key = (told, row.get("profil", ""), *(f"{k} {v}" for k, v in account.items()))
            group = found.setdefault(key, Group(told, key[1], account, []))
            file = Path() / named if str(path) == "-" else path.parent / named
            group.fichiers += files_of(file) if file.is_dir() else [file]
    return list(found.values())


@cache
def _profiles(path: Path) -> dict[str, Any]:
    # Read once for all the accounts of a table.
    return read_profiles(path)


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    if str(path) == "-":
        yield sys.stdin
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as opened:
            yield opened
    except OSError as error:
        raise FichierError(f"{path}: cannot be read: {error.strerror}") from error


def _rows(path: Path, opened: IO[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line and values of each row that holds something."""
    try:
        header = opened.readline()
        separator = max(",;\t", key=header.count)
        names = [name.strip() for name in next(csv.reader([header], delimiter=separator), [])]
        if "fichier" not in names or not set(names) <= set(_COLUMNS):
            raise FichierError(
                f"{path}: the first line must name columns, fichier among them; known are "
                + ", ".join(_COLUMNS)
            )
        reader = csv.reader(opened, delimiter=separator)
        for values in reader:
            if any(values):
                if len(values) > len(names):
                    raise FichierError(
                        f"{path}, line {reader.line_num + 1}: {len(values)} values for "
                        f"{len(names)} columns"
                    )
                stripped = (value.strip() for value in values)
                yield reader.line_num + 1, dict(zip(names, stripped, strict=False))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FichierError(
            f"{path}: cannot be read as CSV in UTF-8 ({type(error).__name__}); save it so"
        ) from None


def settings_error(error: ConfigurationError, group: Group) -> str:
    """What is wrong with an account, said of it."""
    return f"{group.name}: {error}" if group.name else str(error)
