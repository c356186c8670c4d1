"""What `check` is given: files, folders, patterns, the standard input."""

import errno
import os
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path

STDIN = "-"
# What systems leave in folders, which nobody means to deposit.
_DROPPINGS = frozenset({"Thumbs.db", "desktop.ini", "__MACOSX"})
# What `samples` writes beside its invoices.
ANNUAIRE = "annuaire.toml"


@dataclass(frozen=True, slots=True)
class Given:
    """One flux to be judged.

    Attributes:
        path: where its bytes are, or should be.
        called: how it was named.
        fault: why it cannot be judged, in French, "" when it can.
    """

    path: Path
    called: str
    fault: str = ""


def expanded(arguments: Iterable[str], folder: Path) -> Iterator[Given]:
    """Give each flux that arguments stand for, in order; what cannot be read is given too.

    A folder stands for the files below it, hidden ones, those of the system and an annuaire left
    out.

    Args:
        arguments: as they were written.
        folder: where the standard input is kept.
    """
    for argument in arguments:
        if argument == STDIN:
            yield _standard_input(folder)
            continue
        if not argument:
            # Left empty by a variable that is: not this folder, which a path without a name is.
            yield Given(Path(), "''", "ce nom est vide")
            continue
        found = [argument]
        if not os.path.lexists(argument) and has_magic(argument):
            found = sorted(glob(argument, recursive=True))  # noqa: PTH207 (Path's takes no absolute one)
            if not found:
                yield Given(Path(argument), argument, "aucun fichier ne correspond à ce motif")
        for each in found:
            yield from _files(Path(each))


def _files(path: Path) -> Iterator[Given]:
    # Of a name that no system takes, Path would raise.
    if not os.path.isdir(path):  # noqa: PTH112
        yield Given(path, str(path), _fault(path))
        return
    count = 0
    errors: list[OSError] = []
    for parent, folders, names in os.walk(path, onerror=errors.append):
        folders[:] = sorted(name for name in folders if _meant(name))
        for name in sorted(filter(_meant, names)):
            count += 1
            inside = Path(parent, name)
            yield Given(inside, str(inside), _fault(inside))
    for error in errors:
        yield Given(Path(error.filename), str(error.filename), reason(error))
    if not count and not errors:
        yield Given(path, str(path), "ce dossier ne contient aucun fichier")


def _meant(name: str) -> bool:
    return not name.startswith(".") and name not in _DROPPINGS and name != ANNUAIRE


def _fault(path: Path) -> str:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        return reason(error)
    # To open a pipe would wait for somebody to write into it.
    return "" if stat.S_ISREG(mode) else "ce n'est pas un simple fichier ; un tube se donne par -"


def _standard_input(folder: Path) -> Given:
    path = folder / "flux"
    if sys.stdin is None:
        return Given(path, STDIN, "l'entrée standard est fermée")
    try:
        with path.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
    except OSError as error:
        return Given(path, STDIN, reason(error))
    return Given(path, STDIN)


_REASONS: dict[type[Exception], str] = {
    FileNotFoundError: "ce fichier n'existe pas",
    NotADirectoryError: "ce fichier n'existe pas",
    PermissionError: "la lecture en est interdite",
    IsADirectoryError: "c'est un dossier",
}
_ERRORS = {
    errno.ENAMETOOLONG: "son nom est trop long",
    errno.ELOOP: "ce lien mène à lui-même",
    errno.ENOSPC: "il n'y a plus de place pour écrire",
    errno.EIO: "le disque ou le réseau ne répond pas",
}


def reason(error: Exception) -> str:
    """Say in French why a flux cannot be read, or why a command cannot go on."""
    for kind, said in _REASONS.items():
        if isinstance(error, kind):
            return said
    if isinstance(error, OSError) and error.errno in _ERRORS:
        return _ERRORS[error.errno]
    return f"la lecture a échoué ({type(error).__name__})"
