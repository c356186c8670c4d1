"""The functional level: what may become of each file of a recevable flux.

A conforming flux may hold an invoice that is then rejetée. That is the file's status, never the
flux's, [CP] 3.2.3.3.2 (documented). Needs the extra `fonctionnel`.

- REJ_COH: the EN 16931 and French CTC (BR-FR-Flux2) schematrons, run in process by Saxon.
- REJ_UNI: year, SIREN of the seller and number seen before.
- ADR_ERR and REJ_ADR would need the directory of recipients: nothing real can be looked at here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from threading import Lock

import saxonche
from lxml import etree

from depot_flux_simulator.controls import archive, enveloppe, facturx
from depot_flux_simulator.controls.content import Content, Type, from_disk
from depot_flux_simulator.controls.context import Limits
from depot_flux_simulator.controls.names import shown
from depot_flux_simulator.controls.natures import ROOTS, UBL, UNCEFACT, Format
from depot_flux_simulator.controls.prologue import prologue
from depot_flux_simulator.controls.xml import read_tree
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.verdict import CodeRejet, Motif, Rejet

_CBC = f"{{{UBL}CommonBasicComponents-2}}"
_CAC = f"{{{UBL}CommonAggregateComponents-2}}"
_RAM = f"{{{UNCEFACT}ReusableAggregateBusinessInformationEntity:100}}"
_RSM = f"{{{UNCEFACT}CrossIndustryInvoice:100}}"

_FR_UBL = "ubl-2.1/BR-FR-Flux2-Schematron-UBL.xslt"
_FR_CII = "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt"
# Schematrons by the last word of the profile (BT-24) and the format of the invoice.
_UBL = {
    "extended-ctc-fr": ("ubl-2.1/EXTENDED-CTC-FR-UBL.xslt", _FR_UBL),
    "": ("ubl-2.1/EN16931-UBL-validation.xslt", _FR_UBL),
}
_CII = {
    "extended-ctc-fr": ("cii-extended-ctc-fr/EXTENDED-CTC-FR-CII.xslt", _FR_CII),
    "extended": ("facturx-extended/FACTUR-X_EXTENDED.xslt", _FR_CII),
    "": ("facturx-en16931/FACTUR-X_EN16931.xslt", _FR_CII),
}
_MESSAGE = 500


class Schematrons:
    """The schematrons, compiled once, run one at a time.

    Saxon's processor belongs to one thread at a time: a lock holds the others. It does not survive
    a fork either, so it is made at its first use, in the process that uses it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._processor: saxonche.PySaxonProcessor | None = None
        self._compiled: dict[str, saxonche.PyXsltExecutable] = {}

    def faults(self, xml: bytes, kind: Format, profile: str) -> Iterator[tuple[str, str, str]]:
        """Give rule, message and place of each rule that an invoice breaks.

        Args:
            xml: the invoice, well-formed, valid, in UTF-8.
            kind: UBL invoice or credit note, or CII.
            profile: the identifier it states (BT-24).
        """
        choice = _CII if kind is Format.CII else _UBL
        for sheet in choice.get(profile.rpartition(":")[2], choice[""]):
            with self._lock:
                report = self._apply(sheet, xml)
            yield from _read(report)

    def _apply(self, sheet: str, xml: bytes) -> str:
        if self._processor is None:
            self._processor = saxonche.PySaxonProcessor(license=False)
        if sheet not in self._compiled:
            path = str(files("facturx") / "xsd_and_schematron" / sheet)
            compiler = self._processor.new_xslt30_processor()
            self._compiled[sheet] = compiler.compile_stylesheet(stylesheet_file=path)
        document = self._processor.parse_xml(xml_text=xml.decode("utf-8-sig"))
        return str(self._compiled[sheet].transform_to_string(xdm_node=document))


def _read(report: str) -> Iterator[tuple[str, str, str]]:
    """Read an SVRL report, ISO 19757-3; a warning is no fault."""
    root = etree.fromstring(report.encode())
    for fault in root.iter("{*}failed-assert", "{*}successful-report"):
        if "warning" not in {fault.get("flag"), fault.get("role")}:
            text = " ".join("".join(fault.itertext("{*}text", with_tail=False)).split())
            text = text or " ".join("".join(fault.itertext()).split())
            yield fault.get("id") or "", text[:_MESSAGE], fault.get("location") or ""


@dataclass(frozen=True, slots=True)
class Facture:
    """What the functional level needs of an invoice.

    Attributes:
        profile: BT-24.
        number: BT-1.
        year: of the issue date (BT-2), four digits.
        siren: of the seller (BT-30).
    """

    profile: str
    number: str
    year: str
    siren: str

    @property
    def key(self) -> str:
        """What makes it unique, [CP] 3.2.3.3.2 (documented)."""
        return f"facture:{self.year}:{self.siren}:{self.number}"


def rejets(
    depot: Depot,
    schematrons: Schematrons,
    already_seen: Callable[[str], bool],
    limits: Limits | None = None,
) -> tuple[tuple[Rejet, ...], tuple[str, ...]]:
    """Say what each invoice of a recevable flux would be rejetée for.

    Args:
        depot: the flux, already found recevable.
        schematrons: compiled once, shared.
        already_seen: tells whether an earlier flux claimed the key of an invoice.
        limits: those of the controls.

    Returns:
        The reasons, and the keys of its invoices, to be remembered for the flux to come.
    """
    found: list[Rejet] = []
    keys: dict[str, None] = {}
    for content in _factures(depot, limits or Limits()):
        with content.open() as source:
            parsed = prologue(source)
        kind = ROOTS.get(parsed.root) if parsed.root else None
        if kind not in {Format.UBL_INVOICE, Format.UBL_CREDIT_NOTE, Format.CII}:
            continue
        name = shown(content.fichier)
        facture = _facture(read_tree(content).getroot(), kind)
        with content.open() as source:
            faults = schematrons.faults(source.read(), kind, facture.profile)
            found += [Rejet(CodeRejet.REJ_COH, name, m, r, place) for r, m, place in faults]
        if facture.key in keys or already_seen(facture.key):
            found.append(_duplicate(name, facture))
        keys[facture.key] = None
    return tuple(found), tuple(keys)


def _duplicate(name: str, facture: Facture) -> Rejet:
    return Rejet(
        CodeRejet.REJ_UNI,
        name,
        f"La facture {shown(facture.number)} du SIREN {shown(facture.siren)} a déjà été reçue"
        f" pour l'année {facture.year}.",
        "Unicité : année, SIREN et numéro",
    )


def _factures(depot: Depot, limits: Limits) -> Iterator[Content]:
    """Give the XML of each file of a flux, out of its PDF if need be."""
    if not enveloppe.is_archive(depot.nom):
        yield from _xml(from_disk(depot.contenu, depot.nom), limits)
        return
    size = Path(depot.contenu).stat().st_size
    for content in archive.contents(depot.contenu, size, limits):
        if not isinstance(content, Motif):
            yield from _xml(content, limits)


def _xml(content: Content, limits: Limits) -> Iterator[Content]:
    if content.type is not Type.PDF:
        yield content
        return
    embedded = facturx.embedded_files(content, limits.pieces_jointes, limits.file_size)
    facture = facturx.facture(content, [each for each in embedded if each.is_facture], [])
    if not isinstance(facture, Motif):
        yield facture


def _facture(root: etree._Element, kind: Format) -> Facture:
    if kind is Format.CII:
        document = f"{_RSM}ExchangedDocument"
        return Facture(
            profile=_text(root, f".//{_RAM}GuidelineSpecifiedDocumentContextParameter/{_RAM}ID"),
            number=_text(root, f"{document}/{_RAM}ID"),
            year=_text(root, f"{document}/{_RAM}IssueDateTime/*")[:4],
            siren=_text(
                root, f".//{_RAM}SellerTradeParty/{_RAM}SpecifiedLegalOrganization/{_RAM}ID"
            ),
        )
    return Facture(
        profile=_text(root, f"{_CBC}CustomizationID"),
        number=_text(root, f"{_CBC}ID"),
        year=_text(root, f"{_CBC}IssueDate")[:4],
        siren=_text(
            root,
            f"{_CAC}AccountingSupplierParty/{_CAC}Party/{_CAC}PartyLegalEntity/{_CBC}CompanyID",
        ),
    )


def _text(root: etree._Element, path: str) -> str:
    return (root.findtext(path) or "").strip()
