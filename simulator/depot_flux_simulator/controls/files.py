"""A file of a flux, from its name to its schema.

Source: [DG] 3.4.2 and 3.4.3 (documented).
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType

from lxml import etree

from depot_flux_simulator.controls import (
    antivirus,
    ereporting,
    facturx,
    pdfa,
    pieces_jointes,
    remedes,
    xml,
)
from depot_flux_simulator.controls.content import Content, Type
from depot_flux_simulator.controls.context import Context
from depot_flux_simulator.controls.findings import Findings
from depot_flux_simulator.controls.names import excerpt, file_name, origin, shown
from depot_flux_simulator.controls.natures import (
    ATTACHMENTS,
    FACTUR_X,
    ROOTS,
    UNCEFACT,
    Format,
    Nature,
)
from depot_flux_simulator.controls.prologue import Prologue, prologue
from depot_flux_simulator.controls.schemas import WITHOUT_XSD, Schema
from depot_flux_simulator.flux.motifs import Code, Regle
from depot_flux_simulator.flux.verdict import Fichier, Motif

_TYPES = {"xml": Type.XML, "pdf": Type.PDF}
_IDENTIFIER = f"{{{UNCEFACT}ReusableAggregateBusinessInformationEntity:100}}ID"
_PARAMETER = "}GuidelineSpecifiedDocumentContextParameter"


def controler(
    content: Content, nature: Nature | None, context: Context, findings: Findings
) -> Callable[[], object]:
    """Put one file through the controls of its level that need not read it to its end.

    Returns:
        What puts it through the others, attachments included; raises what this does.

    Raises:
        AntivirusUnreachableError: a scanner is configured and gave no verdict.
    """
    findings.fichier(Fichier(shown(content.name), content.size, content.sha256))
    named = not findings.motifs(file_name(content.name))
    if named and nature and Format.E_REPORTING in nature.formats:
        findings.motifs(ereporting.name(content))
    with content.open() as source:
        if virus := antivirus.scan(source, context.antivirus):
            findings.motifs([antivirus.infected(virus, content.name)])
    if findings.motifs(empty(content)) or findings.motifs(file_type(content, nature)):
        return _nothing
    if content.type is Type.PDF:
        return partial(_pdf, content, nature, context, findings)
    return _xml(content, nature, context, findings)


def _nothing() -> None:
    """Control no more."""


def unique_name(name: str, seen: set[str]) -> Iterator[Motif]:
    """IRR_NOM_F: two files of one flux under the same name (assumed); remember the name."""
    if name in seen:
        yield Motif.of(
            Regle.NOM_UNIQUE,
            f"Deux fichiers du flux se nomment « {shown(name)} ».",
            "Donnez à chaque fichier son propre nom.",
            fichier=shown(name),
        )
    seen.add(name)


def empty(content: Content) -> Iterator[Motif]:
    """IRR_VIDE_F: no byte, or nothing but blanks (assumed)."""
    if content.blank:
        yield Motif.of(
            Regle.VIDE_F,
            f"Le fichier « {shown(content.name)} » est vide.",
            origin(content.name) or "Retirez le fichier du flux ou joignez son contenu.",
            fichier=shown(content.name),
        )


def file_type(content: Content, nature: Nature | None) -> Iterator[Motif]:
    """IRR_TYPE_F: extension for the interface code, content that is what the name says."""
    admitted = {nature.extension} if nature else set(_TYPES)
    if content.extension not in admitted:
        yield _type(
            content,
            f"n'a pas l'extension attendue ({' ou '.join(sorted(admitted))}){content.looks_like}",
            nature,
        )
    elif content.type is not _TYPES[content.extension]:
        yield _type(
            content, f"n'est pas du {_TYPES[content.extension]}{content.looks_like}", nature
        )


def _type(content: Content, fault: str, nature: Nature | None) -> Motif:
    kind = f" {nature.code} : {nature.libelle}" if nature else ""
    return Motif.of(
        Regle.TYPE_F,
        f"Le fichier « {shown(content.name)} » {fault}.",
        remedes.elsewhere(content, nature),
        values={"nature": kind},
        fichier=shown(content.name),
    )


def _xml(
    content: Content, nature: Nature | None, context: Context, findings: Findings
) -> Callable[[], object]:
    with content.open() as source:
        parsed = prologue(source)
    if findings.motifs(xml.admitted_prologue(content, parsed)):
        return _nothing
    kind = ROOTS.get(parsed.root) if parsed.root else None
    if nature is None or kind not in nature.formats:
        if nature and kind:
            findings.motifs([_type(content, f"est d'une autre nature : {kind}", nature)])
        return partial(_of_no_schema, content, parsed, nature, context, findings)
    schema = context.schemas.schema(kind)
    if schema is None:
        schema = WITHOUT_XSD
        findings.remarque(f"XSD non appliqué, faute de dossier de schémas : {kind}.")
    if kind is Format.E_REPORTING:
        return partial(_e_reporting, content, schema, context, findings)
    return partial(document, content, schema, context, findings, schema_name=str(kind))


def _of_no_schema(
    content: Content,
    parsed: Prologue,
    nature: Nature | None,
    context: Context,
    findings: Findings,
) -> None:
    # Attachments are still looked at, and whether it is well-formed.
    malformed = document(content, None, context, findings)
    if nature and parsed.root not in ROOTS and not malformed:
        findings.motifs(admitted_root(content, parsed, nature))


def _e_reporting(content: Content, schema: Schema, context: Context, findings: Findings) -> None:
    fields: dict[str, str] = {}

    def collect(element: etree._Element) -> None:
        ereporting.collect(element, fields)

    readable = not document(
        content,
        schema,
        context,
        findings,
        schema_name=str(Format.E_REPORTING),
        fields=dict.fromkeys(ereporting.TAGS, collect),
    )
    if readable and schema.xsd is None:
        findings.motifs(ereporting.fields_present(content, fields))
    transmission = ereporting.read(content.name)
    if not findings.motifs(ereporting.name_conforms(content, fields)) and transmission:
        new = [findings.key(key) for key in transmission.cles]
        if not all(new) or any(map(context.already_received, transmission.cles)):
            findings.motifs([ereporting.already_transmitted(content)])


def admitted_root(content: Content, parsed: Prologue, nature: Nature) -> Iterator[Motif]:
    """IRR_SYNTAX: root element of another format, or of none."""
    namespace, local = parsed.root or ("", "")
    kind = ROOTS.get((namespace, local))
    space = f"de l'espace de noms « {shown(namespace)} »" if namespace else "sans espace de noms"
    found = f", celle d'un document d'un autre format : {kind}" if kind else ""
    yield xml.syntax(
        content,
        Regle.RACINE,
        f"La racine du {content.called}{f', ligne {parsed.line},' if parsed.line else ''} est"
        f" « {excerpt(local)} » {space}{found}.",
        f"Commencez le document par {_roots(nature)}, sans autre élément autour.",
        line=parsed.line,
        values={"formats": " ou ".join(sorted(nature.formats))},
    )


def _roots(nature: Nature) -> str:
    """Say which roots the documents of a flux have."""
    return " ou ".join(
        f"« {local} » de l'espace de noms « {namespace} »"
        if namespace
        else f"« {local} » sans xmlns"
        for (namespace, local), kind in ROOTS.items()
        if kind in nature.formats
    )


def document(
    content: Content,
    schema: Schema | None,
    context: Context,
    findings: Findings,
    *,
    schema_name: str = "",
    fields: Mapping[str, Callable[[etree._Element], None]] = MappingProxyType({}),
) -> bool:
    """Read a document, validate it, control its attachments.

    Args:
        content: the document.
        schema: XSD to apply, if any.
        context: limits and the rest.
        findings: where motifs go.
        schema_name: how people name the schema.
        fields: elements to be looked at besides, as `xml.walk` takes them.

    Returns:
        Whether a control failed.
    """

    def piece(element: etree._Element) -> None:
        attached = pieces_jointes.from_xml(element)
        for motif in pieces_jointes.controler(attached, content.fichier, context):
            # Without a name, its extension is guessed from its media type.
            if motif.code is Code.IRR_EXT_DOC and not attached.name:
                findings.guess(motif)
            else:
                findings.motifs([motif])

    return findings.motifs(
        xml.walk(
            content,
            # A technical motif hides those of the schema: no need to look for them.
            schema if findings.technical_passed else None,
            schema_name,
            {**dict.fromkeys(ATTACHMENTS, piece), **fields},
            max_elements=context.limits.elements,
        )
    )


def _pdf(content: Content, nature: Nature | None, context: Context, findings: Findings) -> None:
    factures, others = [], []
    try:
        limits = context.limits
        # Those of all PDFs of the flux together count, as extracted bytes do.
        rest = min(limits.file_size, limits.extracted_size - findings.decode(0))
        for embedded in facturx.embedded_files(content, limits.pieces_jointes, rest):
            findings.decode(len(embedded.content))
            if nature and embedded.is_facture:
                factures.append(embedded)
            else:
                others.append(embedded.name)
                piece = pieces_jointes.PieceJointe(embedded.name, "", [embedded.content])
                findings.motifs(pieces_jointes.controler(piece, content.name, context))
    except facturx.PdfUnreadableError as error:
        findings.motifs([facturx.unreadable(content, error)])
        return
    if nature:
        facture = facturx.facture(content, factures, others)
        if isinstance(facture, Motif):
            findings.motifs([facture])
        else:
            _facture(facture, content, context, findings)


def _facture(content: Content, pdf: Content, context: Context, findings: Findings) -> None:
    """Control the XML of a Factur-X: first as a document, then by the schema of its profile."""
    with content.open() as source:
        if virus := antivirus.scan(source, context.antivirus):
            findings.motifs([antivirus.infected(virus, content.fichier, content.name)])
    if findings.motifs(xml.of_another_type(content)):
        return
    with content.open() as source:
        parsed = prologue(source)
    if findings.motifs(xml.admitted_prologue(content, parsed)):
        return
    kind = ROOTS.get(parsed.root) if parsed.root else None
    if parsed.root and kind is not Format.CII:
        if not document(content, None, context, findings):
            findings.motifs(admitted_root(content, parsed, FACTUR_X))
        return
    _by_profile(content, pdf, context, findings)


def _by_profile(content: Content, pdf: Content, context: Context, findings: Findings) -> None:
    profiles: list[str] = []
    lines: list[int | None] = []

    def profile(element: etree._Element) -> None:
        parent = element.getparent()
        if parent is not None and str(parent.tag).endswith(_PARAMETER):
            profiles.append((element.text or "").strip())
            lines.append(element.sourceline)

    if document(content, None, context, findings, fields={_IDENTIFIER: profile}):
        return
    schema = facturx.admitted_profile(content, profiles, lines[-1] if lines else None)
    if isinstance(schema, Motif):
        findings.motifs([schema])
        return
    name, limit = f"Factur-X {profiles[0]}", context.limits.elements
    if not findings.motifs(xml.walk(content, schema, name, {}, max_elements=limit)):
        for remarque in pdfa.remarques(pdf, profiles[0]):
            findings.remarque(remarque)
