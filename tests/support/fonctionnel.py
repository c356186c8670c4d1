"""Put bytes through the functional level."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from depot_flux_simulator.controls.fonctionnel import juger
from depot_flux_simulator.controls.schematrons import Schematrons
from depot_flux_simulator.flux.annuaire import Annuaire, Destinataire, Entree, Fournisseur
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.facture import Facture, Raison
from depot_flux_simulator.flux.verdict import Verdict
from depot_flux_simulator.samples import SIREN_ACHETEUR, SIREN_VENDEUR
from tests.support.controls import CODE_APPLICATION

SIRET = f"{SIREN_VENDEUR}00017"
FOURNISSEUR = Fournisseur(siret=SIRET)
DESTINATAIRE = Destinataire(adresse=SIREN_ACHETEUR, plateforme="PA-0001")

# The buyer's electronic address, as UBL and CII have it.
_BUYER = re.compile(
    rb"(AccountingCustomerParty>\s*<cac:Party>\s*|BuyerTradeParty>(?:(?!</ram:Buyer).)*?)"
    rb"(<cbc:EndpointID[^>]*>[^<]*</cbc:EndpointID>"
    rb"|<ram:URIUniversalCommunication>.*?</ram:URIUniversalCommunication>)",
    re.DOTALL,
)
_NAMED = re.compile(rb">[^<>]*(</(?:cbc:EndpointID|ram:URIID)>)")


def with_buyer_at(content: bytes, address: str | None) -> bytes:
    """The invoice with another address of its buyer, with none at all where it is None."""

    def other(found: re.Match[bytes]) -> bytes:
        if address is None:
            return found[1]
        said = re.sub(rb"[<>&]", b"_", address.encode())
        return found[1] + _NAMED.sub(lambda end: b">" + said + end[1], found[2])

    changed, count = _BUYER.subn(other, content)
    assert count == 1
    return changed


def with_siret(content: bytes, siret: str) -> bytes:
    """A UBL invoice that states its seller's SIRET (BT-29)."""
    identification = (
        '<cac:PartyIdentification><cbc:ID schemeID="0009">'
        f"{siret}</cbc:ID></cac:PartyIdentification>"
    )
    supplier, closed, rest = content.partition(b"</cbc:EndpointID>")
    assert closed
    return supplier + closed + identification.encode() + rest


def annuaire(*entries: Entree) -> Annuaire:
    return Annuaire().completed(entries)


class Judge:
    """Judges flux one after the other, each knowing what came before."""

    def __init__(self, folder: Path, schematrons: Schematrons) -> None:
        self.path = folder / "flux"
        self.schematrons = schematrons
        self.seen: set[str] = set()

    def verdict(
        self,
        content: bytes,
        name: str = "f.xml",
        code: str = "FSO3110A",
        known: Annuaire | None = None,
    ) -> Verdict:
        self.path.write_bytes(content)
        depot = Depot(self.path, name, code, CODE_APPLICATION)
        seen: Callable[[str], bool] = self.seen.__contains__
        verdict = juger(depot, Verdict(), self.schematrons, seen, known or Annuaire())
        self.seen.update(facture.cle for facture in verdict.factures)
        return verdict

    def one(
        self,
        content: bytes,
        name: str = "f.xml",
        code: str = "FSO3110A",
        known: Annuaire | None = None,
    ) -> Facture:
        [facture] = self.verdict(content, name, code, known).factures
        return facture

    def raisons(self, content: bytes, known: Annuaire | None = None) -> tuple[Raison, ...]:
        """Those of an invoice nobody saw before."""
        self.seen.clear()
        return self.one(content, known=known).raisons


def rules(facture: Facture) -> Iterable[str]:
    return [constat.regle for constat in facture.constats]
