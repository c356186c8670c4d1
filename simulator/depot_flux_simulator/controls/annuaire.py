"""The file of an annuaire: TOML, or CSV as a spreadsheet writes it."""

import csv
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from depot_flux_simulator.flux.annuaire import Annuaire, Destinataire, Entree, Fournisseur

OCTETS = 50_000_000
_KINDS: dict[str, type[Fournisseur] | type[Destinataire]] = {
    "fournisseur": Fournisseur,
    "destinataire": Destinataire,
}
_FIELDS = {
    Fournisseur: ("siret", "actif", "public"),
    Destinataire: ("adresse", "schema", "plateforme", "connectee"),
}
_YES_OR_NO = frozenset({"actif", "public", "connectee"})
_WORDS = {"oui": True, "non": False, "true": True, "false": False, "1": True, "0": False}


class AnnuaireUnreadableError(Exception):
    """The file of an annuaire cannot be used; the message says why."""


def from_file(path: Path) -> Annuaire:
    """Read an annuaire.

    Args:
        path: TOML with tables `[[fournisseurs]]` and `[[destinataires]]`, or CSV with a column
            `type`, fournisseur or destinataire, and the same names as columns.

    Raises:
        AnnuaireUnreadableError: it cannot be read, says something unknown, or holds no entry.
    """
    try:
        if path.stat().st_size > OCTETS:
            raise AnnuaireUnreadableError(f"{path}: more than {OCTETS:,} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        raise AnnuaireUnreadableError(f"{path}: {reason}") from error
    rows = _csv(path, text) if path.suffix.lower() == ".csv" else _toml(path, text)
    entries: list[Entree] = []
    for where, kind, values in rows:
        try:
            entries.append(_entry(kind, values))
        except ValueError as error:
            raise AnnuaireUnreadableError(f"{path}, {where}: {error}") from error
    if not entries:
        raise AnnuaireUnreadableError(f"{path}: holds neither fournisseur nor destinataire")
    return Annuaire().completed(entries)


def _toml(path: Path, text: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AnnuaireUnreadableError(f"{path}: {error}") from error
    for table, rows in document.items():
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise AnnuaireUnreadableError(f"{path}: {table} is no list of tables, [[{table}]]")
        for number, row in enumerate(rows, 1):
            yield f"{table} {number}", table.removesuffix("s"), row


def _csv(path: Path, text: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    lines = text.splitlines()
    semicolons = bool(lines) and lines[0].count(";") > lines[0].count(",")
    reader = csv.DictReader(lines, delimiter=";" if semicolons else ",", strict=True)
    try:
        for row in reader:
            values = {name: value for name, value in row.items() if name and value}
            if values:
                yield f"line {reader.line_num}", str(values.pop("type", "")).strip().lower(), values
    except csv.Error as error:
        raise AnnuaireUnreadableError(f"{path}, line {reader.line_num + 1}: {error}") from error


def _entry(kind: str, values: Mapping[str, Any]) -> Entree:
    if kind not in _KINDS:
        raise ValueError(f"{kind or 'nothing'!r} is neither fournisseur nor destinataire")
    made = _KINDS[kind]
    if unknown := set(values) - set(_FIELDS[made]):
        raise ValueError(f"{', '.join(sorted(unknown))}: not of a {kind}: {_FIELDS[made]}")
    if _FIELDS[made][0] not in values:
        raise ValueError(f"{_FIELDS[made][0]} is missing")
    return made(**{name: _value(name, value) for name, value in values.items()})


def _value(name: str, value: Any) -> Any:
    if name not in _YES_OR_NO:
        return value
    said = str(value).strip().lower()
    if said not in _WORDS:
        raise ValueError(f"{name}: {said!r} is neither oui nor non")
    return _WORDS[said]
