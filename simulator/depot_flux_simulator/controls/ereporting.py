"""E-reporting: the name of a transmission says what its content says, once.

Source: [CP] 3.6, [A7] G7.34 (documented); that the letters of an identifier are those of ASCII is
assumed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from depot_flux_simulator.controls.contenu import Contenu
from depot_flux_simulator.controls.nom import afficher
from depot_flux_simulator.controls.xml import syntaxe
from depot_flux_simulator.motifs import Code, Motif

TT_1 = "Report/ReportDocument/Id"
TT_13 = "Report/ReportDocument/Issuer/Id"
_TRANSACTIONS = "Report/TransactionsReport/ReportPeriod"
_PAIEMENTS = "Report/PaymentsReport/ReportPeriod"

# Where the elements that the rule needs are found, by local name: the format has no namespace.
BALISES = ("Id", "StartDate", "EndDate")
_CHAMPS = frozenset(
    {
        TT_1,
        TT_13,
        *(f"{ou}/{borne}" for ou in (_TRANSACTIONS, _PAIEMENTS) for borne in BALISES[1:]),
    }
)
_LONGUEUR = 256

_FORME = re.compile(r"(?P<siren>[0-9]{9})_(?P<id>.+)_(?P<debut>[0-9]{8})_(?P<fin>[0-9]{8})\.xml")
# Letters, digits, - + _ and single spaces between them; 50 characters at most.
_TRANSMISSION = re.compile(r"(?=.{1,50}\Z)[A-Za-z0-9+_-]+(?: [A-Za-z0-9+_-]+)*")
_REGLE = (
    "{SIREN, 9 chiffres}_{identifiant de transmission}_{début}_{fin}.xml, dates AAAAMMJJ,"
    " conforme au contenu"
)
_SOURCE = "[CP] 3.6, [A7] G7.34"


@dataclass(frozen=True, slots=True)
class Transmission:
    """What the name of an e-reporting file says.

    Attributes:
        siren: of the declarant, 9 digits.
        identifiant: of the transmission.
        debut: first day of the period, AAAAMMJJ.
        fin: last day of the period, AAAAMMJJ.
    """

    siren: str
    identifiant: str
    debut: str
    fin: str

    @property
    def cles(self) -> tuple[str, str]:
        """What it claims for ever: its name, and its identifier among its declarant's."""
        return (
            f"e-reporting:nom:{self.siren}_{self.identifiant}_{self.debut}_{self.fin}",
            f"e-reporting:transmission:{self.siren}:{self.identifiant}",
        )


def lire(nom: str) -> Transmission | None:
    """Read the name of an e-reporting file, None when it breaks the form."""
    lu = _FORME.fullmatch(nom)
    if lu is None or not _TRANSMISSION.fullmatch(lu["id"]):
        return None
    if not (_est_une_date(lu["debut"]) and _est_une_date(lu["fin"])):
        return None
    return Transmission(lu["siren"], lu["id"], lu["debut"], lu["fin"])


def _est_une_date(texte: str) -> bool:
    try:
        # Only to know whether such a day exists; no moment is kept.
        datetime.strptime(texte, "%Y%m%d")  # noqa: DTZ007, RUF100
    except ValueError:
        return False
    return True


def nom(contenu: Contenu) -> Iterator[Motif]:
    """IRR_NOM_F: form of the name."""
    if lire(contenu.nom) is None:
        yield _nom(contenu, "n'a pas la forme attendue")


def relever(element: etree._Element, champs: dict[str, str]) -> None:
    """Keep the text of an element when it is one that the rule needs, by its path."""
    lignee = [str(parent.tag) for parent in element.iterancestors()]
    chemin = "/".join([*reversed(lignee), str(element.tag)])
    if chemin in _CHAMPS and chemin not in champs:
        champs[chemin] = (element.text or "")[:_LONGUEUR]


def champs_presents(contenu: Contenu, champs: Mapping[str, str]) -> Iterator[Motif]:
    """IRR_SYNTAX: the fields that the rule of names needs, when no XSD looks for them."""
    for terme, chemin in (("TT-1", TT_1), ("TT-13", TT_13)):
        if chemin not in champs:
            yield _absent(contenu, f"{terme} ({chemin})")
    if not _periodes(champs):
        yield _absent(contenu, "la période (TT-17 et TT-18, ou TT-89 et TT-90)")


def _absent(contenu: Contenu, quoi: str) -> Motif:
    return syntaxe(
        contenu,
        f"Le fichier « {afficher(contenu.nom)} » ne contient pas {quoi}.",
        "Champs obligatoires d'un e-reporting",
        "Renseignez ce champ.",
    )


def nom_conforme(contenu: Contenu, champs: Mapping[str, str]) -> Iterator[Motif]:
    """IRR_NOM_F: SIREN, identifier and period of the name are those of the content."""
    lu = lire(contenu.nom)
    if lu is None:
        return
    ecarts = []
    if TT_13 in champs and champs[TT_13] != lu.siren:
        ecarts.append(f"le SIREN du déclarant (TT-13) est « {afficher(champs[TT_13])} »")
    if TT_1 in champs and champs[TT_1] != lu.identifiant:
        ecarts.append(f"l'identifiant (TT-1) est « {afficher(champs[TT_1])} »")
    periodes = _periodes(champs)
    if periodes and (lu.debut, lu.fin) not in periodes:
        vues = ", ".join(afficher(f"{debut} à {fin}") for debut, fin in periodes)
        ecarts.append(f"la période est {vues}")
    if ecarts:
        yield _nom(contenu, f"ne dit pas ce que dit le contenu : {', '.join(ecarts)}")


def _periodes(champs: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (champs[f"{ou}/StartDate"], champs[f"{ou}/EndDate"])
        for ou in (_TRANSACTIONS, _PAIEMENTS)
        if f"{ou}/StartDate" in champs and f"{ou}/EndDate" in champs
    ]


def _nom(contenu: Contenu, faute: str) -> Motif:
    return Motif(
        Code.IRR_NOM_F,
        f"Le nom du fichier e-reporting « {afficher(contenu.nom)} » {faute}.",
        regle=_REGLE,
        remede="Nommez le fichier comme 013579246_e-reporting numero 000001_20260101_20260201.xml,"
        " avec les valeurs de son contenu.",
        source=_SOURCE,
        fichier=afficher(contenu.nom),
    )


def deja_transmis(contenu: Contenu) -> Motif:
    """IRR_UNICITE: name or identifier of transmission already received."""
    return Motif(
        Code.IRR_UNICITE,
        f"La transmission e-reporting « {afficher(contenu.nom)} » a déjà été reçue.",
        regle="Nom et identifiant de transmission (TT-1) jamais reçus",
        remede="Donnez à la transmission un nouvel identifiant (TT-1), dans le contenu et le nom.",
        source=_SOURCE,
        fichier=afficher(contenu.nom),
    )
