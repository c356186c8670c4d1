"""Which flux are asked for, in Python and in SQL."""

from dataclasses import dataclass

import sqlalchemy as sa

from depot_flux_simulator.flux.lifecycle import Instant, Statut
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.store import tables


@dataclass(frozen=True, slots=True, kw_only=True)
class FluxFilter:
    """What is None lets every flux pass.

    Attributes:
        statut: the status it shows.
        motif: one of the motifs it shows.
        code_interface: the code stated beside it.
        code_application: the application that deposited it.
        nom: a part of its name, with `*` for any text and `?` for any character.
        depuis: it was deposited at this instant or later.
        avant: it was deposited before this instant.
    """

    statut: Statut | None = None
    motif: Code | None = None
    code_interface: str | None = None
    code_application: str | None = None
    nom: str | None = None
    depuis: Instant | None = None
    avant: Instant | None = None


def passes(wanted: FluxFilter, now: Instant) -> sa.ColumnElement[bool]:
    """The condition that a row of `flux` meets when it passes, its status looked at at `now`."""
    flux, motif = tables.flux.c, tables.motif.c
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.statut is not None:
        conditions.append(shows(wanted.statut, now))
    if wanted.motif is not None:
        # Of its own motifs: those of all flux may be a million.
        has = sa.exists().where(motif.flux == flux.pk, motif.code == wanted.motif.value)
        # As long as the status does not show it, nobody can know the motif.
        conditions += [has, shows(Statut.IRRECEVABLE, now)]
    if wanted.code_interface is not None:
        conditions.append(flux.code_interface == wanted.code_interface)
    if wanted.nom is not None:
        conditions.append(flux.nom.like(_pattern(wanted.nom), escape="\\"))
    if wanted.code_application is not None:
        conditions.append(flux.code_application == wanted.code_application)
    if wanted.depuis is not None:
        conditions.append(flux.depose_le >= wanted.depuis)
    if wanted.avant is not None:
        conditions.append(flux.depose_le < wanted.avant)
    return sa.and_(sa.true(), *conditions)


def shows(statut: Statut, now: Instant) -> sa.ColumnElement[bool]:
    """Whether `now` lies where the status holds: between instants that the row holds."""
    flux = tables.flux.c
    if statut is Statut.RECU:
        return flux.en_cours_le.is_(None) | (flux.en_cours_le > now)
    if statut is Statut.EN_COURS_DE_TRAITEMENT:
        still = flux.recevable.is_(None) | flux.final_le.is_(None) | (flux.final_le > now)
        return (flux.en_cours_le <= now) & still
    return (flux.recevable == (statut is Statut.RECEVABLE)) & (flux.final_le <= now)


def _pattern(part: str) -> str:
    """A part of a name as SQL's LIKE takes it."""
    plain = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain.replace('*', '%').replace('?', '_')}%"
