"""What must not be shown: tokens, passwords and what is made of them."""

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from depot_flux._reponses import forms
from depot_flux_contract.exchanges.exchange import Exchange, Message, Sent
from depot_flux_contract.exchanges.requests import parts

MASK = "***"
_LEAST = 4
_LEAST_LEARNED = 8
# Of headers, parameters, fields, parts and members alike.
_NAMES = (
    r"(?:authori[sz]ation|cookie|secret|token(?![-_]?(?:type|ur[il]|endpoint|expir))|passw(?:or)?d"
    r"|passphrase|pwd|mot[-_]?de[-_]?passe|credential|signature|assertion|jwt|session[-_]?id"
    r"|cpro[-_]?account|api[-_]?key|(?<![^\W\d_])(?:auth|sig)(?![^\W\d_])"
    r"|(?:(?<=[-_])|(?<![\w-])|access|private)key(?![\w-]))"
)
_NAME = re.compile(f"(?i){_NAMES}")
# A name with its value in a form, a query, JSON (which text in JSON escapes) or a sentence.
_NAMED = re.compile(
    rf"(?is)({_NAMES}[\w.~%\[\]-]{{0,64}}+\\?[\"']?\s*[=:]\s*)((\\?[\"'])?)(?:bearer\s+|basic\s+)?"
    r"(?(3)(?:\\{3}.|(?!\3)(?:\\.|.))*|[^\s\\\"'&<>,;{}\[\]]+)"
)
_LITERALS = ("null", "true", "false")
_USERINFO = re.compile(r"(://)[^\s/?#@\"'<>]{1,512}@")


def is_secret(name: str) -> bool:
    """Whether what has this name, a header or a value of any kind, lets somebody in."""
    return _NAME.search(name) is not None


class Secrets:
    """The secrets of one run, to be taken out of whatever is shown.

    Args:
        values: those known beforehand; empty ones are passed over.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: set[str] = set()
        self.add(*values)

    def __repr__(self) -> str:
        return f"Secrets({len(self._values)})"

    def add(self, *values: str) -> None:
        """Know more of them."""
        # A shorter one would take words apart that have nothing to do with it.
        known = (value for value in values if len(value) >= _LEAST)
        self._values.update(chain.from_iterable(map(forms, known)))

    def of(self, exchange: Exchange) -> "Secrets":
        """These, and what lets somebody in by its name in an exchange."""
        both = Secrets()
        both._values = {*self._values}
        # A shorter one, of a cookie that says true, may well be no secret.
        both.add(*(value for value in _values_of(exchange) if len(value) >= _LEAST_LEARNED))
        return both

    def hide(self, text: str) -> str:
        """The text without any of them."""
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, MASK)
        return _USERINFO.sub(rf"\g<1>{MASK}@", _NAMED.sub(_masked, text))

    def address(self, url: str) -> str:
        """The same of an address, the names in which may be spelled with percents."""
        before, mark, query = url.partition("?")
        pairs = [(*pair.partition("="),) for pair in query.split("&")]
        hidden = (f"{n}={MASK}" if is_secret(unquote(n)) else n + eq + v for n, eq, v in pairs)
        return self.hide(before + mark + "&".join(hidden))

    def named(self, name: str, value: str) -> str:
        """The value of a header, a parameter or a field as it may be shown."""
        return MASK if is_secret(name) else self.hide(value)


def _masked(found: re.Match[str]) -> str:
    before, quote = found[1], found[2]
    if quote or not before.rstrip(" :=\t\r\n").endswith('"'):
        return f"{before}{quote}{MASK}"
    # Beside a member of JSON, it stays JSON.
    bare = found[0][len(before) :]
    return found[0] if bare in _LITERALS else f'{before}"{MASK}"'


def _values_of(exchange: Exchange) -> Iterator[str]:
    """What has the name of a secret in an exchange."""
    sent = exchange.sent
    userinfo = urlsplit(sent.url).netloc.rpartition("@")[0]
    yield from userinfo.split(":")
    for name, value in chain(sent.headers, exchange.received.headers):
        if is_secret(name):
            yield from _of_header(name, value)
    pairs = [*parse_qsl(sent.query), *(_fields(sent) if sent.body else ())]
    yield from (value for name, value in pairs if is_secret(name))
    for message in (sent, exchange.received):
        yield from _members(message)


def _of_header(name: str, value: str) -> Iterator[str]:
    if "cookie" in name.lower():
        yield from (each.partition("=")[2].strip() for each in value.split(";")[:50])
        return
    value = value.rpartition(" ")[2]
    yield value
    try:
        yield b64decode(value, validate=True).decode().partition(":")[2]
    except ValueError:
        return


def _fields(sent: Sent) -> Iterator[tuple[str, str]]:
    if sent.media_type.endswith("urlencoded"):
        yield from parse_qsl((sent.body or b"").decode("latin-1"))
    elif sent.media_type.startswith("multipart/"):
        yield from ((name, content.decode("latin-1")) for name, _, content in parts(sent))


def _members(message: Message) -> Iterator[str]:
    """The texts of members of JSON that have the name of a secret."""
    if "json" not in message.media_type:
        return
    try:
        pending: list[tuple[bool, Any]] = [(False, message.json())]
    except ValueError:
        return
    while pending:
        hidden, value = pending.pop()
        if isinstance(value, dict):
            pending += [(hidden or is_secret(name), each) for name, each in value.items()]
        elif isinstance(value, list):
            pending += [(hidden, each) for each in value]
        elif hidden and isinstance(value, str):
            yield value
