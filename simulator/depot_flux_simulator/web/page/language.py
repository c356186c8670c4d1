"""What the page says, in French and in English: one table, `texts.toml`."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from flask import Request
from markupsafe import Markup, escape

TABLE = Path(__file__).with_name("texts.toml")


class Langue(StrEnum):
    """A language of the page."""

    FR = "fr"
    EN = "en"


TEXTS: Mapping[str, Mapping[str, str]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
"""Every text by its key, then by its language."""


def chosen(request: Request) -> Langue:
    """The language that was chosen, or else the browser's; French where it has neither."""
    choice = request.cookies.get("langue")
    if choice in tuple(Langue):
        return Langue(choice)
    return Langue(request.accept_languages.best_match(list(Langue), default=Langue.FR))


def said(langue: Langue, key: str, values: Mapping[str, object]) -> Markup:
    """A text with its values, each escaped.

    Raises:
        KeyError: the table has no such text.
    """
    return escape(TEXTS[key][langue]).format(**values) if values else escape(TEXTS[key][langue])
