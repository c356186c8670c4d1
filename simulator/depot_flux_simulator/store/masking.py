"""Whatever looks like a secret in the text of a call, made unreadable."""

import re
from urllib.parse import unquote_plus

_MASK = "***"
_NAME = re.compile(
    r"secret|token|pass|pwd|mdp|key|cle\b|auth|jwt|assertion|credential|signature|session|cookie"
    r"|account|compte",
    re.IGNORECASE,
)
# Each looks at a letter once, whatever is sent: calls are looked through where others wait.
_VALUE = re.compile(
    r"eyJ[\w-]{6,}(?:\.[\w-]*)*|\b(?:bearer|basic)(?:\s|\+|%20)+[\w.~+/=%-]{6,}", re.IGNORECASE
)
_ADDRESS = re.compile(r"://[^\s\"<>]+")
_PAIR = re.compile(r"[^&;]+")


def text(given: str) -> str:
    """A text without tokens, headers of access and passwords of addresses."""
    # Every call comes by here, and next to none holds any of these.
    lower = given.lower()
    if "eyj" in lower or "bearer" in lower or "basic" in lower:
        given = _VALUE.sub(_MASK, given)
    if "://" in given:
        given = _ADDRESS.sub(_address, given)
    return given


def query(given: str) -> str:
    """A query string, the values of whatever is named like a secret masked as well."""
    return _PAIR.sub(lambda pair: _pair(pair[0]), given)


def _pair(given: str) -> str:
    name, equals, _ = given.partition("=")
    if equals and _NAME.search(unquote_plus(name)):
        return f"{name}={_MASK}"
    if not _is_secret(given):
        return given
    return f"{name}={_MASK}" if equals and not _is_secret(name) else _MASK


def _is_secret(quoted: str) -> bool:
    plain = unquote_plus(quoted)
    return text(plain) != plain


def _address(found: re.Match[str]) -> str:
    # A password may hold any letter, as far as people write them.
    before, at, host = found[0].rpartition("@")
    return f"://{_MASK}{at}{host}" if ":" in before[3:] else found[0]
