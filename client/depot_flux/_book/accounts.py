"""Whose deposits a book tells apart: those of an account, on a platform that may move."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

# Hosts of PISTE, the older ones too, which it left in 2023; inferred.
_PISTE = re.compile(r"(^|\.)(piste\.gouv\.fr|aife\.economie\.gouv\.fr)$")
_VERSION = re.compile(r"/v[0-9][0-9.]*(?=/|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Account:
    """Whose deposits they are.

    Attributes:
        platform: the platform's name as a user gave it; empty for the one its address tells.
        address: of the API.
        login: of the technical account.
        application: client identifier on PISTE; books knew an account by it before.
    """

    platform: str
    address: str
    login: str
    application: str

    @property
    def told(self) -> str:
        """The platform's name as its address tells it."""
        return platform_of(self.address)

    def key(self, platform: str) -> str:
        """What its deposits on a platform are known by."""
        return f"{platform} {self.login}"

    def keys(self, platform: str) -> list[str]:
        """All that they may be known by: written by others too, and before."""
        named = dict.fromkeys([platform, self.told])
        return [f"{each} {who}" for each in named for who in (self.login, self.application)]


def platform_of(address: str) -> str:
    """A platform's name by its address: the same for each version of an API, and for all of PISTE.

    What else stands in an address may well tell two platforms apart, behind one gateway for
    instance.
    """
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    if _PISTE.search(host):
        return "sandbox" if host.startswith("sandbox") else "production"
    return parts.scheme + "://" + parts.netloc.lower() + _VERSION.sub("", parts.path).rstrip("/")
