"""The documents of a flux: the XML of each of its files, out of an archive or a PDF if need be."""

from collections.abc import Iterator
from pathlib import Path

from depot_flux_simulator.controls import archive, enveloppe, facturx
from depot_flux_simulator.controls.content import Content, Type, from_disk
from depot_flux_simulator.controls.context import Limits
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.verdict import Motif


def documents(depot: Depot, limits: Limits) -> Iterator[Content]:
    """Give the XML of each file of a flux, in order; what is no document is left out.

    The bytes of one can be read until the next one is asked for.

    Args:
        depot: the flux.
        limits: how far it may grow.
    """
    if not enveloppe.is_archive(depot.nom):
        yield from _xml(from_disk(depot.contenu, depot.nom), limits)
        return
    size = Path(depot.contenu).stat().st_size
    for batch in archive.batches(depot.contenu, size, limits):
        for content in batch:
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
