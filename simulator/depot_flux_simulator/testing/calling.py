"""Calling a simulator of this process: clients, access, and the API by role."""

from collections.abc import Generator

import httpx

from depot_flux_simulator.access.applications import Application
from depot_flux_simulator.contract import Contract
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.testing.calls import Calls
from depot_flux_simulator.testing.running import Running
from depot_flux_simulator.testing.transport import Transport

URL = "http://depot-flux.localhost"


class Calling(Running):
    """What is asked of the API, by its contract."""

    @property
    def url(self) -> str:
        """Its address for clients that use its transport; `base_path` comes after it."""
        return URL

    @property
    def contract(self) -> Contract:
        """The contract it serves."""
        return self._parts.contract

    @property
    def base_path(self) -> str:
        """What stands before every path of the contract, without trailing slash."""
        return self._parts.base_path

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
        return self._parts.piste.sign(application or self.applications[0])

    def headers(self, application: Application | None = None) -> dict[str, str]:
        """Both layers of access as headers, with a token that will expire."""
        application = application or self.applications[0]
        return {
            "Authorization": f"Bearer {self.token(application)}",
            "cpro-account": application.comptes[0].header,
        }

    def calls(self, client: httpx.Client | None = None) -> Calls:
        """The API by role, over a client of one's own or an authenticated one."""
        return Calls(client or self.client(), self.contract, self.base_path)

    def deposit(
        self,
        content: bytes,
        *,
        name: str = "facture.xml",
        code: str = "FSO3110A",
        application: Application | None = None,
    ) -> str:
        """Deposit a flux as a client does, whatever the contract; its identifier.

        Args:
            content: its bytes.
            name: its file's name, where the contract has a place for one.
            code: its interface code, likewise.
            application: who deposits it.

        Raises:
            RefusedError: the API did not accept it.
        """
        with self.client(application) as client:
            return self.calls(client).deposer(content, name, code).accept().id_flux

    def status(self, id_flux: object, application: Application | None = None) -> Statut:
        """Consult a flux as a client does; its status.

        Raises:
            RefusedError: the API did not tell it.
        """
        with self.client(application) as client:
            return self.calls(client).consulter(id_flux).accept().statut

    def healthcheck(self) -> None:
        """Ask whether the API works.

        Raises:
            RefusedError: it does not.
            LookupError: the contract has no such operation.
        """
        with self.client() as client:
            self.calls(client).superviser().accept()


class _Access(httpx.Auth):
    def __init__(self, simulator: Calling, application: Application | None) -> None:
        self._simulator = simulator
        self._application = application

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.update(self._simulator.headers(self._application))
        yield request
