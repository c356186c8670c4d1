"""The annuaire: who is known as a supplier, who can be reached as a recipient; plain values.

The real one is not public. What stands here is what somebody said of it: a file, a test.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Self

from attrs import asdict, field, frozen

_SIRET = re.compile(r"[0-9]{14}")
_SCHEME = re.compile(r"[0-9A-Za-z]{2,10}")
# The scheme of the French electronic addresses.
SCHEMA = "0225"
_LONGEST = 125


def _bare(text: object) -> str:
    return str(text).strip()


@frozen(kw_only=True)
class Fournisseur:
    """A supplier.

    Attributes:
        siret: 14 digits.
        actif: whether Chorus Pro knows it as active.
        public: whether it is a public body.
    """

    siret: str = field(converter=_bare)
    actif: bool = True
    public: bool = True

    def __attrs_post_init__(self) -> None:
        if not _SIRET.fullmatch(self.siret):
            raise ValueError(f"siret: {self.siret[:30]!r} is not 14 digits")

    @property
    def cle(self) -> str:
        """What it is looked up by."""
        return self.siret

    def to_json(self) -> dict[str, Any]:
        """The same as JSON values, the arguments of its class."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The supplier that `to_json` wrote.

        Raises:
            ValueError: the SIRET is none.
        """
        return cls(**values)


@frozen(kw_only=True)
class Destinataire:
    """A recipient.

    Attributes:
        adresse: its electronic address (BT-49).
        schema: the scheme of that address.
        plateforme: its approved platform, "" for none at present.
        connectee: whether that platform is connected to Chorus Pro.
    """

    adresse: str = field(converter=_bare)
    schema: str = field(default=SCHEMA, converter=_bare)
    plateforme: str = field(default="", converter=_bare)
    connectee: bool = True

    def __attrs_post_init__(self) -> None:
        if not 0 < len(self.adresse) <= _LONGEST:
            raise ValueError(f"adresse: 1 to {_LONGEST} characters")
        if not _SCHEME.fullmatch(self.schema):
            raise ValueError(f"schema: {self.schema[:30]!r} is no scheme such as 0225")

    @property
    def cle(self) -> str:
        """What it is looked up by: letters of either case are the same (assumed)."""
        return f"{self.schema}:{self.adresse}".casefold()

    def to_json(self) -> dict[str, Any]:
        """The same as JSON values, the arguments of its class."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The recipient that `to_json` wrote.

        Raises:
            ValueError: a value is none of its kind.
        """
        return cls(**values)


Entree = Fournisseur | Destinataire


def _known() -> Mapping[str, Any]:
    return MappingProxyType({})


@frozen
class Annuaire:
    """What is known; a half without entries is not asked.

    Attributes:
        fournisseurs: the suppliers by SIRET.
        destinataires: the recipients by scheme and address.
    """

    fournisseurs: Mapping[str, Fournisseur] = field(factory=_known)
    destinataires: Mapping[str, Destinataire] = field(factory=_known)
    _by_siren: Mapping[str, Fournisseur] = field(init=False, repr=False, eq=False)

    @_by_siren.default
    def _of_each_siren(self) -> Mapping[str, Fournisseur]:
        ranked = sorted(self.fournisseurs.values(), key=lambda each: each.actif and each.public)
        return {each.siret[:9]: each for each in ranked}

    def completed(self, entries: Iterable[Entree]) -> "Annuaire":
        """The same with more entries, the last word on each being that of the last one."""
        suppliers, recipients = dict(self.fournisseurs), dict(self.destinataires)
        for entry in entries:
            if isinstance(entry, Fournisseur):
                suppliers[entry.cle] = entry
            else:
                recipients[entry.cle] = entry
        return Annuaire(suppliers, recipients)

    def fournisseur(self, siret: str, siren: str) -> Fournisseur | None:
        """The supplier of an invoice, an active public body before another.

        Args:
            siret: that it states, "" if none: then any establishment of its SIREN will do
                (assumed).
            siren: that it states.
        """
        return self.fournisseurs.get(siret) if siret else self._by_siren.get(siren)

    def destinataire(self, adresse: str) -> Destinataire | None:
        """The recipient at an electronic address, written `scheme:address`."""
        return self.destinataires.get(adresse.casefold())
