"""Whatever looks like a secret in the text of a call, made unreadable."""

import re
from urllib.parse import unquote_plus

MASK = "***"
"""Stands where a secret stood."""

_NAME = re.compile(
    r"secret|token|jeton|pass|pwd|pw(?![a-z])|mdp|key|cle\b|auth|jwt|assertion|credential|session|cookie"
    r"|account|compte|otp|sig(?![a-z])|signature",
    re.IGNORECASE,
)
# Each looks at a letter once, whatever is sent: calls are looked through where others wait.
_VALUE = re.compile(
    r"eyJ[\w-]{6,}(?:\.[\w-]*)*|\b(?:bearer|basic)(?:\s|\+|%20)+[\w.~+/=%-]{6,}", re.IGNORECASE
)
_ADDRESS = re.compile(r"(:(?:/|%2F){2})([^\s\"<>]+)", re.IGNORECASE)
_PAIR = re.compile(r"[^&;]+")
_SAID = re.compile(r"[^\s?&;\"\\]+")


def is_secret(name: str) -> bool:
    """Whether what stands under a name is nobody else's business."""
    return _NAME.search(name) is not None


def text(given: str) -> str:
    """A text without tokens, headers of access, passwords of addresses and pairs named like one."""
    # Every call comes by here, and next to none holds any of these.
    lower = given.lower()
    if "eyj" in lower or "bearer" in lower or "basic" in lower:
        given = _VALUE.sub(MASK, given)
    if "@" in given:
        given = _ADDRESS.sub(_address, given)
    if "=" in given:
        given = _SAID.sub(_said, given)
    return given


def query(given: str) -> str:
    """A query string, the values of whatever is named like a secret masked as well."""
    return _PAIR.sub(lambda pair: _pair(pair[0]), given)


def _pair(given: str) -> str:
    name, equals, _ = given.partition("=")
    if not _tells(given):
        return given
    return f"{name}={MASK}" if equals and not _tells(name) else MASK


def _tells(quoted: str) -> bool:
    plain = unquote_plus(quoted)
    return text(plain) != plain


def _said(found: re.Match[str]) -> str:
    name, equals, _ = found[0].partition("=")
    return f"{name}={MASK}" if equals and is_secret(name) else found[0]


def _address(found: re.Match[str]) -> str:
    # A password may hold any letter, as far as people write them.
    user, at, host = found[2].rpartition("@")
    return f"{found[1]}{MASK}{at}{host}" if ":" in user else found[0]
