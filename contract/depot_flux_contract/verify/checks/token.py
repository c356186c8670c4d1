"""The token endpoint."""

from collections.abc import Iterator

from depot_flux_contract.verify.behaviours import EXPIRY, TOKEN, WRONG_CLIENT, WRONG_GRANT
from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.checks.check import Breach, Check
from depot_flux_contract.verify.deposits import NotVerifiedError
from depot_flux_contract.verify.platform import Seen, token_of

_LONGEST_LIFE = 60  # seconds of a token's life that a run waits for
_DEEP_LIFE = 100


def good(bench: Bench) -> Iterator[Breach]:
    """The answer of a good request."""
    seen = bench.platform.asked
    told, exchange = token_of(seen), seen.exchange
    if seen.status != 200:
        yield Breach(TOKEN, f"{seen.status}", exchange)
        return
    if not isinstance(told.get("access_token"), str) or not told["access_token"]:
        yield Breach(TOKEN, "no access_token", exchange)
    if str(told.get("token_type", "")).lower() != "bearer":
        yield Breach(TOKEN, f"token_type {told.get('token_type')!r}", exchange)
    lifetime = told.get("expires_in")
    if not _is_number(lifetime) or float(str(lifetime)) <= 0:
        yield Breach(TOKEN, f"expires_in {lifetime!r}", exchange)


def wrong_client(bench: Bench) -> Iterator[Breach]:
    """A secret and a client that are none."""
    for change in ({"client_secret": "wrong"}, {"client_id": "nobody-of-this-name"}):
        seen = bench.platform.ask_token(**change)
        told = token_of(seen).get("error")
        if seen.status not in {400, 401} or told != "invalid_client":
            what = next(iter(change))
            came = f"{seen.status} {_error(seen)} to a wrong {what}"
            yield Breach(WRONG_CLIENT, came, seen.exchange)


def wrong_grant(bench: Bench) -> Iterator[Breach]:
    """A grant that is not client credentials, and none at all."""
    for grant in ("password", None):
        seen = bench.platform.ask_token(grant_type=grant)
        if not 400 <= seen.status < 500:
            came = f"{seen.status} {_error(seen)} to the grant {grant}"
            yield Breach(WRONG_GRANT, came, seen.exchange)


def expiry(bench: Bench) -> Iterator[Breach]:
    """A token after its life; where it lives longer than a run, nothing is told."""
    told = token_of(bench.platform.asked)
    lifetime = told.get("expires_in")
    longest = _DEEP_LIFE if bench.plan.deep else _LONGEST_LIFE
    longest = min(longest, int(bench.plan.patience))
    if not _is_number(lifetime) or "access_token" not in told:
        raise NotVerifiedError("the token endpoint tells no lifetime")
    if float(str(lifetime)) > longest:
        raise NotVerifiedError(f"a token lives {lifetime} s, longer than this run waits")
    told = token_of(bench.platform.ask_token())
    bench.timing.sleep(float(str(lifetime)) + 1)
    access = bench.platform.access(str(told["access_token"]))
    after = bench.platform.consult(bench.held.contract.new_identifier(""), access)
    if after.status not in {401, 403}:
        yield Breach(EXPIRY, f"{after.status} to a token that had expired", after.exchange)


def _is_number(value: object) -> bool:
    return str(value).replace(".", "", 1).isdecimal()


def _error(seen: Seen) -> str:
    return str(token_of(seen).get("error") or "without an error")


CHECKS = (
    Check("token-good", "the token endpoint gives a bearer token with its lifetime", good),
    Check("token-wrong-client", "it refuses a wrong client by name", wrong_client),
    Check("token-wrong-grant", "it refuses any other grant", wrong_grant),
    Check("token-expiry", "a token that has expired is refused", expiry),
)
