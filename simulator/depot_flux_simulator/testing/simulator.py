"""A simulator for tests: in this process, on a clock that the test moves.

    with Simulator() as simulator:
        simulator.scenario(motifs=["IRR_ANTIVIRUS"])
        with simulator.client() as client:
            ...
        simulator.advance("10m")

Nothing here sleeps: deposits are controlled before they are answered, and a status follows from
the clock alone. `serve()` puts the same simulator on a socket, for programs that need one.
"""

import threading
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from depot_flux_simulator.access.applications import DEFAULT_FILE, Application, load_applications
from depot_flux_simulator.contract import DEFAULT_CONTRACT
from depot_flux_simulator.flux.durations import Duration, milliseconds
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.flux.rules import Fault, FaultKind, Scenario, Target
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store.filter import FluxFilter
from depot_flux_simulator.store.journal import Entry
from depot_flux_simulator.store.view import FluxView
from depot_flux_simulator.testing.transport import Transport
from depot_flux_simulator.web.app import create_app

if TYPE_CHECKING:
    from flask import Flask

URL = "http://depot-flux.localhost"
START = datetime(2026, 9, 1, 8, tzinfo=UTC)


class Simulator:
    """A simulator of one's own, to be entered with `with`.

    Args:
        pace: factor on the delays of the life cycle; 0 makes it immediate.
        start: when its clock begins; None lets the machine's time run.
        applications: TOML file of the known applications.
        contract: file of the effective contract.
        reserved_names: whether some file names force an outcome.
    """

    def __init__(
        self,
        *,
        pace: float = 1.0,
        start: datetime | None = START,
        applications: Path = DEFAULT_FILE,
        contract: Path = DEFAULT_CONTRACT,
        reserved_names: bool = True,
    ) -> None:
        self._pace = pace
        self._start = None if start is None else _instant(start)
        self._applications_file = applications
        self._contract = contract
        self._reserved_names = reserved_names
        self._server: BaseWSGIServer | None = None

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="depot-flux-")
        settings = Settings(
            database=f"sqlite:///{Path(self._folder.name, 'flux.db')}",
            applications=str(self._applications_file),
            contract=str(self._contract),
            pace=self._pace,
            start=self._start,
            inline=True,
            reserved_names=self._reserved_names,
        )
        self.app: Flask = create_app(settings)
        self._services: Parts = self.app.extensions["depot_flux"]
        self._applications = load_applications(self._applications_file)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None
        self._services.close()
        self._folder.cleanup()

    @property
    def folder(self) -> Path:
        """Where its data lies as long as it is entered."""
        return Path(self._folder.name)

    # -- calling it --------------------------------------------------------------------------

    @property
    def applications(self) -> tuple[Application, ...]:
        """Who may call it; the first one is the default everywhere here."""
        return self._applications

    @property
    def url(self) -> str:
        """Its base URL for clients that use its transport."""
        return URL

    @property
    def transport(self) -> Transport:
        """An httpx transport into it, for synchronous and asynchronous clients alike."""
        return Transport(self.app)

    def client(self, application: Application | None = None) -> httpx.Client:
        """A client of the API that is authenticated, without a socket."""
        return httpx.Client(transport=self.transport, base_url=URL, auth=self.auth(application))

    def async_client(self, application: Application | None = None) -> httpx.AsyncClient:
        """The same for asynchronous code."""
        auth = self.auth(application)
        return httpx.AsyncClient(transport=self.transport, base_url=URL, auth=auth)

    def auth(self, application: Application | None = None) -> httpx.Auth:
        """Both layers of access for an httpx client; its token outlives every move of the clock."""
        return _Access(self, application)

    def token(self, application: Application | None = None) -> str:
        """A new token of an application."""
        return self._services.piste.sign(application or self._applications[0])

    def headers(self, application: Application | None = None) -> dict[str, str]:
        """Both layers of access as headers, with a token that will expire."""
        application = application or self._applications[0]
        return {
            "Authorization": f"Bearer {self.token(application)}",
            "cpro-account": application.comptes[0].header,
        }

    def serve(self) -> str:
        """Serve it on a free port of this machine until it is left; the URL."""
        if self._server is None:
            self._server = make_server(
                "127.0.0.1", 0, self.app, threaded=True, request_handler=_QuietHandler
            )
            self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
            self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    # -- time --------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The simulator's time, UTC."""
        return datetime.fromtimestamp(self._services.clock.now() / 1_000, UTC)

    def advance(self, duration: Duration) -> datetime:
        """Move the clock forward, by seconds, a timedelta, or text such as "1h30m"; the new time.

        Raises:
            ValueError: the duration is negative or not written as one.
        """
        self._services.steering.move_clock(advance=milliseconds(duration))
        return self.now()

    def move_to(self, instant: datetime) -> datetime:
        """Move the clock forward to an instant.

        Raises:
            BackwardsError: the instant has passed.
        """
        self._services.steering.move_clock(to=_instant(instant))
        return self.now()

    def freeze(self) -> None:
        """Let time stand still."""
        self._services.steering.move_clock(factor=0)

    def resume(self, factor: float = 1.0) -> None:
        """Let time run on, `factor` times as fast as the machine's."""
        if factor <= 0:
            raise ValueError("factor: time runs forward; freeze() stops it")
        self._services.steering.move_clock(factor=factor)

    # -- outcomes ----------------------------------------------------------------------------

    def scenario(
        self,
        *,
        nom: str | None = None,
        code_interface: str | None = None,
        code_application: str | None = None,
        sha256: str | None = None,
        nth: int | None = None,
        times: int | None = None,
        statut: Statut | str | None = None,
        motifs: Sequence[Code | str] = (),
        recu: Duration | None = None,
        traitement: Duration | None = None,
    ) -> int:
        """Force the outcome of matching deposits; the rule's number.

        Args:
            nom: pattern of the file's name, with `*`, `?` and `[…]`.
            code_interface: the code stated beside the file.
            code_application: code of the depositing application.
            sha256: hexadecimal digest of the deposited bytes.
            nth: the matching deposit the rule begins with, from 1; alone, it is the only one.
            times: how many matching deposits it applies to.
            statut: the status at which the flux ends; a temporary one is never left.
            motifs: why it is irrecevable.
            recu: how long it shows RECU.
            traitement: how long it shows EN_COURS_DE_TRAITEMENT.

        Raises:
            ValueError: the values contradict each other.
        """
        scenario = Scenario(
            nom=nom,
            code_interface=code_interface,
            code_application=code_application,
            sha256=sha256,
            nth=nth,
            times=times,
            statut=None if statut is None else Statut(statut),
            motifs=tuple(Code(code) for code in motifs),
            recu_ms=None if recu is None else milliseconds(recu),
            traitement_ms=None if traitement is None else milliseconds(traitement),
        )
        return self._services.steering.add(scenario)

    def fault(
        self,
        kind: FaultKind | str,
        *,
        operations: Sequence[Target | str] = (),
        nth: int | None = None,
        times: int | None = None,
        probability: float = 1.0,
        seed: int = 0,
        status: int | None = None,
        retry_after: int | None = None,
        delay: Duration | None = None,
        sigma: float | None = None,
    ) -> int:
        """Make matching calls go wrong; the rule's number.

        Args:
            kind: what goes wrong: one of `FaultKind`.
            operations: the calls it strikes, of `Target`; none means all.
            nth: the matching call it begins with, from 1; alone, it is the only one.
            times: how many matching calls it applies to.
            probability: chance that one of these goes wrong.
            seed: makes the draws of chance and delay repeatable.
            status: the code answered by kind `status`, 503 unless stated.
            retry_after: seconds in its header Retry-After, if any.
            delay: how long kind `latency` holds the answer back and `slow_body` its body.
            sigma: makes `latency` log-normal: the delay is its median, this its spread.

        Raises:
            ValueError: the values contradict each other.
        """
        fault = Fault(
            kind=FaultKind(kind),
            operations=tuple(Target(name) for name in operations),
            nth=nth,
            times=times,
            probability=probability,
            seed=seed,
            status=status,
            retry_after=retry_after,
            delay_ms=None if delay is None else milliseconds(delay),
            sigma=sigma,
        )
        return self._services.steering.add(fault)

    def pace(self, factor: float) -> None:
        """Set the factor on the delays of the flux deposited from now on; 0: immediate."""
        self._services.steering.set(pace=factor)

    def quota(self, flux_per_hour: int | None) -> None:
        """Let each application deposit so many flux in an hour; None: any number."""
        self._services.steering.set(flux_per_hour=flux_per_hour)

    # -- looking -----------------------------------------------------------------------------

    def flux(self, id_flux: object) -> FluxView:
        """All that is known of a flux.

        Raises:
            KeyError: nobody deposited it.
        """
        flux = self._services.store.flux.get(str(id_flux))
        if flux is None:
            raise KeyError(id_flux)
        return self._services.store.view(flux, self._services.clock.now())

    def search(self, **filters: Any) -> list[FluxView]:
        """Every flux that passes filters, newest first.

        Args:
            filters: those of `FluxFilter`.
        """
        now = self._services.clock.now()
        store, wanted = self._services.store, FluxFilter(**filters)
        found = store.flux.search(wanted, now, before=None, limit=None)
        return [store.view(flux, now) for flux in found]

    def content(self, id_flux: object) -> bytes:
        """The bytes that were deposited.

        Raises:
            KeyError: nobody deposited it.
        """
        return self.flux(id_flux).flux.depot.contenu.read_bytes()

    def journal(self) -> list[Entry]:
        """The calls on the API since the last reset, newest first."""
        return self._services.journal.read()

    def reset(self) -> None:
        """Clear flux, scenarios, faults, settings and journal; the clock begins anew."""
        self._services.reset()


class _Access(httpx.Auth):
    def __init__(self, simulator: Simulator, application: Application | None) -> None:
        self._simulator = simulator
        self._application = application

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.update(self._simulator.headers(self._application))
        yield request


def _instant(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError(f"{moment}: say the time zone, for instance tzinfo=UTC")
    return round(moment.timestamp() * 1_000)


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_args: Any, **_kwargs: Any) -> None:
        pass
