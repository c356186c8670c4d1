"""When a call is made again, after how long, and what its failure means.

A consultation may always be repeated. A deposit is not idempotent: it is repeated only when the
platform cannot have received it.
"""

from collections.abc import Callable
from typing import Any

import httpx
from tenacity import RetryCallState, retry_if_exception, wait_random_exponential

from depot_flux._contract import received
from depot_flux._http.refusals import ELSEWHERE, MAX_WAIT, HttpError, of_answer, remedy
from depot_flux._reponses import as_json, error_as_text, reponse_of, shown
from depot_flux.exceptions import (
    AuthentificationError,
    ConfigurationError,
    DepotFluxError,
    FichierError,
    IndisponibleError,
    ReponseError,
    StatutInconnuError,
)

ATTEMPTS = 5
_BACKOFF = wait_random_exponential(multiplier=0.5, max=20)
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

# A file that changed on its way is found out before its last block leaves.
_NOTHING_SENT = (AuthentificationError, ConfigurationError, FichierError)


# All that a call fails with. What the system says itself is among them: too many open files, a
# name that no address can hold.
FAILURES = (HttpError, httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError, DepotFluxError)


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
        late = wait > 0 and wait > self._remaining()  # a token is renewed without waiting
        return state.attempt_number >= self._attempts or wait > MAX_WAIT or late


def reading_policy(remaining: Callable[[], float] = lambda: float("inf")) -> Policy:
    """The policy of a call that changes nothing."""
    return Policy(_passing, remaining)


def deposit_policy(unsent: Callable[[], bool]) -> Policy:
    """The policy of a deposit.

    Args:
        unsent: tells whether its last block has not left, so that nobody can have it.
    """

    def again(error: BaseException) -> bool:
        return not_received(error) or (isinstance(error, httpx.TransportError) and unsent())

    return Policy(again)


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
        return refused or error.code in ELSEWHERE or not_received(error)
    return not_received(error) or isinstance(error, _NOTHING_SENT)


def translate(error: BaseException, *, of_flux: bool = False) -> DepotFluxError:
    """The error of this library for a failure.

    Args:
        error: the failure, one of `FAILURES`.
        of_flux: whether it was asked for a flux, which the platform may not know.
    """
    response = received.get()
    if isinstance(error, ReponseError) and error.reponse is None and response is not None:
        error.reponse = reponse_of(response)
        if not isinstance(error, StatutInconnuError):  # which names the value itself
            error.args = (f"{error}; it answered {response.status_code} ({shown(response)})",)
    if isinstance(error, DepotFluxError):
        return error
    if isinstance(error, HttpError):
        return of_answer(error, of_flux=of_flux)
    return IndisponibleError(
        f"the platform cannot be reached ({error_as_text(error)}); {remedy(error)}",
        code="INJOIGNABLE",
    )


def cut_short(error: BaseException) -> DepotFluxError:
    """The error for an upload that failed before its last block left."""
    translated = translate(error)
    sending = isinstance(error, httpx.TransportError) and not isinstance(error, _NOT_SENT)
    if sending and isinstance(translated, IndisponibleError):
        translated.code = "COUPE"
    return translated


def _passing(error: BaseException) -> bool:
    if isinstance(error, HttpError):
        return error.code in _PASSING
    return isinstance(error, (httpx.TransportError, IndisponibleError, ReponseError))


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = None
    if isinstance(error, HttpError):
        if error.code == httpx.codes.UNAUTHORIZED:
            return 0.0
        asked = error.retry_after
    elif isinstance(error, IndisponibleError):
        asked = error.attendre
    return max(asked or 0.0, _BACKOFF(state))


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
    """The answer that this thread or task got last, as the receipt book keeps it."""
    response = received.get()
    return as_json(reponse_of(response)) if response is not None else None


def cause(error: BaseException) -> BaseException | None:
    """What an exception of ours is shown to come from; None where it says it all itself."""
    # What the library already says needs no second traceback; the rest is worth seeing, without
    # its frames: their variables hold what travelled, secrets among it.
    return None if isinstance(error, HttpError) else error.with_traceback(None)
