"""What must not be shown: tokens, passwords and what is made of them."""

import re
from collections.abc import Iterable

ACCESS = ("authorization", "cpro-account", "cookie", "set-cookie", "proxy-authorization")
"""Headers whose values are secrets, in small letters."""

MASK = "***"
_LEAST = 4
# A token request and its answer, whether form, query or JSON.
_NAMED = re.compile(
    r'(?i)((?:client_secret|access_token|refresh_token|password|mot_de_passe)"?\s*[=:]\s*"?)'
    r'[^"&\s,}]+'
)


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
        self._values.update(value for value in values if len(value) >= _LEAST)

    def hide(self, text: str) -> str:
        """The text without any of them."""
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, MASK)
        return _NAMED.sub(rf"\g<1>{MASK}", text)

    def header(self, name: str, value: str) -> str:
        """The value of a header as it may be shown."""
        return MASK if name.lower() in ACCESS else self.hide(value)
