"""When a call is made again, after how long, and what its failure means.

A consultation may always be repeated. A deposit is not idempotent: it is repeated only when the
platform cannot have received it.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from tenacity import RetryCallState, retry_if_exception, wait_random_exponential

from depot_flux._contract import contract, received
from depot_flux.exceptions import (
    AuthentificationError,
    ConfigurationError,
    DepotFluxError,
    FichierError,
    IndisponibleError,
    ReponseError,
    RequeteRefuseeError,
)

ATTEMPTS = 5
MAX_WAIT = 120.0  # seconds; when the platform asks for more, the caller is told
_KEPT = 1000  # bytes of an answer
# What a gateway's page may repeat of a request.
_CREDENTIALS = re.compile(r"(?i)\b(bearer|basic|cpro-account:?)\s+[^\s\"<\\]+")
_BACKOFF = wait_random_exponential(multiplier=0.5, max=20)
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
# An address that leads elsewhere deposits nothing. 303 is not among them: it may well come after
# what was asked was done.
_ELSEWHERE = frozenset({301, 302, 307, 308})
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

# A file that changed on its way is found out before its last block leaves.
_NOTHING_SENT = (AuthentificationError, ConfigurationError, FichierError)


class HttpError(Exception):
    """An answer that is no success, before anything is made of it."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.response = response
        self.code = response.status_code

    @property
    def retry_after(self) -> float | None:
        """What the header `Retry-After` asks for, in seconds."""
        return _seconds(self.response.headers.get("Retry-After"))


# All that a call fails with.
FAILURES = (HttpError, httpx.TransportError, DepotFluxError)


class Policy:
    """How one call is repeated.

    Args:
        again: whether a failure other than a first 401 may be repeated.
        remaining: tells how many seconds are left for all attempts.
    """

    def __init__(
        self,
        again: Callable[[BaseException], bool],
        remaining: Callable[[], float] = lambda: float("inf"),
    ) -> None:
        self._again = again
        self._remaining = remaining
        self._unauthorized = 0
        self._attempts = ATTEMPTS

    def tenacity(self, attempts: int = ATTEMPTS) -> dict[str, Any]:
        """The settings of tenacity's `Retrying`, for so many attempts at most."""
        self._attempts = attempts
        return {
            "retry": retry_if_exception(self._repeat),
            "wait": _wait,
            "stop": self._stop,
            "reraise": True,
        }

    def _repeat(self, error: BaseException) -> bool:
        if isinstance(error, HttpError) and error.code == httpx.codes.UNAUTHORIZED:
            self._unauthorized += 1
            return self._unauthorized == 1
        return self._again(error)

    def _stop(self, state: RetryCallState) -> bool:
        wait = state.upcoming_sleep
        return state.attempt_number >= self._attempts or wait > MAX_WAIT or wait > self._remaining()


def reading_policy(remaining: Callable[[], float] = lambda: float("inf")) -> Policy:
    """The policy of a call that changes nothing."""
    return Policy(_passing, remaining)


def deposit_policy() -> Policy:
    """The policy of a deposit."""
    return Policy(not_received)


def not_received(error: BaseException) -> bool:
    """Whether the platform cannot have received a deposit and it may be sent again."""
    if isinstance(error, HttpError):
        return error.code == 429 or (error.code == 503 and error.retry_after is not None)
    return isinstance(error, (*_NOT_SENT, IndisponibleError))


def was_refused(error: BaseException) -> bool:
    """Whether the platform, or what stands before it, says that it did not take a deposit.

    408 is not among them: a gateway may send it after the platform has the whole request.
    """
    if isinstance(error, HttpError):
        refused = 400 <= error.code < 500 and error.code != 408
        return refused or error.code in _ELSEWHERE or not_received(error)
    return not_received(error) or isinstance(error, _NOTHING_SENT)


def translate(error: BaseException) -> DepotFluxError:
    """The error of this library for a failure."""
    if isinstance(error, DepotFluxError):
        return error
    if isinstance(error, HttpError):
        return _of_answer(error)
    return IndisponibleError(
        f"the platform cannot be reached ({_short(error)}); check the address and the network, or "
        "try again later"
    )


def _of_answer(error: HttpError) -> DepotFluxError:
    problem = contract().problem(error.response)
    said = _said(error, problem)
    if error.code == httpx.codes.UNAUTHORIZED:
        return AuthentificationError(
            f"{said}; check the client, its secret and the technical account"
        )
    if error.code in _PASSING:
        wait = error.retry_after
        when = f"in {wait:.0f} s" if wait is not None else "later"
        return IndisponibleError(f"{said}; try again {when}", wait)
    if error.code in _ELSEWHERE:
        return ConfigurationError(f"{said}{_leads(error.response)}")
    if 300 <= error.code < 400:
        return ReponseError(f"{said}; check the base address, redirects are not followed")
    return RequeteRefuseeError(
        f"{said}; correct the request, it will be refused again as it is", error.code, problem
    )


def _said(error: HttpError, problem: Mapping[str, Any]) -> str:
    words = [str(problem[name]) for name in ("titre", "detail") if problem.get(name)]
    if len(words) == 2 and words[1].startswith(words[0]):
        words.pop(0)
    what = ": ".join(word.rstrip(".") for word in words)
    return f"the platform answered {error.code}" + (f" ({what})" if what else "")


def _leads(response: httpx.Response) -> str:
    """Where a redirect leads, without what may be secret in it, and what to do."""
    address = response.headers.get("Location", "")
    shown = address.partition("?")[0].rpartition("@")[2][:200]
    return (
        f", a redirect to {shown!a}: base_url is not the address of the API, and redirects are not "
        "followed; correct base_url (https, host, path, no / too many)"
    )


def _passing(error: BaseException) -> bool:
    if isinstance(error, HttpError):
        return error.code in _PASSING
    return isinstance(error, (httpx.TransportError, IndisponibleError, ReponseError))


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, HttpError):
        if error.code == httpx.codes.UNAUTHORIZED:
            return 0.0
        if error.retry_after is not None:
            return max(error.retry_after, _BACKOFF(state))
    return _BACKOFF(state)


def _seconds(value: str | None) -> float | None:
    if value is None:
        return None
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    # A date without a zone is UTC, as HTTP dates are.
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())


def success(response: httpx.Response) -> httpx.Response:
    """An answer, if it is a success.

    Raises:
        HttpError: it is none.
    """
    received.set(response)
    if not response.is_success:
        raise HttpError(response)
    return response


def kept() -> str | None:
    """The answer that this thread or task got last, as the receipt book keeps it: JSON."""
    response = received.get()
    if response is None:
        return None
    headers = {name: value for name, value in response.headers.items() if name != "set-cookie"}
    start = response.content[:_KEPT].decode("utf-8", "replace")
    told = {"statut": response.status_code, "entetes": headers, "debut": start}
    return _CREDENTIALS.sub(r"\1 …", json.dumps(told, ensure_ascii=False))


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def cause(error: BaseException) -> BaseException | None:
    """What an exception of ours is shown to come from; None where it says it all itself."""
    # What the library already says needs no second traceback; the rest is worth seeing, without
    # its frames: their variables hold what travelled, secrets among it.
    return None if isinstance(error, HttpError) else error.with_traceback(None)
