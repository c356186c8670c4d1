"""The parts of one simulator, put together once and handed to every route."""

from dataclasses import dataclass

from depot_flux_simulator.applications import load_applications
from depot_flux_simulator.clock import Clock, RealClock
from depot_flux_simulator.contract import Contract
from depot_flux_simulator.engine import Engine
from depot_flux_simulator.lifecycle import Pace
from depot_flux_simulator.piste import Piste
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store import Store


@dataclass(frozen=True, slots=True)
class Services:
    """What a simulator is made of.

    Attributes:
        settings: what it was started with, resolved.
        contract: the effective contract.
        store: its flux.
        clock: its time.
        piste: its tokens.
        engine: its controls.
        pace: the delays new flux are deposited under.
    """

    settings: Settings
    contract: Contract
    store: Store
    clock: Clock
    piste: Piste
    engine: Engine
    pace: Pace

    @property
    def base_path(self) -> str:
        """What stands before every path of the contract, without trailing slash."""
        given = self.settings.base_path
        return self.contract.base_path if given is None else given.rstrip("/")

    @classmethod
    def start(cls, settings: Settings, clock: Clock | None = None) -> "Services":
        """Put the parts together.

        Raises:
            ConfigurationError: a setting, the contract or the database cannot be used.
        """
        settings = settings.resolved()
        clock = clock or RealClock()
        applications = load_applications(settings.applications_file)
        contract = Contract.load(settings.contract)
        store = Store(settings.database, settings.contents)
        return cls(
            settings=settings,
            contract=contract,
            store=store,
            clock=clock,
            piste=Piste(applications, store.secret(), clock, settings.token_seconds),
            engine=Engine(store, clock, (a.code_application for a in applications)),
            pace=Pace() * settings.pace,
        )
