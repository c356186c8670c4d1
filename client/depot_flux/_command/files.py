"""The files that a command is given, and those that it writes."""

import errno
import os
import tempfile
from pathlib import Path

from depot_flux._command.display import Display
from depot_flux._files.checks import guess, inspect, unguessed
from depot_flux._files.sources import source
from depot_flux.exceptions import FichierError


def files_of(folder: Path) -> list[Path]:
    """The files of a folder, hidden ones apart; what cannot be looked at is left to fail later.

    Raises:
        FichierError: the folder cannot be read.
    """
    try:
        visible = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise FichierError(f"{folder}: cannot be read: {error.strerror}") from error
    return [path for path in visible if not _is_folder(path)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def guessed(fichier: Path, display: Display) -> str:
    """The interface code that the content of a file tells.

    Raises:
        FichierError: it tells none.
    """
    with source(fichier, None) as opened:
        inspection = inspect(opened.name, opened.content, opened.size)
    code = guess(inspection)
    if code is None:
        raise FichierError(f"{fichier}: {unguessed(inspection)}")
    display.say(f"{fichier.name}: interface code {code}, from the content")
    return code


def replace(path: Path, text: str) -> None:
    """Write a file that others may read, whole or not at all.

    Raises:
        OSError: it cannot be written, or is a link to a file.
    """
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")  # a terminal, a pipe
        return
    if path.is_symlink():
        raise OSError(errno.ELOOP, "is a link, which is not followed", str(path))
    mask = os.umask(0)
    os.umask(mask)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(text)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
