"""Text as the databases keep it: whatever it holds."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

# PostgreSQL takes any text but a NUL; this one, that no text holds, and a figure stand for it.
_ESCAPE = "\uffff"


def to_postgresql(value: Any) -> Any:
    """A text without NUL, that `from_postgresql` gives back as it was; other values as they are."""
    if isinstance(value, str) and ("\0" in value or _ESCAPE in value):
        return value.replace(_ESCAPE, f"{_ESCAPE}1").replace("\0", f"{_ESCAPE}0")
    return value


def from_postgresql(value: Any) -> Any:
    """The text that `to_postgresql` was given."""
    if isinstance(value, str) and _ESCAPE in value:
        return value.replace(f"{_ESCAPE}0", "\0").replace(f"{_ESCAPE}1", _ESCAPE)
    return value


class _Any(sa.types.TypeDecorator[str]):
    """A text from anywhere."""

    impl: Any = sa.String

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Any], Any] | None:
        """What a value becomes on its way to the database."""
        return to_postgresql if dialect.name == "postgresql" else None

    def result_processor(self, dialect: sa.Dialect, _coltype: Any) -> Callable[[Any], Any] | None:
        """What a value becomes on its way back."""
        return from_postgresql if dialect.name == "postgresql" else None


class String(_Any):
    """A text of a length that is known."""

    cache_ok = True


class Text(_Any):
    """A text of any length."""

    impl = sa.Text
    cache_ok = True
