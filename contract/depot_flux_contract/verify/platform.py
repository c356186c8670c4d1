"""The platform at hand: its access, calls by role at a gentle pace, every exchange recorded."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import httpx
from oauthlib.oauth2 import BackendApplicationClient

from depot_flux._http.access import ACCOUNT_HEADER, technical_account, uses_proxies
from depot_flux._http.reading import Body
from depot_flux.configuration import Configuration
from depot_flux_contract.exchanges import Exchange, Held, Secrets
from depot_flux_contract.exchanges.curl import FORM, line
from depot_flux_contract.verify.plan import Pace, Timing
from depot_flux_simulator.contract import Operation
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.testing.calls import Calls, Reply
from depot_flux_simulator.testing.requests import Requests

_PATIENCE = 60.0  # seconds a call may take
_LONGEST_WAIT = 30.0  # seconds that Retry-After may ask for
_TRIES = 3
_SECOND = 1.0
_FORGED = 8  # letters at its end in which a forged token differs


@dataclass(frozen=True, slots=True)
class Access:
    """What a call says of who makes it; None leaves the header out."""

    authorization: str | None
    account: str | None

    @property
    def headers(self) -> dict[str, str]:
        """The headers that say it."""
        said = {"Authorization": self.authorization, ACCOUNT_HEADER: self.account}
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer by role, and the exchange it came in."""

    reply: Reply
    exchange: Exchange

    @property
    def status(self) -> int:
        """The HTTP code."""
        return self.exchange.received.status

    @property
    def succeeded(self) -> bool:
        """Whether it is a success, declared or not."""
        return 200 <= self.status < 300

    def as_promised(self) -> Reply:
        """A success, read as the one that the contract declares, whatever its code is."""
        received, reply = self.exchange.received, self.reply
        headers = [(k, v) for k, v in received.headers if k.lower() != "content-encoding"]
        response = httpx.Response(
            reply._operation.success, headers=headers, content=received.body or b""
        )
        return replace(reply, response=response)


class Platform:
    """A platform and one application's access to it.

    Args:
        configuration: where it is and who calls.
        held: the contract.
        pace: of the calls.
        timing: the time.
        transport: carries the calls; httpx's own by default.
        exchanges: takes every exchange; shared by the applications of a run.
        hidden: takes what must not be shown.
    """

    def __init__(
        self,
        configuration: Configuration,
        held: Held,
        pace: Pace,
        timing: Timing,
        transport: httpx.BaseTransport | None,
        exchanges: list[Exchange],
        hidden: Secrets,
    ) -> None:
        self.configuration = configuration
        self.held = held
        self.exchanges = exchanges
        self.secrets = hidden
        self.base_path = httpx.URL(configuration.base_url).path.rstrip("/")
        self._account = technical_account(configuration.login, configuration.mot_de_passe)
        self._token = ""
        self._variables = {self._account: "CPRO_ACCOUNT"}
        hidden.add(self._account, configuration.client_secret, configuration.mot_de_passe)
        self._recorder = Recorder(
            transport
            or httpx.HTTPTransport(trust_env=uses_proxies(configuration.base_url), retries=0),
            pace,
            timing,
            exchanges.append,
        )
        self._http = httpx.Client(
            transport=self._recorder, base_url=configuration.base_url, timeout=_PATIENCE
        )
        self._requests = Requests(held.contract, "", configuration.complements)

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    @property
    def transport(self) -> httpx.BaseTransport:
        """What carries and records the calls."""
        return self._recorder

    @property
    def own(self) -> Access:
        """The access that counts; its token is asked for once.

        Raises:
            LookupError: the token endpoint gives none.
        """
        if not self._token:
            answer = self.asked
            if answer.status != 200:
                raise LookupError(f"the token endpoint answered {answer.status}")
            self._token = str(token_of(answer).get("access_token") or "")
            if not self._token:
                raise LookupError("the token endpoint gave no access_token")
            self._variables |= {
                self._token: "TOKEN",
                # What a forged one is made from; the shell takes the end off its variable too.
                self._token[:-_FORGED]: f"{{TOKEN%{'?' * _FORGED}}}",
            }
            self.secrets.add(self._token[:-_FORGED])
        return self.access(self._token)

    def access(self, token: str) -> Access:
        """The access of a token and one's own technical account."""
        return Access(f"Bearer {token}", self._account)

    def forged(self) -> Access:
        """The access of a token that is one's own but for its end: nobody gave it."""
        end = secrets.token_hex(_FORGED // 2)
        token = str(self.own.authorization).removeprefix("Bearer ")
        return self.access(token[:-_FORGED] + end)

    @cached_property
    def asked(self) -> Seen:
        """The answer to the first good request for a token."""
        return self.ask_token()

    def ask_token(self, **changes: str | None) -> Seen:
        """Ask for a token, with some fields of the form changed or, where None, left out."""
        body = BackendApplicationClient(self.configuration.client_id).prepare_request_body(
            scope="openid", include_client_id=True, client_secret=self.configuration.client_secret
        )
        form = dict(httpx.QueryParams(body)) | changes
        content = str(httpx.QueryParams({k: v for k, v in form.items() if v is not None}))
        seen = self._seen(
            "POST",
            self.configuration.token_address,
            self.held.contract.consulter,
            headers={"Content-Type": FORM, "Accept": "application/json"},
            content=content,
        )
        self.secrets.add(str(token_of(seen).get("access_token") or ""))
        return seen

    def consult(self, id_flux: object, access: Access | None = None) -> Seen:
        """Ask for the status of a flux."""
        return self._call(lambda calls: calls.consulter(id_flux), access)

    def supervise(self, access: Access | None = None) -> Seen:
        """Ask whether it works.

        Raises:
            LookupError: the contract has no such operation.
        """
        return self._call(lambda calls: calls.superviser(), access)

    def deposit(self, content: bytes, name: str, code: str, access: Access | None = None) -> Seen:
        """Deposit a flux; see `Deposits`, which counts them."""
        return self._call(lambda calls: calls.deposer(content, name, code), access)

    def with_method(self, method: str, operation: Operation, id_flux: object) -> Seen:
        """Call the address of an operation with another method."""
        request = self._requests.of(operation, {Role.ID_FLUX: str(id_flux)})
        headers = [*request["headers"], *self.own.headers.items()]
        url = self.configuration.base_url.rstrip("/") + request["url"]
        return self._seen(method, url, operation, headers=headers, params=request["params"])

    def curl(self, exchange: Exchange) -> str:
        """The line that repeats a call, the access that counts as variables of the shell."""
        return line(exchange.sent, self.secrets, self._variables)

    def _call(self, call: Callable[[Calls], Reply], access: Access | None) -> Seen:
        self._http.headers = httpx.Headers((access or self.own).headers)
        given = self.configuration.complements
        reply = call(Calls(self._http, self.held.contract, "", given))
        return Seen(reply, self.exchanges[-1])

    def _seen(self, method: str, url: str, operation: Operation, **said: Any) -> Seen:
        self._http.headers = httpx.Headers()
        response = self._http.request(method, url, **said)
        return Seen(Reply(response, operation, self.held.contract), self.exchanges[-1])


class Recorder(httpx.BaseTransport):
    """Carries calls at a pace and hands over every exchange; comes back when turned away.

    Args:
        inner: what carries them.
        pace: of the calls.
        timing: the time.
        take: takes each exchange.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        pace: Pace,
        timing: Timing,
        take: Callable[[Exchange], None],
    ) -> None:
        self._inner, self._pace, self._timing, self._take = inner, pace, timing, take

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and again where the platform says to come back later."""
        request.read()
        request.headers["Accept-Encoding"] = "identity"
        for attempt in range(_TRIES):
            self._pace.wait()
            moment, started = datetime.now(UTC), self._timing.now()
            response = _read(self._inner.handle_request(request), request)
            seconds = self._timing.now() - started
            self._take(Exchange.of_httpx(request, response, moment, seconds))
            wait = _wait(response.status_code, response.headers)
            if wait is None or attempt == _TRIES - 1:
                return response
            self._timing.sleep(wait)
        raise AssertionError("the loop returns")

    def close(self) -> None:
        """Close what carries the calls."""
        self._inner.close()


def _read(response: httpx.Response, request: httpx.Request) -> httpx.Response:
    if response.is_stream_consumed:
        return response
    body = Body(request)
    body.read(response)
    return body.of(response)


def _wait(status: int, headers: Mapping[str, str]) -> float | None:
    """Seconds after which to come back; None where the answer stands."""
    told = headers.get("retry-after")
    if status != httpx.codes.TOO_MANY_REQUESTS and not (status == 503 and told):
        return None
    if told is None:
        return _SECOND
    try:
        wait = float(told)
    except ValueError:
        try:
            wait = (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return _SECOND
    return min(max(wait, 0.0), _LONGEST_WAIT)


def token_of(seen: Seen) -> dict[str, Any]:
    """What the token endpoint answered; empty where it is no JSON object."""
    try:
        body = seen.exchange.received.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
