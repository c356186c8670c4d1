"""E-reporting: the name of a transmission says what its content says, once.

Source: [CP] 3.6, [A7] G7.34 (documented); that the letters of an identifier are those of ASCII is
assumed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from depot_flux_simulator.controls.content import Content
from depot_flux_simulator.controls.names import excerpt, shown
from depot_flux_simulator.controls.xml import syntax
from depot_flux_simulator.flux.motifs import Regle
from depot_flux_simulator.flux.verdict import Motif

TT_1 = "Report/ReportDocument/Id"
TT_13 = "Report/ReportDocument/Issuer/Id"
_TRANSACTIONS = "Report/TransactionsReport/ReportPeriod"
_PAYMENTS = "Report/PaymentsReport/ReportPeriod"

# Where the elements that the rule needs are found, by local name: the format has no namespace.
TAGS = ("Id", "StartDate", "EndDate")
_FIELDS = frozenset(
    {
        TT_1,
        TT_13,
        *(f"{where}/{bound}" for where in (_TRANSACTIONS, _PAYMENTS) for bound in TAGS[1:]),
    }
)
_LENGTH = 256
# Letters of an identifier at most.
_IDENTIFIER = 50
# SIREN, identifier, first and last day.
_PARTS = 4

_FORM = re.compile(
    r"(?P<siren>[0-9]{9})_(?P<id>.+)_(?P<start>[0-9]{8})_(?P<end>[0-9]{8})(?i:\.xml)"
)
# Letters, digits, - + _ and single spaces between them; 50 characters at most.
_TRANSMISSION = re.compile(rf"(?=.{{1,{_IDENTIFIER}}}\Z)[A-Za-z0-9+_-]+(?: [A-Za-z0-9+_-]+)*")


@dataclass(frozen=True, slots=True)
class Transmission:
    """What the name of an e-reporting file says.

    Attributes:
        siren: of the declarant, 9 digits.
        identifier: of the transmission.
        start: first day of the period, AAAAMMJJ.
        end: last day of the period, AAAAMMJJ.
    """

    siren: str
    identifier: str
    start: str
    end: str

    @property
    def cles(self) -> tuple[str, str]:
        """What it claims for ever: its name, and its identifier among its declarant's."""
        return (
            f"e-reporting:nom:{self.siren}_{self.identifier}_{self.start}_{self.end}",
            f"e-reporting:transmission:{self.siren}:{self.identifier}",
        )


def read(name: str) -> Transmission | None:
    """Read the name of an e-reporting file, None when it breaks the form."""
    parsed = _FORM.fullmatch(name)
    if parsed is None or not _TRANSMISSION.fullmatch(parsed["id"]):
        return None
    if not (_is_a_date(parsed["start"]) and _is_a_date(parsed["end"])):
        return None
    return Transmission(parsed["siren"], parsed["id"], parsed["start"], parsed["end"])


def _is_a_date(text: str) -> bool:
    try:
        # Only to know whether such a day exists; no moment is kept.
        datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007, RUF100
    except ValueError:
        return False
    return True


def name(content: Content) -> Iterator[Motif]:
    """IRR_NOM_F: form of the name."""
    if read(content.name) is None:
        yield _name(content, f"n'a pas la forme attendue : {_wrong_part(content.name)}")


def _wrong_part(name: str) -> str:
    """Say which part of a name breaks the form, the first that does."""
    if not name.lower().endswith(".xml"):
        return "l'extension n'est pas .xml"
    parts = name[: -len(".xml")].split("_")
    if len(parts) < _PARTS:
        count = f"{len(parts)} partie{'s' if len(parts) > 1 else ''}"
        return f"il compte {count} entre les « _ », au lieu de {_PARTS}"
    siren, start, end = parts[0], parts[-2], parts[-1]
    identifier = "_".join(parts[1:-2])
    if not re.fullmatch("[0-9]{9}", siren):
        return f"« {excerpt(siren)} » n'est pas un SIREN de 9 chiffres"
    for part in (start, end):
        if not (re.fullmatch("[0-9]{8}", part) and _is_a_date(part)):
            return f"« {excerpt(part)} » n'est pas une date AAAAMMJJ"
    return (
        f"l'identifiant de transmission « {excerpt(identifier)} » {_wrong_identifier(identifier)}"
    )


def _wrong_identifier(identifier: str) -> str:
    if not identifier:
        return "est vide"
    if len(identifier) > _IDENTIFIER:
        return f"compte {len(identifier)} caractères, {_IDENTIFIER} au plus"
    if foreign := re.search("[^A-Za-z0-9+_ -]", identifier):
        return (
            f"contient « {excerpt(foreign[0])} », au lieu de lettres sans accent, chiffres, « - »,"
            " « + », « _ » et espaces"
        )
    return "a une espace au début, à la fin ou double"


def collect(element: etree._Element, fields: dict[str, str]) -> None:
    """Keep the text of an element when it is one that the rule needs, by its path."""
    lineage = [str(parent.tag) for parent in element.iterancestors()]
    path = "/".join([*reversed(lineage), str(element.tag)])
    if path in _FIELDS and path not in fields:
        fields[path] = (element.text or "")[:_LENGTH]


def fields_present(content: Content, fields: Mapping[str, str]) -> Iterator[Motif]:
    """IRR_SYNTAX: the fields that the rule of names needs, when no XSD looks for them."""
    for term, path in (("TT-1", TT_1), ("TT-13", TT_13)):
        if path not in fields:
            yield _absent(content, f"{term} ({path})")
    if not _periods(fields):
        yield _absent(content, "la période (TT-17 et TT-18, ou TT-89 et TT-90)")


def _absent(content: Content, what: str) -> Motif:
    return syntax(
        content,
        Regle.CHAMPS,
        f"Le fichier « {shown(content.name)} » ne contient pas {what}.",
        "Renseignez ce champ.",
    )


def name_conforms(content: Content, fields: Mapping[str, str]) -> Iterator[Motif]:
    """IRR_NOM_F: SIREN, identifier and period of the name are those of the content."""
    parsed = read(content.name)
    if parsed is None:
        return
    gaps = []
    if TT_13 in fields and fields[TT_13] != parsed.siren:
        gaps.append(f"le SIREN du déclarant (TT-13) est « {shown(fields[TT_13])} »")
    if TT_1 in fields and fields[TT_1] != parsed.identifier:
        gaps.append(f"l'identifiant (TT-1) est « {shown(fields[TT_1])} »")
    periods = _periods(fields)
    if periods and (parsed.start, parsed.end) not in periods:
        seen = ", ".join(shown(f"{start} à {end}") for start, end in periods)
        gaps.append(f"la période est {seen}")
    if gaps:
        start, end = periods[0] if periods else (parsed.start, parsed.end)
        siren, identifier = fields.get(TT_13, parsed.siren), fields.get(TT_1, parsed.identifier)
        told = f"{siren}_{identifier}_{start}_{end}.xml"
        yield _name(
            content,
            f"ne dit pas ce que dit le contenu : {', '.join(gaps)}",
            f"Nommez le fichier {told}, ou corrigez son contenu." if read(told) else "",
        )


def _periods(fields: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (fields[f"{where}/StartDate"], fields[f"{where}/EndDate"])
        for where in (_TRANSACTIONS, _PAYMENTS)
        if f"{where}/StartDate" in fields and f"{where}/EndDate" in fields
    ]


def _name(content: Content, fault: str, remede: str = "") -> Motif:
    return Motif.of(
        Regle.NOM_E_REPORTING,
        f"Le nom du fichier e-reporting « {shown(content.name)} » {fault}.",
        remede
        or "Nommez le fichier comme 013579246_e-reporting numero 000001_20260101_20260201.xml,"
        " avec les valeurs de son contenu.",
        fichier=shown(content.name),
    )


def already_transmitted(content: Content) -> Motif:
    """IRR_UNICITE: name or identifier of transmission already received."""
    return Motif.of(
        Regle.TRANSMISSION,
        f"La transmission e-reporting « {shown(content.name)} » a déjà été reçue.",
        "Donnez à la transmission un nouvel identifiant (TT-1), dans le contenu et le nom.",
        fichier=shown(content.name),
    )
