"""A platform for the facade's tests: the simulator in this process, behind a line that can fail."""

import hashlib
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import httpx

from depot_flux import AsyncDepotFlux, Configuration, DepotFlux, Statut
from depot_flux_simulator.testing import Simulator
from tests.support.contract import CONTRACT

URL = "http://localhost:8080"
CODE = "FSO3110A"


class Killed(BaseException):
    """The process of the client died: nothing it does afterwards has an effect."""


class Line(httpx.BaseTransport):
    """Carries requests to the simulator; each fault asked for befalls one call on the API.

    Attributes:
        faults: what happens to the next calls, by name; None lets one through.
        calls: method and path of every request, the token's among them.
    """

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner
        self.faults: list[str | None] = []
        self.calls: list[str] = []
        self.kill: Callable[[], None] = lambda: None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(f"{request.method} {request.url.path}")
        if request.url.path == "/api/oauth/token":
            return self.inner.handle_request(request)
        fault = self.faults.pop(0) if self.faults else None
        if fault not in {"refused", "cut"}:
            request.read()
        before = getattr(self, f"_before_{fault}", None)
        if before:
            early = before(request)
            if early is not None:
                answer: httpx.Response = early
                return answer
        response = self.inner.handle_request(request)
        after = getattr(self, f"_after_{fault}", None)
        changed: httpx.Response = after(request, response) if after else response
        return changed

    def count(self, method: str) -> int:
        """How many requests of a method went to the API."""
        return sum(call.startswith(method) and not call.endswith("/token") for call in self.calls)

    def _before_refused(self, request: httpx.Request) -> None:
        raise httpx.ConnectError("connection refused", request=request)

    def _before_cut(self, request: httpx.Request) -> None:
        # A request without a body breaks before anything is sent.
        next(iter(request.stream), None)  # type: ignore[arg-type]
        raise httpx.WriteError("connection reset", request=request)

    def _before_reset_before(self, request: httpx.Request) -> None:
        raise httpx.WriteError("connection reset", request=request)

    def _before_kill_before(self, _request: httpx.Request) -> None:
        self.kill()
        raise Killed

    def _before_503_retry(self, _request: httpx.Request) -> httpx.Response:
        return _problem(503, {"Retry-After": "7"})

    def _before_503(self, _request: httpx.Request) -> httpx.Response:
        return _problem(503, {})

    def _before_503_page(self, _request: httpx.Request) -> httpx.Response:
        return httpx.Response(503, text="<html>gateway</html>", headers={"Retry-After": "1"})

    def _before_429(self, _request: httpx.Request) -> httpx.Response:
        return _problem(429, {"Retry-After": "3"})

    def _before_500(self, _request: httpx.Request) -> httpx.Response:
        return _problem(500, {})

    def _before_expired(self, request: httpx.Request) -> None:
        request.headers["Authorization"] = "Bearer expired"

    def _after_reset_after(self, request: httpx.Request, _response: httpx.Response) -> None:
        raise httpx.ReadError("connection reset", request=request)

    def _after_slow(self, request: httpx.Request, _response: httpx.Response) -> None:
        raise httpx.ReadTimeout("timed out", request=request)

    def _after_kill_after(self, _request: httpx.Request, _response: httpx.Response) -> None:
        self.kill()
        raise Killed

    def _after_interrupt(self, _request: httpx.Request, _response: httpx.Response) -> None:
        raise KeyboardInterrupt

    def _after_truncated(self, _request: httpx.Request, response: httpx.Response) -> httpx.Response:
        body = response.read()
        return httpx.Response(response.status_code, content=body[: len(body) // 2])

    def _after_partly_recevable(
        self, _request: httpx.Request, response: httpx.Response
    ) -> httpx.Response:
        told = response.read().replace(b'"RECU"', b'"RECEVABLE_PARTIEL"')
        return httpx.Response(response.status_code, content=told)


class AsyncLine(httpx.AsyncBaseTransport):
    """The same line for asynchronous programs."""

    def __init__(self, line: Line) -> None:
        self.line = line

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        asked = httpx.Request(request.method, request.url, headers=request.headers, content=body)
        response = await anyio.to_thread.run_sync(self.line.handle_request, asked)
        return httpx.Response(
            response.status_code, headers=response.headers, content=response.read()
        )


class Platform:
    """The simulator, a line to it and the folder of both sides.

    Attributes:
        simulator: what is at the other end; waiting moves its clock.
        line: carries the requests.
        folder: holds the simulator's data and the receipt book.
        paused: how long clients waited, in seconds.
    """

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.folder = folder
        self.line = Line(httpx.WSGITransport(app=simulator.app))
        self.paused: list[float] = []

    def configuration(self, **changed: str) -> Configuration:
        values: dict[str, Any] = {
            "base_url": URL + self.simulator.base_path,
            "client_id": "demo-client",
            "client_secret": "demo-secret",
            "login": "demo@depot-flux.example",
            "mot_de_passe": "demo-password",
            "code_application": "AAA123",
            "fichier_recus": str(self.folder / "recus.db"),
        }
        return Configuration(**{**values, **changed})

    def client(self, **changed: str) -> DepotFlux:
        """A client whose waiting moves the simulator's clock instead of taking time."""
        client = DepotFlux(self.configuration(**changed), transport=self.line)
        client._clock.sleep = self.pause
        client._clock.now = self.seconds
        # A dead process writes nothing more, whatever its code would do with the exception.
        self.line.kill = client._book.close
        return client

    def async_client(self, **changed: str) -> AsyncDepotFlux:
        client = AsyncDepotFlux(self.configuration(**changed), transport=AsyncLine(self.line))

        async def pause(seconds: float) -> None:
            self.pause(seconds)

        client._clock.pause = pause
        client._clock.now = self.seconds
        return client

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.simulator.advance(f"{int(seconds * 1000) + 1}ms")

    def seconds(self) -> float:
        return self.simulator.now().timestamp()

    def received(self) -> Counter[tuple[str, str]]:
        """Name and sha256 of every file that the platform stored, however often."""
        return Counter(file for files in self.flux().values() for file in files)

    def flux(self) -> dict[str, list[tuple[str, str]]]:
        """The files of every flux that the platform stored, archives opened."""
        return {
            vue.id_flux: list(_files(vue.flux.depot.nom, self.simulator.content(vue.id_flux)))
            for vue in reversed(self.simulator.search())
        }

    def truth(self, id_flux: str) -> Statut:
        """The status of a flux as the platform's own detail tells it."""
        return Statut(self.simulator.flux(id_flux).statut)


@contextmanager
def platform(folder: Path, **settings: Any) -> Iterator[Platform]:
    """A platform whose data lies in `folder`."""
    with Simulator(folder=folder, **settings) as simulator:
        yield Platform(simulator, folder)


def _files(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    if not name.endswith(".tar.gz"):
        yield name, hashlib.sha256(content).hexdigest()
        return
    with tarfile.open(fileobj=BytesIO(content)) as archive:
        for member in archive:
            file = archive.extractfile(member)
            assert file is not None
            yield member.name, hashlib.sha256(file.read()).hexdigest()


def as_answered(response: httpx.Response) -> httpx.Response:
    """A platform's answer, to be given again by a transport of one's own."""
    kept = {"Content-Type", "Location"} & {name.title() for name in response.headers}
    headers = {name: response.headers[name] for name in kept}
    return httpx.Response(response.status_code, content=response.content, headers=headers)


def _problem(code: int, headers: dict[str, str]) -> httpx.Response:
    answer = CONTRACT.problem(None, code, "Panne voulue.", "/", headers)
    given = {**answer.headers, "Content-Type": answer.content_type}
    return httpx.Response(answer.status, content=answer.body, headers=given)
