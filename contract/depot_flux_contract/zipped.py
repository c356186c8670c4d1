"""What a zip holds that may be a contract: untrusted, so bounded; a zip inside it is opened too."""

import lzma
import zipfile
import zlib
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath

from depot_flux_contract.errors import ContractError

LARGEST = 5_000_000
"""Bytes a contract file may have; the largest published ones have some hundred thousand."""
LARGEST_ZIP = 50_000_000
"""Bytes a zip may have, and all that is read from it: documentation often lies beside."""

_MOST_MEMBERS = 1_000
_DEEPEST = 2
_SUFFIXES = (".json", ".yaml", ".yml")
_BROKEN = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
    zlib.error, lzma.LZMAError,
)  # fmt: skip


@dataclass
class Unzipped:
    """What was read of a zip.

    Attributes:
        name: of the zip.
        found: content of every JSON and YAML file, by name; `inner.zip:name` in a zip inside.
        problems: what could not be read, and why.
        names: of all its files.
        size: bytes that were read.
    """

    name: str
    found: dict[str, bytes] = field(default_factory=dict)
    problems: list[ContractError] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    size: int = 0


def unzipped(content: bytes, name: str, wanted: str | None = None) -> Unzipped:
    """Read the files of a zip that may be contracts.

    Args:
        content: the zip.
        name: names it in messages.
        wanted: the only file to read, None for all.

    Raises:
        ContractError: it is no zip, or holds more than any zip of contracts does.
    """
    result = Unzipped(name)
    _open(content, "", wanted, result, 1)
    return result


def is_zip(content: bytes) -> bool:
    """Whether it can be opened as one."""
    return zipfile.is_zipfile(BytesIO(content))


def _open(content: bytes, within: str, wanted: str | None, result: Unzipped, depth: int) -> None:
    label = f"{result.name}:{within}".rstrip(":")
    if depth > _DEEPEST:
        raise ContractError(f"{label}: lies in a zip in a zip; unpack one of them")
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for info in archive.infolist():
                _member(archive, info, within, wanted, result, depth)
    except _BROKEN as error:
        raise ContractError(f"{label}: cannot be opened: {error}") from error


def _member(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    within: str,
    wanted: str | None,
    result: Unzipped,
    depth: int,
) -> None:
    written = "".join(letter if letter.isprintable() else "?" for letter in info.filename)
    name, suffix = within + written, PurePosixPath(written).suffix.lower()
    if info.is_dir() or PurePosixPath(written).parts[:1] == ("__MACOSX",):
        return
    result.names.append(name)
    try:
        if suffix == ".zip" and (wanted or name).startswith(name):
            inner = _read(archive, info, f"{result.name}:{name}", LARGEST_ZIP)
            result.size += len(inner)
            _open(inner, f"{name}:", wanted, result, depth + 1)
        elif suffix in _SUFFIXES and wanted in (None, name):
            result.found[name] = _read(archive, info, f"{result.name}:{name}", LARGEST)
            result.size += len(result.found[name])
    except ContractError as error:
        result.problems.append(error)
    if len(result.names) > _MOST_MEMBERS or result.size > LARGEST_ZIP:
        raise ContractError(
            f"{result.name}: holds more than {_MOST_MEMBERS} files or {LARGEST_ZIP // 1_000_000} Mo"
        )


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, largest: int) -> bytes:
    try:
        with archive.open(info) as inside:
            return bounded(inside.read(largest + 1), name, largest)
    except _BROKEN as error:
        raise ContractError(f"{name}: cannot be opened: {error}") from error


def bounded(content: bytes, name: str, largest: int = LARGEST) -> bytes:
    """The content, if it is no larger than it may be.

    Raises:
        ContractError: it is.
    """
    if len(content) > largest:
        raise ContractError(f"{name}: is larger than {largest // 1_000_000} Mo, no contract is")
    return content
