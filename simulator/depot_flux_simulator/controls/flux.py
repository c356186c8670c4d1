"""A flux, from its name to the schema of its last file.

Source: [DG] 3.4.2 to 3.4.4 (documented).
"""

from depot_flux_simulator.controls import antivirus, archive, enveloppe, files
from depot_flux_simulator.controls.content import Content, from_disk
from depot_flux_simulator.controls.context import Context
from depot_flux_simulator.controls.findings import Findings
from depot_flux_simulator.controls.natures import NATURES, Nature
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.verdict import Motif, Verdict


def controler(depot: Depot, contexte: Context) -> Verdict:
    """Put a flux through every control of its level and say what they found.

    Args:
        depot: the flux.
        contexte: what is known beside it.

    Raises:
        AntivirusUnreachableError: a scanner is configured and gave no verdict; the flux must wait.
        OSError: the bytes of the flux cannot be read.
    """
    findings = Findings()
    content = from_disk(depot.contenu, depot.nom)
    readable = _enveloppe(depot, content, contexte, findings)
    if readable:
        _content(depot, content, contexte, findings)
    else:
        _scan(content, contexte, findings)
    return findings.verdict()


def _enveloppe(depot: Depot, content: Content, context: Context, findings: Findings) -> bool:
    """Control the flux as a whole; tell whether its content can be looked at."""
    readable = not findings.motifs(enveloppe.size(content, context.limits))
    readable &= not findings.motifs(enveloppe.flux_type(content))
    findings.motifs(enveloppe.form(depot.nom))
    findings.motifs(enveloppe.code_interface(depot, content))
    findings.motifs(enveloppe.code_application(depot, context))
    key = enveloppe.key(depot, content)
    findings.key(key)
    findings.motifs(enveloppe.uniqueness(key, depot.nom, context))
    return readable


def _scan(content: Content, context: Context, findings: Findings) -> None:
    """Search the bytes as they were deposited."""
    with content.open() as source:
        if virus := antivirus.scan(source, context.antivirus):
            findings.motifs([antivirus.infected(virus, None)])


def _content(depot: Depot, content: Content, context: Context, findings: Findings) -> None:
    nature = NATURES.get(depot.code_interface)
    if not enveloppe.is_archive(depot.nom):
        files.controler(content, nature, context, findings)()
        return
    _scan(content, context, findings)
    names: set[str] = set()
    for batch in archive.batches(depot.contenu, content.size, context.limits, depot.nom):
        _files(batch, names, nature, context, findings)
    if len(names) > context.limits.advised_files:
        findings.remarque(
            f"Le flux contient {len(names)} fichiers ; {context.limits.advised_files} au"
            " plus sont conseillés ([CP] 3.2.3.1)."
        )


def _files(
    batch: list[Content | Motif],
    names: set[str],
    nature: Nature | None,
    context: Context,
    findings: Findings,
) -> None:
    """Control some files of an archive: first what is quickly seen of each, then their content.

    By turns it would take a tenth longer: what reads a document drives the rest out of the
    processor's caches.
    """
    left = []
    for element in batch:
        findings.rank += 1
        if isinstance(element, Motif):
            findings.motifs([element])
        else:
            findings.motifs(files.unique_name(element.name, names))
            left.append((findings.rank, files.controler(element, nature, context, findings)))
    last = findings.rank
    for findings.rank, read in left:
        read()
    findings.rank = last
