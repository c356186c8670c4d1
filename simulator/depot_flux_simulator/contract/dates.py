"""Instants in the form a schema asks for."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.errors import ConfigurationError

RFC3339 = "rfc3339"
MILLISECONDS = "milliseconds"
SECONDS = "seconds"
_SAMPLE = 1_788_249_605_000
_MILLISECONDS_FROM = 100_000_000_000  # an epoch this large cannot be seconds before the year 5138

DateWriter = Callable[[int], Any]


def date_writer(document: Document, schema: Node, where: str) -> DateWriter:
    """A function that writes an instant, in milliseconds, as the schema accepts it; UTC.

    Raises:
        ConfigurationError: no known form of a date fits.
    """
    return _writer(date_form(document, schema, where))


def date_form(document: Document, schema: Node, where: str) -> str:
    """The form of a date: `RFC3339`, `MILLISECONDS`, `SECONDS` or a pattern of strftime.

    An example decides between forms that the schema accepts equally.

    Raises:
        ConfigurationError: no known form of a date fits.
    """
    node = document.resolve(schema)
    validator = document.validator(schema)
    fitting = [form for form in _forms(node) if validator.is_valid(_writer(form)(_SAMPLE))]
    if not fitting:
        raise ConfigurationError(f"contract: {where}: no known form of a date fits its schema")
    example = document.example(node)
    alike = (form for form in fitting if _shape(_writer(form)(_SAMPLE)) == _shape(example))
    return next(alike, fitting[0])


def read_date(form: str, value: Any) -> int | None:
    """The instant, in milliseconds, that a value of a form tells; None where it is none of it.

    A date that names no zone is UTC.
    """
    try:
        if form in (MILLISECONDS, SECONDS):
            return round(float(value)) * (1 if form == MILLISECONDS else 1000)
        text = str(value)
        told = datetime.fromisoformat(text) if form == RFC3339 else datetime.strptime(text, form)
    except (ValueError, OverflowError, TypeError):
        return None
    told = told if told.tzinfo else told.replace(tzinfo=UTC)
    return round(told.timestamp() * 1000)


def granularity(form: str) -> int:
    """Milliseconds that a form of a date cannot tell apart."""
    if form in (RFC3339, MILLISECONDS):
        return 1
    return 1_000 if form == SECONDS or "%S" in form else 86_400_000


def _forms(node: Node) -> list[str]:
    epochs = [MILLISECONDS, SECONDS]
    if node.get("format") == "int32":
        epochs.reverse()
    return [RFC3339, *_PATTERNS, *epochs]


def _writer(form: str) -> DateWriter:
    if form == MILLISECONDS:
        return lambda instant: instant
    if form == SECONDS:
        return lambda instant: instant // 1000
    return _rfc3339 if form == RFC3339 else _strftime(form)


def _rfc3339(instant: int) -> str:
    # RFC 3339 as `format: date-time` asks, to the millisecond.
    moment = datetime.fromtimestamp(instant / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_PATTERNS = (
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S+00:00",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d",
    "%Y%m%d%H%M%S",
    "%Y%m%d",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y",
)


def _strftime(pattern: str) -> DateWriter:
    return lambda instant: datetime.fromtimestamp(instant / 1000, UTC).strftime(pattern)


def _shape(value: Any) -> Any:
    if isinstance(value, int):
        return value >= _MILLISECONDS_FROM
    if not isinstance(value, str):
        return type(value)
    return "".join("9" if character.isdigit() else character for character in value)
