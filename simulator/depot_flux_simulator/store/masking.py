"""Whatever looks like a secret in the text of a call, made unreadable."""

import re
from urllib.parse import unquote_plus

_MASK = "***"
_NAME = re.compile(
    r"secret|token|pass|pwd|mdp|key|cle\b|auth|jwt|assertion|credential|signature|session|cookie"
    r"|account|compte",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"eyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)?|\b(?:bearer|basic)(?:\s|\+|%20)+[\w.~+/=%-]{6,}"
    r"|(?<=://)[^/@\s]*:[^/@\s]*(?=@)",
    re.IGNORECASE,
)
_PAIR = re.compile(r"[^&;]+")


def text(given: str) -> str:
    """A text without tokens, headers of access and passwords of addresses."""
    # Every call comes by here, and next to none holds any of these.
    lower = given.lower()
    if "eyj" in lower or "bearer" in lower or "basic" in lower or "://" in lower:
        return _VALUE.sub(_MASK, given)
    return given


def query(given: str) -> str:
    """A query string, the values of whatever is named like a secret masked as well."""
    return _PAIR.sub(lambda pair: _pair(pair[0]), given)


def _pair(given: str) -> str:
    name, equals, _ = given.partition("=")
    if equals and _NAME.search(unquote_plus(name)):
        return f"{name}={_MASK}"
    if _VALUE.search(unquote_plus(given)):
        return f"{name}={_MASK}" if equals else _MASK
    return text(given)
