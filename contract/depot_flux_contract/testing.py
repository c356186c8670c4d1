"""A client's calls held to the contract, and the client to what is asked of one, in its own tests.

    with Watch() as watch:
        client = httpx.Client(transport=watch.transport(httpx.HTTPTransport()))
        ...

Every call that a transport or adapter of the watch carries, or that is handed over, is held against
the contract from both sides. What breaks it is told in the end, each as a report.

    @pytest.mark.parametrize("check", CLIENT_CHECKS)
    def test_my_client(check):
        verify_client(["./my-client", "{fichier}"], only=[check])

The client's command is run against a simulator at fault, as by `depot-flux-contract verify-client`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from depot_flux_contract.clients import CHECKS, stand, tried
from depot_flux_contract.clients.runner import chosen, telling
from depot_flux_contract.clients.stand import PATIENCE, WINDOW, Asked
from depot_flux_contract.exchanges import Exchange, Finding, Side, held_contract, hold
from depot_flux_contract.exchanges.exchange import received_of, sent_of
from depot_flux_contract.exchanges.told import Access, told
from depot_flux_contract.verify.reports.text import outcome_lines

__all__ = [
    "CLIENT_CHECKS",
    "ContractBrokenError",
    "Exchange",
    "Finding",
    "Side",
    "Watch",
    "verify_client",
]

CLIENT_CHECKS: tuple[str, ...] = tuple(check.name for check in CHECKS)
"""Names of all that `verify_client` checks."""


class ContractBrokenError(AssertionError):
    """Calls broke the contract, or a client does not do what is asked of one.

    Attributes:
        findings: how.
    """

    def __init__(self, findings: list[Finding], message: str) -> None:
        super().__init__(message)
        self.findings = findings


def verify_client(
    command: Sequence[str],
    *,
    only: Collection[str] = (),
    interface: str = "FSO3110A",
    timeout: float = WINDOW,
    patience: float = PATIENCE,
    contract: Path | str | None = None,
) -> dict[str, str]:
    """Try a client, in any language, against a simulator at fault.

    Args:
        command: deposits the file that DEPOT_FLUX_FICHIER names, and ends with 0 once it is
            deposited; `{fichier}` and others stand for what its environment tells too.
        only: names of checks or families; all by default.
        interface: interface code of the file.
        timeout: seconds that one run of the command may take.
        patience: seconds that an answer is held back for a client that gives up waiting.
        contract: file of the effective contract; the installed one by default.

    Returns:
        What could not be verified, by the name of its check, and why.

    Raises:
        ContractBrokenError: the client does not do what is asked of one; the message tells each
            rule, where it comes from and what came.
        ContractError: there is no such program, or no such interface code.
        LookupError: there is no such check.
    """
    checks = chosen(only)
    asked = Asked(
        command=tuple(command),
        interface=interface,
        window=timeout,
        patience=patience,
        contract=Path(contract) if contract else None,
    )
    with stand(asked) as made:
        run, tell = tried(made, checks), telling(made)
        if run.findings:
            lines = (line for each in run.outcomes for line in outcome_lines(tell, each))
            raise ContractBrokenError(run.findings, "\n".join(["the client fails", *lines]))
    return {each.check.name: each.why for each in run.outcomes if each.why}


class Watch:
    """Holds calls to the contract.

    Args:
        contract: file of the effective contract; the installed one by default.
        base_path: path before those of the contract, None for any.
        side: the side that is looked at, None for both.

    Raises:
        ContractError: the file is no contract.
    """

    def __init__(
        self,
        contract: Path | str | None = None,
        *,
        base_path: str | None = None,
        side: Side | str | None = None,
    ) -> None:
        self._held = held_contract(Path(contract) if contract else None)
        self._base_path = base_path
        self._side = Side(side) if side else None
        self._access = Access()
        self.exchanges: list[Exchange] = []
        self.findings: list[Finding] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.check()

    def check(self) -> None:
        """See that no call broke the contract.

        Raises:
            ContractBrokenError: some did; the message tells each rule, where it comes from, what
                came and the line that repeats it.
        """
        if self.findings:
            raise ContractBrokenError(self.findings, self.report())

    def report(self) -> str:
        """What broke the contract, for people; each rule once."""
        first = {finding.key: finding for finding in reversed(self.findings)}
        count = f"{len(first)} rules of the contract are broken in {len(self.exchanges)} calls"
        lines = [count]
        for finding in reversed(first.values()):
            lines += ["", f"{finding.check} ({finding.side})"]
            lines += [f"  {each}" for each in told(self._access, finding).lines()]
        return "\n".join(lines)

    def see(self, exchange: Exchange) -> list[Finding]:
        """Hold an exchange to the contract; what breaks it."""
        self.exchanges.append(exchange)
        found = hold(self._held, exchange, self._base_path, only=self._side)
        self.findings += found
        return found

    def pair(self, request: Any, response: Any) -> list[Finding]:
        """Hold a request and its answer, both of httpx or of requests; what breaks it."""
        if isinstance(request, httpx.Request):
            return self.see(Exchange.of_httpx(request, response))
        return self.see(_of_requests(request, response))

    def transport(self, inner: httpx.BaseTransport) -> httpx.BaseTransport:
        """A transport of httpx that holds what another carries."""
        return _Transport(inner, self)

    def async_transport(self, inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        """The same for asynchronous clients."""
        return _AsyncTransport(inner, self)

    def adapter(self, inner: BaseAdapter | None = None) -> BaseAdapter:
        """An adapter of `requests` that holds what another carries; its own by default."""
        return _Adapter(inner or HTTPAdapter(), self)


class _Transport(httpx.BaseTransport):
    def __init__(self, inner: httpx.BaseTransport, watch: Watch) -> None:
        self._inner, self._watch = inner, watch

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        # A body that is read from a file goes by piece by piece; it is read again for the look.
        request.read()
        response = self._inner.handle_request(request)
        response.read()
        self._watch.see(Exchange.of_httpx(request, response))
        return response

    def close(self) -> None:
        self._inner.close()


class _AsyncTransport(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, watch: Watch) -> None:
        self._inner, self._watch = inner, watch

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        response = await self._inner.handle_async_request(request)
        await response.aread()
        self._watch.see(Exchange.of_httpx(request, response))
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Adapter(BaseAdapter):
    def __init__(self, inner: BaseAdapter, watch: Watch) -> None:
        super().__init__()
        self._inner, self._watch = inner, watch

    def send(self, request: requests.PreparedRequest, *args: Any, **said: Any) -> requests.Response:
        response = self._inner.send(request, *args, **said)
        self._watch.see(_of_requests(request, response))
        return response

    def close(self) -> None:
        self._inner.close()


def _of_requests(request: requests.PreparedRequest, response: requests.Response) -> Exchange:
    return Exchange(
        sent_of(str(request.method), str(request.url), _texts(request.headers), _body(request)),
        received_of(response.status_code, _texts(response.headers), response.content),
        datetime.now(UTC) - response.elapsed,
        response.elapsed.total_seconds(),
    )


def _texts(headers: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in headers.items():
        yield name, value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _body(request: requests.PreparedRequest) -> bytes:
    body = request.body
    if isinstance(body, str):
        return body.encode()
    # What was streamed is gone.
    return body if isinstance(body, bytes) else b""
