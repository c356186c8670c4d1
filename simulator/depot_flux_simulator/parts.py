"""The parts of one simulator, put together once and handed to every route."""

from dataclasses import dataclass, replace
from functools import cache
from threading import Thread
from typing import Any

from depot_flux_simulator.access.applications import load_applications
from depot_flux_simulator.access.piste import Piste
from depot_flux_simulator.contract import Contract
from depot_flux_simulator.controls.equipment import Equipment
from depot_flux_simulator.engine import Engine
from depot_flux_simulator.flux.clock import Clock, SteeredClock
from depot_flux_simulator.flux.lifecycle import Pace
from depot_flux_simulator.flux.reserved import forced_by
from depot_flux_simulator.flux.rules import Deposit
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store.flux import NewFlux, QuotaError, Store
from depot_flux_simulator.store.journal import Journal
from depot_flux_simulator.store.rules import SteeringStore
from depot_flux_simulator.store.steering import Steering

_FEW = 200


@dataclass(frozen=True, slots=True)
class Parts:
    """What a simulator is made of.

    Attributes:
        settings: what it was started with, resolved.
        contract: the effective contract.
        equipment: what its controls are given.
        store: its flux.
        clock: its time.
        piste: its tokens.
        engine: its controls.
        steering: what tests changed of it.
        journal: the calls it answered.
    """

    settings: Settings
    contract: Contract
    equipment: Equipment
    store: Store
    clock: Clock
    piste: Piste
    engine: Engine
    steering: Steering
    journal: Journal

    @property
    def base_path(self) -> str:
        """What stands before every path of the contract, without trailing slash."""
        given = self.settings.base_path
        return self.contract.base_path if given is None else given.rstrip("/")

    @classmethod
    def start(cls, settings: Settings, clock: Clock | None = None) -> "Parts":
        """Put the parts together.

        Raises:
            ConfigurationError: a setting, the contract or the database cannot be used.
        """
        settings = settings.resolved()
        applications = load_applications(settings.applications_file)
        contract = Contract.load(settings.contract)
        equipment = Equipment.gather(
            frozenset(a.code_application for a in applications),
            schemas=settings.schemas,
            clamav=settings.clamav,
            fonctionnel=settings.fonctionnel,
        )
        store = Store(settings.database, settings.contents)
        kept = SteeringStore(store.database, store.write_lock)
        steering = Steering(kept, settings.steering / "signal", settings.start)
        clock = clock or SteeredClock(steering.reading)
        return cls(
            settings=settings,
            contract=contract,
            equipment=equipment,
            store=store,
            clock=clock,
            piste=Piste(applications, store.secret(), clock, settings.token_seconds),
            engine=Engine(store, clock, equipment),
            steering=steering,
            journal=Journal(settings.steering, lambda: steering.state.controls.epoch),
        )

    @property
    def pace(self) -> Pace:
        """The delays new flux are deposited under."""
        steered = self.steering.state.controls.pace
        return Pace() * (self.settings.pace if steered is None else steered)

    def deposit(self, flux: NewFlux) -> Any:
        """Store a flux for good, with what its name, the scenarios and the quota say of it.

        Returns:
            its identifier, of the contract's type.

        Raises:
            QuotaError: its application has deposited as many as it may.
        """
        state = self.steering.state
        if self.settings.reserved_names:
            flux = replace(flux, forced=forced_by(flux.nom))
        if state.scenarios:
            digest = cache(lambda: self.store.digest(flux.contenu))
            deposit = Deposit(flux.nom, flux.code_interface, flux.code_application, digest)
            matching = (rule for rule in state.scenarios if rule.definition.matches(deposit))
            flux = replace(flux, scenarios=tuple(matching))
        flux = replace(flux, per_hour=state.controls.flux_per_hour)
        try:
            return self.store.deposit(flux, self.contract.new_identifier)
        except QuotaError:
            self.store.drop_content(flux.contenu)
            raise

    def reset(self) -> None:
        """Clear flux, rules and settings, the bytes of many flux in the background."""
        contents = self.store.contents()
        self.steering.reset()
        if len(contents) <= _FEW:
            self._drop(contents)
        else:
            Thread(target=self._drop, args=(contents,), name="reset").start()

    def close(self) -> None:
        """Let go of files and connections."""
        self.journal.close()
        self.steering.close()
        self.store.close()

    def _drop(self, contents: list[str]) -> None:
        for key in contents:
            self.store.drop_content(key)
