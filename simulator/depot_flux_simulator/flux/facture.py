"""What becomes of each invoice of a recevable flux: the functional level, plain values.

Source: [CP] 3.2.3.3.2 (documented). The status is the invoice's, never the flux's.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum, StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import Any

_NOTHING: Mapping[str, object] = MappingProxyType({})
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class StatutFacture(StrEnum):
    """Status of an invoice once its flux is recevable."""

    DEPOSEE = "DEPOSEE"
    REJETEE = "REJETEE"

    @property
    def code(self) -> str:
        """Its code in a life-cycle document (MDT-105)."""
        return {StatutFacture.DEPOSEE: "200", StatutFacture.REJETEE: "213"}[self]

    @property
    def libelle(self) -> str:
        """Its name, as people read it (MDT-106)."""
        return {StatutFacture.DEPOSEE: "Déposée", StatutFacture.REJETEE: "Rejetée"}[self]


class Raison(StrEnum):
    """Why an invoice has its status, as a life-cycle document says it (MDT-113)."""

    ADR_ERR = "ADR_ERR"
    REJ_ADR = "REJ_ADR"
    REJ_COH = "REJ_COH"
    REJ_UNI = "REJ_UNI"
    NON_TRANSMISE = "NON_TRANSMISE"

    @property
    def libelle(self) -> str:
        """What it is about, in a few French words."""
        return _LIBELLES[self]

    @property
    def rejette(self) -> bool:
        """Whether an invoice with this reason is rejetée."""
        return self is not Raison.NON_TRANSMISE


_LIBELLES = {
    Raison.ADR_ERR: "Adresse électronique de l'acheteur absente",
    Raison.REJ_ADR: "Adresse électronique de l'acheteur inconnue de l'annuaire",
    Raison.REJ_COH: "Contrôle de cohérence",
    Raison.REJ_UNI: "Contrôle d'unicité",
    Raison.NON_TRANSMISE: "Aucune plateforme connectée pour l'acheteur",
}


class Gravite(StrEnum):
    """What a rule makes of its breach."""

    ERREUR = "erreur"
    AVERTISSEMENT = "avertissement"


class RegleFacture(Enum):
    """A rule of the functional level; what stands in braces is filled in by who names it.

    Attributes:
        raison: the reason that its breach gives.
        texte: the rule.
        source: where it stands.
    """

    ADRESSE_PRESENTE = Raison.ADR_ERR, "Adresse électronique de l'acheteur (BT-49) présente"
    ADRESSE_CONNUE = Raison.REJ_ADR, "Adresse électronique de l'acheteur (BT-49) dans l'annuaire"
    FOURNISSEUR = (
        Raison.REJ_COH,
        "Fournisseur connu de Chorus Pro comme structure publique active (SIRET)",
    )
    SCHEMATRON = Raison.REJ_COH, "{regle}"
    UNICITE = (
        Raison.REJ_UNI,
        "Année d'émission (BT-2), SIREN du vendeur (BT-30) et numéro (BT-1) jamais vus ensemble",
    )
    PLATEFORME = (
        Raison.NON_TRANSMISE,
        "Acheteur inscrit à une plateforme agréée, connectée à Chorus Pro",
    )

    def __init__(self, raison: Raison, texte: str) -> None:
        self.raison = raison
        self.texte = texte
        self.source = "[CP] 3.2.3.3.2"


def markdown() -> str:
    """Give the table of the rules in Markdown."""
    rows = ["| statut | raison | règle | source |", "|---|---|---|---|"]
    for regle in RegleFacture:
        rejects = regle.raison.rejette
        statut = StatutFacture.REJETEE if rejects else StatutFacture.DEPOSEE
        texte = regle.texte.format(regle="Aucune erreur des schematrons EN 16931 et BR-FR")
        rows.append(f"| {statut} ({statut.code}) | {regle.raison} | {texte} | {regle.source} |")
    return "\n".join(rows) + "\n"


@dataclass(frozen=True, slots=True)
class Constat:
    """One thing that the functional level found of a file; `of` makes one from a rule.

    Attributes:
        fichier: name of the file of the flux.
        gravite: what the rule makes of its breach.
        message: what is wrong, in French.
        regle: the rule, e.g. BR-CO-15.
        remede: one sentence on what to do.
        source: where the rule stands.
        raison: the reason it gives the invoice, None when it gives none: a warning, or a file that
            is no invoice.
        feuille: the schematron sheet that found it and its version, "" when none did.
        ligne: line in the XML, from 1, None when it is not known.
        lieu: path of the element, "" if none.
        terme: its business terms, e.g. BT-112, "" if none is known.
        original: what the sheet said itself, "" if none did.
    """

    fichier: str
    gravite: Gravite
    message: str
    regle: str
    remede: str
    source: str
    raison: Raison | None = None
    feuille: str = ""
    ligne: int | None = None
    lieu: str = ""
    terme: str = ""
    original: str = ""

    @classmethod
    def of(
        cls,
        regle: RegleFacture,
        fichier: str,
        message: str,
        remede: str,
        *,
        values: Mapping[str, object] = _NOTHING,
        **where: Any,
    ) -> "Constat":
        """The finding of a broken rule; arguments as above, `values` as the rule's text asks."""
        return cls(
            fichier=fichier,
            gravite=Gravite.ERREUR if regle.raison.rejette else Gravite.AVERTISSEMENT,
            message=message,
            regle=regle.texte.format(**values),
            remede=remede,
            source=regle.source,
            **{"raison": regle.raison, **where},
        )


@dataclass(frozen=True, slots=True)
class Facture:
    """An invoice of a recevable flux and what became of it.

    Attributes:
        fichier: name of the file of the flux.
        numero: BT-1.
        emission: BT-2, AAAA-MM-JJ.
        type_document: BT-3.
        siren: of the seller (BT-30).
        siret: of the seller (BT-29 of scheme 0009), "" when it states none.
        vendeur: name of the seller (BT-27).
        adresse_vendeur: its electronic address (BT-34), as `scheme:address`.
        adresse_acheteur: that of the buyer (BT-49), likewise.
        identifiant_technique: the emitter's own (BT-18 of scheme AJW), "" if none.
        constats: what was found, what rejects it first.
        non_juges: what was not looked at, for want of an annuaire.
        cle: what makes it unique, "" when year, SIREN or number cannot be read.
    """

    fichier: str
    numero: str = ""
    emission: str = ""
    type_document: str = ""
    siren: str = ""
    siret: str = ""
    vendeur: str = ""
    adresse_vendeur: str = ""
    adresse_acheteur: str = ""
    identifiant_technique: str = ""
    constats: tuple[Constat, ...] = ()
    non_juges: tuple[str, ...] = ()
    cle: str = ""

    @property
    def raisons(self) -> tuple[Raison, ...]:
        """Why it has its status, each once; those that reject it alone when one does."""
        told = dict.fromkeys(each.raison for each in self.constats if each.raison)
        rejecting = tuple(raison for raison in told if raison.rejette)
        return rejecting or tuple(told)

    @property
    def statut(self) -> StatutFacture:
        """Its status."""
        rejetee = any(raison.rejette for raison in self.raisons)
        return StatutFacture.REJETEE if rejetee else StatutFacture.DEPOSEE

    @property
    def annoncee(self) -> bool:
        """Whether a life-cycle document tells it: SIREN, number and date can be read."""
        return bool(self.siren and self.numero and _DAY.fullmatch(self.emission))

    def as_dict(self) -> dict[str, Any]:
        """The invoice as plain values, what follows from them with it."""
        values = asdict(self)
        del values["cle"]
        return {
            **values,
            "statut": str(self.statut),
            "code_statut": self.statut.code,
            "raisons": [str(raison) for raison in self.raisons],
        }


def unique_key(emission: str, siren: str, numero: str) -> str:
    """What makes an invoice unique, "" when a part of it cannot be read.

    Year of issue, SIREN of the seller and number, as they stand in the invoice. A digest, since a
    hostile number may have any length.
    """
    year = emission[:4]
    if not (siren and numero and year.isdecimal() and len(year) == 4):
        return ""
    return sha256("\0".join((year, siren, numero)).encode("utf-8", "surrogatepass")).hexdigest()
