"""What a Factur-X declares of itself: PDF/A-3, its XMP, what its invoice is to its pages.

Remarks, never motifs: no source makes them a control of the flux. Source of what is expected:
ISO 19005-3 (PDF/A-3, AFRelationship and AF) and Factur-X 1.0 (its XMP extension). Only what the
PDF declares is looked at; whether its pages, fonts and colours keep PDF/A is not.
"""

from collections.abc import Iterator
from xml.dom.minidom import Node

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject
from pypdf.xmp import XmpInformation

from depot_flux_simulator.controls import facturx
from depot_flux_simulator.controls.content import Content
from depot_flux_simulator.controls.names import excerpt, shown
from depot_flux_simulator.controls.schemas import LEVELS

_PDFA = "http://www.aiim.org/pdfa/ns/id/"
_FACTURX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_RELATIONSHIPS = ("/Data", "/Source", "/Alternative")
_XMP_OCTETS = 1_000_000
_NOTHING_LOST = "sans effet sur la recevabilité"


def remarques(content: Content, profile: str) -> Iterator[str]:
    """Say what a Factur-X does not declare as its standards have it.

    Args:
        content: the PDF, whose embedded files could be read.
        profile: the profile (BT-24) that its invoice states.
    """
    named = f"Le PDF « {shown(content.name)} »"
    try:
        with facturx.opened(content) as pdf:
            found = [*_relationship(pdf), *_metadata(pdf, profile)]
    except facturx.PdfUnreadableError:
        found = ["a des métadonnées XMP illisibles : il ne se déclare ni PDF/A-3 ni Factur-X"]
    for each in found:
        yield f"{named} {each} ({_NOTHING_LOST})."


def _relationship(pdf: PdfReader) -> Iterator[str]:
    """What the invoice is to the pages, for those who open the PDF."""
    root = pdf.root_object
    for name, specification in facturx.specifications(root):
        if (facturx.name_of(specification) or name) != facturx.XML_NAME:
            continue
        stated = specification.get("/AFRelationship")
        if stated not in _RELATIONSHIPS:
            told = f"« {excerpt(str(stated))} »" if stated else "absente"
            yield (
                f"joint {facturx.XML_NAME} avec une relation (AFRelationship) {told}, au lieu de"
                " Data, Source ou Alternative"
            )
        if not _associated(root, specification):
            yield f"ne rattache pas {facturx.XML_NAME} au document (tableau AF du catalogue)"
        return


def _associated(root: DictionaryObject, specification: DictionaryObject) -> bool:
    associated = facturx.resolved(root, "/AF")
    return isinstance(associated, ArrayObject) and any(
        each.get_object() is specification for each in associated
    )


def _metadata(pdf: PdfReader, profile: str) -> Iterator[str]:
    xmp = _xmp(pdf)
    if xmp is None:
        yield "n'a pas de métadonnées XMP lisibles : il ne se déclare ni PDF/A-3 ni Factur-X"
        return
    part = _value(xmp, _PDFA, "part")
    if part != "3":
        declared = f"se déclare PDF/A-{excerpt(part)}" if part else "ne se déclare pas PDF/A"
        yield f"{declared} dans ses métadonnées XMP, un Factur-X étant un PDF/A-3"
    name = _value(xmp, _FACTURX, "DocumentFileName")
    level = _value(xmp, _FACTURX, "ConformanceLevel")
    if not (name or level):
        yield "ne se déclare pas Factur-X dans ses métadonnées XMP (extension fx)"
        return
    if name != facturx.XML_NAME:
        yield f"nomme « {excerpt(name)} » dans ses métadonnées XMP, au lieu de {facturx.XML_NAME}"
    expected = LEVELS.get(profile)
    if expected and level != expected:
        yield (
            f"se déclare de profil « {excerpt(level)} » dans ses métadonnées XMP, sa facture étant"
            f" de profil {expected}"
        )


def _xmp(pdf: PdfReader) -> XmpInformation | None:
    stream = facturx.resolved(pdf.root_object, "/Metadata")
    if not isinstance(stream, StreamObject):
        return None
    data = stream.get_data()
    # pypdf reads it with a parser that would expand entities.
    if len(data) > _XMP_OCTETS or b"<!" in data.replace(b"<!--", b""):
        return None
    return XmpInformation(stream)


def _value(xmp: XmpInformation, namespace: str, name: str) -> str:
    """A property, written as an element or as an attribute; "" when it is absent."""
    for node in xmp.rdf_root.getElementsByTagNameNS("*", "Description"):
        attribute = node.getAttributeNodeNS(namespace, name)
        if attribute is not None:
            return str(attribute.value).strip()
        for element in node.getElementsByTagNameNS(namespace, name):
            texts = [each.data for each in element.childNodes if each.nodeType == Node.TEXT_NODE]
            return "".join(texts).strip()
    return ""
