"""The values of settings: what each is read from, and what it must be."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from depot_flux.exceptions import ConfigurationError

# What is no text, by its type in a profile.
_KINDS: dict[str, type | tuple[type, ...]] = {
    "complements": dict,
    "headers": dict,
    "timeout": (int, float),
    "connect_timeout": (int, float),
    "attempts": int,
    "max_connections": int,
    "http_hosts": list,
}
_SHOWN = {dict: "a table", list: "a list of texts", int: "a whole number", str: "a text"}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110
# What the library says itself, or the connection.
_OWN = {
    "authorization", "connection", "content-length", "content-type", "cpro-account", "host",
    "transfer-encoding",
}  # fmt: skip


def fault(name: str, value: Any) -> str | None:
    """What a setting of a profile must be, where its value is none."""
    kind = _KINDS.get(name, str)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    texts = name == "complements" or all(isinstance(each, str) for each in inner)
    # TOML's true is a whole number to Python.
    if isinstance(value, kind) and not isinstance(value, bool) and texts:
        return None
    return f"{name} must be {'a number' if isinstance(kind, tuple) else _SHOWN[kind]}"


def from_text(name: str, text: str, variable: str) -> Any:
    """The value of a setting as an environment variable holds it.

    Raises:
        ConfigurationError: it holds none.
    """
    kind = _KINDS.get(name, str)
    if kind is str:
        return text
    if kind is list:
        return [each.strip() for each in text.split(",") if each.strip()]
    try:
        if kind is dict:
            values = json.loads(text)
            if fault(name, values) is None:
                return values
        else:
            return int(text) if kind is int else float(text)
    except ValueError:
        pass
    what = 'JSON object; write for instance {"canal": "API"}' if kind is dict else "number"
    raise ConfigurationError(f"{variable} is no {what}")


def check_numbers(
    timeout: float, connect_timeout: float, attempts: int, max_connections: int
) -> None:
    """See that what counts or waits can.

    Raises:
        ConfigurationError: it cannot.
    """
    for name, seconds in (("timeout", timeout), ("connect_timeout", connect_timeout)):
        if not (seconds > 0 and math.isfinite(seconds)):
            raise ConfigurationError(f"{name} = {seconds} is none; give more than 0 seconds")
    for name, number in (("attempts", attempts), ("max_connections", max_connections)):
        if number < 1:
            raise ConfigurationError(f"{name} = {number} is too few; give 1 or more")


def check_headers(headers: Mapping[str, str]) -> None:
    """See that headers can be sent, and that the library does not say them itself.

    Raises:
        ConfigurationError: they cannot; the message shows no value, which may be secret.
    """
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or name.lower() in _OWN:
            raise ConfigurationError(f"{name!a} is no header to add")
        if not (value.isascii() and value.isprintable() and value):
            raise ConfigurationError(f"the value of the header {name} cannot be sent: ASCII only")
