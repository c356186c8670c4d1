"""What happens to one deposit, from its bytes and what was said of them to the stored flux."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from depot_flux_simulator.contract import Contract, MultipartBody, Said
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.controls import guess
from depot_flux_simulator.flux.clock import Clock
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.forced import Forced
from depot_flux_simulator.flux.lifecycle import Instant, Pace
from depot_flux_simulator.flux.reserved import forced_by
from depot_flux_simulator.flux.rules import Rule, Scenario
from depot_flux_simulator.store.errors import UncertainError
from depot_flux_simulator.store.flux import Terms
from depot_flux_simulator.store.steering import State, Steering
from depot_flux_simulator.store.store import Store
from depot_flux_simulator.store.upload import Upload


@dataclass(frozen=True, slots=True)
class Deposited:
    """A flux that is stored for good.

    Attributes:
        identifier: of the contract's type.
        depot: what was deposited.
        depose_le: when.
    """

    identifier: Any
    depot: Depot
    depose_le: Instant


class Deposits:
    """Takes deposits.

    Args:
        contract: tells what can be said of a flux, and forms its identifier.
        store: keeps the flux.
        steering: tells the scenarios, the quota and the pace that tests set.
        clock: dates the deposits.
        pace: factor on the delays of the life cycle while no test sets one.
        reserved_names: whether some file names force an outcome.
    """

    def __init__(
        self,
        contract: Contract,
        store: Store,
        steering: Steering,
        clock: Clock,
        *,
        pace: float,
        reserved_names: bool,
    ) -> None:
        self._contract = contract
        self._store = store
        self._steering = steering
        self._clock = clock
        self._pace = pace
        self._reserved_names = reserved_names
        # A form names its file itself.
        named = contract.states_name or all(isinstance(b, MultipartBody) for b in contract.bodies)
        self._says_all = named and contract.states_code_interface

    def is_light(self, state: State) -> bool:
        """Whether, steered so, a small flux waits for nothing but its rows."""
        steered = bool(state.scenarios) or state.settings.flux_per_hour is not None
        return self._says_all and self._store.flux.waits_for_rows_alone and not steered

    def named(self, file: Upload, said: Said, code_application: str) -> Depot:
        """A deposit with its name and interface code.

        What the contract has no field for is told from the flux itself; what it has a field for
        that was left empty stays empty.

        Args:
            file: holds the bytes.
            said: name, interface code and what is repeated, where they came with the bytes.
            code_application: code of the depositing application.
        """
        nom = said.get(Role.NOM_FICHIER, "")
        code = said.get(Role.CODE_INTERFACE)
        if code is None and not self._contract.states_code_interface:
            code = guess.code_interface(nom, file.write_out())
        if Role.NOM_FICHIER not in said and not self._contract.states_name:
            nom = guess.file_name(file.write_out(), code or "", code_application)
        repris = said.get(Role.REPRIS, {})
        return Depot(file.path, nom, code or "", code_application, repris)

    def store(self, depot: Depot, file: Upload) -> Deposited:
        """Store a flux for good, with what its name, the scenarios and the quota say of it.

        Its bytes are dropped when it is not stored.

        Args:
            depot: the flux.
            file: holds its bytes, all of them.

        Raises:
            QuotaError: its application has deposited as many as it may.
            UncertainError: the database fails. Whether it holds the flux is unknown, so that the
                bytes stay; those of no flux are swept at a later start.
            StoreError: the database fails, and does not hold the flux.
            OSError: its bytes cannot be written.
        """
        now = self._clock.now()
        new_identifier = partial(self._contract.new_identifier, depot.code_interface)
        try:
            file.settle()
            terms = self._terms(depot, file.sha256)
            identifier = self._store.flux.deposit(depot, file, terms, now, new_identifier)
        except UncertainError:
            raise
        except Exception:
            self._store.contents.give_up(file)
            raise
        return Deposited(identifier, depot, now)

    def _terms(self, depot: Depot, sha256: str) -> Terms:
        state = self._steering.state
        steered = state.settings.pace
        return Terms(
            pace=Pace() * (self._pace if steered is None else steered),
            forced=forced_by(depot.nom) if self._reserved_names else Forced(),
            scenarios=_matching(state.scenarios, depot, sha256),
            per_hour=state.settings.flux_per_hour,
        )


def _matching(
    scenarios: tuple[Rule[Scenario], ...], depot: Depot, sha256: str
) -> tuple[Rule[Scenario], ...]:
    return tuple(rule for rule in scenarios if rule.definition.matches(depot, sha256))
