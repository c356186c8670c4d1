"""Looking at what a simulator of this process holds."""

from datetime import datetime

from depot_flux_simulator import cdar
from depot_flux_simulator.flux.facture import Raison, StatutFacture
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.store.factures import FactureFilter, StoredFacture
from depot_flux_simulator.store.filter import FluxFilter
from depot_flux_simulator.store.journal import Entry
from depot_flux_simulator.store.view import FluxView
from depot_flux_simulator.testing.running import Running
from depot_flux_simulator.testing.settings import to_instant


class Looking(Running):
    """The flux and the calls, as a test may see them."""

    def flux(self, id_flux: object) -> FluxView:
        """All that is known of a flux.

        Raises:
            KeyError: nobody deposited it.
        """
        flux = self._parts.store.flux.get(str(id_flux))
        if flux is None:
            raise KeyError(id_flux)
        return self._parts.store.view(flux, self._parts.clock.now())

    def search(
        self,
        *,
        statut: Statut | str | None = None,
        motif: Code | str | None = None,
        code_interface: str | None = None,
        code_application: str | None = None,
        nom: str | None = None,
        depuis: datetime | None = None,
        avant: datetime | None = None,
    ) -> list[FluxView]:
        """Every flux that passes all filters, newest first.

        Args:
            statut: the status it shows.
            motif: one of the motifs it shows.
            code_interface: the code stated beside it.
            code_application: the application that deposited it.
            nom: a part of its name, with `*` for any text and `?` for any character.
            depuis: it was deposited at this moment or later.
            avant: it was deposited before this moment.

        Raises:
            ValueError: there is no such status or motif, or a moment says no time zone.
        """
        wanted = FluxFilter(
            statut=None if statut is None else Statut(statut),
            motif=None if motif is None else Code(motif),
            code_interface=code_interface,
            code_application=code_application,
            nom=nom,
            depuis=None if depuis is None else to_instant(depuis),
            avant=None if avant is None else to_instant(avant),
        )
        store, now = self._parts.store, self._parts.clock.now()
        found = store.flux.search(wanted, now, before=None, limit=None)
        return [store.view(flux, now) for flux in found]

    def factures(
        self,
        *,
        numero: str | None = None,
        siren: str | None = None,
        statut: StatutFacture | str | None = None,
        raison: Raison | str | None = None,
        id_flux: object = None,
    ) -> list[StoredFacture]:
        """What became of each invoice that passes all filters, newest first.

        An invoice is there once its flux shows that it is recevable, when the simulator has been
        told to judge invoices (`fonctionnel` or `annuaire`).

        Args:
            numero: its number.
            siren: of its seller.
            statut: its status.
            raison: one of the reasons for it.
            id_flux: the flux that brought it.

        Raises:
            ValueError: there is no such status or reason.
        """
        wanted = FactureFilter(
            numero=numero,
            siren=siren,
            statut=None if statut is None else StatutFacture(statut),
            raison=None if raison is None else Raison(raison),
            id_flux=None if id_flux is None else str(id_flux),
        )
        now = self._parts.clock.now()
        return self._parts.store.factures.search(wanted, now, before=None, limit=None)

    def cdar(self, told: object) -> bytes:
        """The life-cycle document of an invoice, or of an irrecevable flux by its identifier.

        It is the simulator's own: that the API delivers any is not stated.

        Raises:
            KeyError: nobody deposited that flux.
            ValueError: there is none: the flux is not irrecevable, or SIREN, number or date of the
                invoice cannot be read.
        """
        if isinstance(told, StoredFacture):
            return cdar.of_facture(told.facture, told.le)
        view = self.flux(told)
        return cdar.of_flux(view.flux.id_flux, view.flux.depot, view.motifs, view.historique[-1])

    def content(self, id_flux: object) -> bytes:
        """The bytes that were deposited.

        Raises:
            KeyError: nobody deposited it.
        """
        name = self.flux(id_flux).flux.depot.contenu.name
        with self._parts.store.contents.at_hand(name) as path:
            return path.read_bytes()

    def journal(self) -> list[Entry]:
        """The calls on the API since the last reset, oldest first."""
        return self._parts.journal.read()[::-1]
