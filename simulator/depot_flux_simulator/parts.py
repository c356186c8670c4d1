"""The parts of one simulator, put together once and handed to every route."""

from dataclasses import dataclass
from threading import Timer

from depot_flux_simulator.access.applications import load_applications
from depot_flux_simulator.access.piste import Piste
from depot_flux_simulator.access.throttle import Throttle
from depot_flux_simulator.contract import Contract
from depot_flux_simulator.controls.equipment import Equipment
from depot_flux_simulator.deposit import Deposits
from depot_flux_simulator.engine import Engine
from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.flux.clock import Clock, SteeredClock, agree
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store import same_file
from depot_flux_simulator.store.attempts import Attempts
from depot_flux_simulator.store.errors import StoreUnreachableError
from depot_flux_simulator.store.exchanges import Exchanges, FiledExchanges, SharedExchanges
from depot_flux_simulator.store.journal import Journal, Lines
from depot_flux_simulator.store.rings import Rings
from depot_flux_simulator.store.signals import AskedSignal, MappedSignal, Signal
from depot_flux_simulator.store.steering import Steering
from depot_flux_simulator.store.store import Store
from depot_flux_simulator.store.urls import sqlite_path

_FEW = 200
_SOON_SECONDS = 0.2  # whoever asked is answered first


@dataclass(frozen=True, slots=True)
class Parts:
    """What a simulator is made of.

    Attributes:
        settings: what it was started with, resolved.
        contract: the contract it follows.
        equipment: what it gives the controls.
        store: where it keeps flux, bytes and verdicts.
        clock: tells its time.
        piste: gives tokens and checks them.
        throttle: slows wrong secrets down, in every process of a server.
        deposits: takes what is deposited.
        engine: controls what waits.
        steering: what tests set of it.
        journal: the calls it answered.
        exchanges: the same whole, None where nobody asked for it.
    """

    settings: Settings
    contract: Contract
    equipment: Equipment
    store: Store
    clock: Clock
    piste: Piste
    throttle: Throttle
    deposits: Deposits
    engine: Engine
    steering: Steering
    journal: Journal
    exchanges: Exchanges | None

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
            annuaire=settings.annuaire,
        )
        store = open_store(settings)
        if settings.is_shared:
            agree(store.time())
        steering = Steering(store.steering, _signal(settings, store), settings.start)
        clock = clock or SteeredClock(steering.reading)
        throttle = Throttle(Attempts(settings.steering / "essais", store.secret()))
        return cls(
            settings=settings,
            contract=contract,
            equipment=equipment,
            store=store,
            clock=clock,
            piste=Piste(applications, store.secret(), clock, settings.token_seconds, throttle),
            throttle=throttle,
            deposits=Deposits(
                contract,
                store,
                steering,
                clock,
                pace=settings.pace,
                reserved_names=settings.reserved_names,
            ),
            engine=Engine(store, clock, equipment, steering.entries, settings.server),
            steering=steering,
            journal=Journal(_lines(settings, store), lambda: steering.state.settings.epoch),
            exchanges=_exchanges(settings, store, steering),
        )

    def reset(self) -> None:
        """Clear flux, rules and settings, the bytes of many flux in the background."""
        names = self.store.names()
        self.steering.reset()

        def drop() -> None:
            self.store.contents.drop(names)
            self.store.contents.tidy()

        if len(names) > _FEW or self.store.contents.tidy_some():
            Timer(_SOON_SECONDS, drop).start()
        else:
            drop()

    def close(self) -> None:
        """Let go of files and connections."""
        self.throttle.close()
        self.journal.close()
        self.steering.close()
        self.store.close()


def _signal(settings: Settings, store: Store) -> Signal:
    if settings.is_shared:
        return AskedSignal(store.steering.generation)
    return MappedSignal(settings.steering / "signal")


def _lines(settings: Settings, store: Store) -> Lines:
    return store.calls if settings.is_shared else Rings(settings.steering)


def _exchanges(settings: Settings, store: Store, steering: Steering) -> Exchanges | None:
    def epoch() -> int:
        return steering.state.settings.epoch

    if not settings.keep_bodies:
        return None
    if settings.is_shared:
        return SharedExchanges(store.whole_calls, epoch)
    return FiledExchanges(settings.steering / "appels", epoch)


def open_store(settings: Settings) -> Store:
    """The store that resolved settings name.

    Raises:
        ConfigurationError: it cannot be used.
    """
    path = sqlite_path(settings.database)
    if settings.made and path is not None:
        try:
            same_file.refuse_another(path, settings.made)
        except StoreUnreachableError as error:
            raise ConfigurationError(f"database {error}") from error
    return Store(settings.database, settings.contents, settings.incoming, durable=settings.durable)
