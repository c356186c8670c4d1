"""What an answer that is no success means: whose it is, what it says, what to do about it.

The gateway answers for itself before the API does, with pages, its own JSON or nothing; none of
these bodies follows the contract: inferred from what is seen of PISTE in public.
"""

import errno
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from depot_flux._contract import contract
from depot_flux._reponses import (
    bare,
    helping,
    is_html,
    reponse_of,
    shown,
    without_secrets,
)
from depot_flux.exceptions import (
    AuthentificationError,
    ConfigurationError,
    DepotFluxError,
    IndisponibleError,
    ReponseError,
    RequeteRefuseeError,
)
from depot_flux.models import Reponse

MAX_WAIT = 120.0  # seconds; when the platform asks for more, the caller is told
# An address that leads elsewhere deposits nothing. 303 is not among them: it may well come after
# what was asked was done.
ELSEWHERE = frozenset({301, 302, 307, 308})
NOT_THERE = frozenset({404, 405, 410, 421})
_NEVER = frozenset({501, 505})
_NO_MORE_FILES = {errno.EMFILE, errno.ENFILE}
_TOO_MANY = re.compile(r"(?i)too many open files|\[Errno (23|24)\]")
# In the order in which people fail.
_ACCESS_OF_GATEWAY = (
    "check on PISTE, in this order: the application is subscribed to this API, in this environment "
    "(sandbox or production); the API's terms of use are accepted; the technical account has a "
    "connection to it on Chorus Pro; base_url is right, since an unknown path is refused alike"
)
_ACCESS_OF_API = (
    "the gateway let it through, so check login and mot_de_passe of the technical account, then on "
    "Chorus Pro that it has a connection to this API and may deposit for this body"
)
_ACCOUNT = (
    "check, in this order: login and mot_de_passe of the technical account; that it belongs to "
    "this environment (sandbox or production); then the application's client_id and client_secret"
)
# By status, then whether the gateway says it.
_ACCESS = {
    401: {False: ("COMPTE", _ACCOUNT), True: ("COMPTE", _ACCOUNT)},
    403: {False: ("COMPTE", _ACCESS_OF_API), True: ("DROITS", _ACCESS_OF_GATEWAY)},
}
_ADDRESS = (
    "base_url is not the address of the API: correct it (host, path, version; PISTE tells yours)"
)


class HttpError(Exception):
    """An answer that is no success, before anything is made of it."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.response = response
        self.code = response.status_code

    @property
    def retry_after(self) -> float | None:
        """What the header `Retry-After` asks for, in seconds."""
        return retry_after(self.response)


def of_answer(error: HttpError, *, of_flux: bool) -> DepotFluxError:
    """The error of this library for an answer that is no success.

    Args:
        error: the answer.
        of_flux: whether a flux was asked for, which the platform may not know.
    """
    code, response = error.code, error.response
    problem = without_secrets(contract().problem(response), response)
    by_gateway = is_of_gateway(response, problem)
    said = _said(error, problem, by_gateway=by_gateway)
    reponse = reponse_of(response)
    if code in _ACCESS:
        word, what = _ACCESS[code][by_gateway]
        return AuthentificationError(f"{said}; {what}", code=word, reponse=reponse)
    if code == httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
        return ConfigurationError(f"{said}; a proxy on the way wants a login", reponse=reponse)
    if code in NOT_THERE and (by_gateway or code != 404 or not of_flux):
        return ConfigurationError(f"{said}; {_ADDRESS}", code="ADRESSE", reponse=reponse)
    if code in ELSEWHERE:
        where = f"{said}{_leads(reponse)}"
        return ConfigurationError(where, code="ADRESSE", reponse=reponse)
    if code >= 500 or code in {408, 425, 429}:
        wait = error.retry_after
        if code not in _NEVER:
            return IndisponibleError(f"{said}; {later(wait)}", wait, reponse=reponse)
    return _refusal(code, said, problem, reponse)


def _refusal(
    code: int, said: str, problem: Mapping[str, Any], reponse: Reponse
) -> ReponseError | RequeteRefuseeError:
    """The error for an answer that time does not change."""
    if not 400 <= code < 500:
        what = "check base_url and the version of the API; redirects are not followed"
        return ReponseError(f"{said}; {what}", reponse=reponse)
    if code == httpx.codes.NOT_FOUND:
        what = "the platform knows no such flux"
        return RequeteRefuseeError(f"{said}; {what}", problem, code="FLUX_INCONNU", reponse=reponse)
    what = "correct the request, it will be refused again as it is"
    return RequeteRefuseeError(f"{said}; {what}", problem, reponse=reponse)


def is_of_gateway(response: httpx.Response, problem: Mapping[str, Any]) -> bool:
    """Whether an error comes from what stands before the API: its body is not the contract's.

    Where the contract's errors have no body, a page alone tells.
    """
    return not problem and (contract().explains or is_html(response))


def later(wait: float | None) -> str:
    """When to try again."""
    if wait is None:
        return "try again later"
    own = f" (more than {MAX_WAIT:.0f} s is not waited for here)" if wait > MAX_WAIT else ""
    return f"try again in {wait:.0f} s{own}"


def remedy(error: BaseException) -> str:
    """What to do about a connection that fails."""
    said = str(error)
    if getattr(error, "errno", None) in _NO_MORE_FILES or _TOO_MANY.search(said):
        return (
            "this program has too many files or connections open: close some, or raise its limit "
            "(`ulimit -n`)"
        )
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return (
            "its certificate is signed by nobody that this machine trusts: name the authority's "
            "file with SSL_CERT_FILE; `depot-flux diagnostiquer` tells whose it is"
        )
    if isinstance(error, httpx.ProxyError):
        return "check the proxy, its address and its login"
    return "check the address, the network and the certificates, or try again later"


def retry_after(response: httpx.Response) -> float | None:
    """What the header `Retry-After` asks for, in seconds; a date counts from now."""
    value = response.headers.get("Retry-After")
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


def _said(error: HttpError, problem: Mapping[str, Any], *, by_gateway: bool) -> str:
    words = [str(problem[name]) for name in ("titre", "detail") if problem.get(name)]
    if len(words) == 2 and words[1].startswith(words[0]):
        words.pop(0)
    what = ": ".join(word.rstrip(".") for word in words) or shown(error.response)
    who = "the gateway before the API" if by_gateway and error.code >= 400 else "the platform"
    return f"{who} answered {error.code} ({', '.join([what, *helping(error.response)])})"


def _leads(reponse: Reponse) -> str:
    """Where a redirect leads, without what may be secret in it, and what to do."""
    where = bare(reponse.entetes.get("location", ""))
    return (
        f", a redirect to {where!a}: base_url is not the address of the API, and redirects are not "
        "followed; correct base_url (https, host, path, no / too many)"
    )
