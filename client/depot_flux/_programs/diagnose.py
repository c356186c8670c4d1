"""A diagnosis: each thing that a deposit needs, in the order in which it needs them."""

import os
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from shutil import disk_usage
from typing import Any, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import httpx

from depot_flux._book import Book
from depot_flux._contract import Operation, Said, contract
from depot_flux._http.access import uses_proxies
from depot_flux._http.retries import FAILURES, Policy, translate
from depot_flux._programs.follow import Following
from depot_flux._programs.steps import Call, Generated, Steps, work
from depot_flux.configuration import FIELDS, SECRETS, Configuration
from depot_flux.exceptions import DepotFluxError, LivreError, ReponseError
from depot_flux.models import Etape

MAX_SKEW = 60.0  # seconds that clocks may differ
MIN_FREE = 100_000_000  # bytes on the disk of the receipt book
MIN_DAYS = 14  # that a certificate should be good for
_SHOWN = 4  # characters of a secret
_UNKNOWN = "0"  # no flux has this identifier


@dataclass(frozen=True, slots=True)
class _Ask:
    """What a session does besides the contract's operations, called as one of them."""

    role: str

    def sync(self, client: Generated, arguments: dict[str, Any]) -> Any:
        """Do it."""
        return getattr(client.get_httpx_client(), self.role)(**arguments)

    async def call_async(self, client: Generated, arguments: dict[str, Any]) -> Any:
        """Do it."""
        return await getattr(client.get_async_httpx_client(), self.role)(**arguments)


class Diagnosing:
    """Looks at everything once, whatever fails.

    Args:
        configuration: the settings.
        client: the generated client of the account.
        said: what every request says.
        book: the receipt book.
        following: asks for the health.
    """

    def __init__(
        self,
        configuration: Configuration,
        client: Generated,
        said: Said,
        book: Book,
        following: Following,
    ) -> None:
        self._own = configuration
        self._client = client
        self._said = said
        self._book = book
        self._following = following

    def run(self) -> Steps[list[Etape]]:
        """All steps, in their order."""
        own = self._own
        steps = [settings(own)]
        hosts = {urlsplit(url).netloc: url for url in (own.token_address, own.base_url)}
        for url in hosts.values():
            steps += yield from self._line(url)
        steps.append((yield from self._token()))
        steps += (
            (yield from self._access())
            if steps[-1].reussie
            else _untried("", "droits", "compte", "sante")
        )
        steps.append((yield from work(partial(_book, self._book))))
        return steps

    def _line(self, url: str) -> Steps[list[Etape]]:
        """Name, TLS and clock of an address."""
        host = urlsplit(url).hostname or ""
        proxy = proxy_of(url, self._own.proxy)
        if proxy:
            named = _well("noms", f"{host}: left to the proxy {proxy}")
        else:
            named = yield from work(partial(_resolved, host))
        if named.reussie is False:
            return [
                named,
                *(Etape(name, None, f"{host}: not tried") for name in ("tls", "horloge")),
            ]
        via = f", through the proxy {proxy}" if proxy else ""
        try:
            response = yield self._call("probe", url=url)
        except FAILURES as error:
            told = translate(error)
            whose = "" if proxy else (yield from work(partial(_stranger, url)))
            seen, _, what = str(told).partition("; ")
            constat = f"{host}: {seen}{whose}{via}; trusted: {_authorities(self._own)}"
            return [named, wrong("tls", constat, what), *_untried(host, "horloge")]
        trusted = f"{via}; trusted: {_authorities(self._own)}"
        return [named, _tls(url, response, trusted), _clock(host, response)]

    def _token(self) -> Steps[Etape]:
        address = self._own.token_address
        try:
            yield self._call("renew")
        except FAILURES as error:
            return _failed("jeton", translate(error))
        return _well("jeton", f"given by {address}")

    def _access(self) -> Steps[list[Etape]]:
        """Rights of the application, the technical account and the health."""
        operation = contract().consulter
        told: DepotFluxError | None = None
        try:
            arguments = contract().consultation(_UNKNOWN, self._said)
            yield Call(self._client, operation, lambda _: arguments, Policy(_never))
        except FAILURES as error:
            told = translate(error, of_flux=True)
        if told is None or told.code in {"REFUS", "FLUX_INCONNU"}:
            steps = [
                _well("droits", "the API answers this application"),
                _well("compte", f"{self._own.login} is let in"),
            ]
        elif told.code == "COMPTE":
            steps = [
                _well("droits", "the gateway lets this application through"),
                _failed("compte", told),
            ]
        else:
            steps = [_failed("droits", told), *_untried("", "compte")]
        return [*steps, (yield from self._health())]

    def _health(self) -> Steps[Etape]:
        try:
            works = yield from self._following.sante()
        except ReponseError as error:
            if error.reponse is None:  # the contract has no such operation
                return Etape("sante", None, str(error))
            return _failed("sante", error)
        except DepotFluxError as error:
            return _failed("sante", error)
        if works:
            return _well("sante", "the platform says that it works")
        return wrong("sante", "the platform says that it does not work now", "try later")

    def _call(self, role: str, **arguments: Any) -> Call:
        operation = cast("Operation", _Ask(role))
        return Call(self._client, operation, lambda _: arguments, Policy(_never))


def wrong(name: str, constat: str, remede: str) -> Etape:
    """A step at which something is to be done."""
    return Etape(name, reussie=False, constat=constat, remede=remede)


def _well(name: str, constat: str) -> Etape:
    return Etape(name, reussie=True, constat=constat)


def settings(own: Configuration) -> Etape:
    """The settings and where each comes from; of secrets the end alone."""
    lines = []
    for name in FIELDS:
        value = getattr(own, name)
        if not value and name not in own.origines:
            continue
        default = value == Configuration.__dataclass_fields__[name].default
        origin = own.origines.get(name, "default" if default else "argument")
        lines.append(f"{name} = {_shown(name, value)} ({origin})")
    if not own.token_url:
        lines.append(f"token_url = {own.token_address} (default, of base_url)")
    return _well("reglages", "\n".join(lines))


def proxy_of(url: str, own: str) -> str:
    """The proxy that a request to an address takes, without what may be secret in it."""
    parts = urlsplit(url)
    if not uses_proxies(url):
        return ""
    known = getproxies()
    proxy = own or known.get(parts.scheme) or known.get("all") or ""
    if not own and proxy_bypass(parts.hostname or ""):
        return ""
    return proxy.rpartition("@")[2].rpartition("//")[2].rstrip("/")


def _shown(name: str, value: Any) -> str:
    if name in SECRETS:
        return f"…{value[-_SHOWN:]}" if len(value) > 2 * _SHOWN else "…"
    if name in {"complements", "headers"}:
        return ", ".join(sorted(value)) or "none"
    if name == "proxy":
        return str(value).rpartition("@")[2]
    return str(value)


def _untried(host: str, *names: str) -> list[Etape]:
    return [Etape(name, None, f"{host}{host and ': '}not tried") for name in names]


def _failed(name: str, error: DepotFluxError) -> Etape:
    seen, _, what = str(error).partition("; ")
    return wrong(name, seen, what)


def _never(_error: BaseException) -> bool:
    return False


def _resolved(host: str) -> Etape:
    try:
        found = {each[4][0] for each in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError) as error:
        remedy = (
            "check the host in base_url and token_url, and this machine's DNS; behind a proxy, "
        )
        return wrong("noms", f"{host}: {error}", f"{remedy}set HTTPS_PROXY")
    return _well("noms", f"{host} is {', '.join(sorted(map(str, found)))}")


def _authorities(own: Configuration) -> str:
    """Which certificates are trusted, and who says so."""
    if own.ca_bundle:
        return f"{own.ca_bundle} (ca_bundle)"
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if os.environ.get(variable):
            return f"{os.environ[variable]} ({variable})"
    return f"{certifi.where()} (certifi)"


def _tls(url: str, response: httpx.Response, trusted: str) -> Etape:
    host, secured = urlsplit(url).netloc, urlsplit(url).scheme == "https"
    if not secured:
        return _well("tls", f"{host}: in clear, for this machine or private hosts only")
    stream = response.extensions.get("network_stream")
    connection = stream.get_extra_info("ssl_object") if stream else None
    certificate = connection.getpeercert() if connection else None
    if not certificate:
        return _well("tls", f"{host}: the connection is the caller's{trusted}")
    left = _days_left(certificate)
    constat = f"{host}: {_whose(certificate)}, good for {left} days{trusted}"
    if left < MIN_DAYS:
        return wrong("tls", constat, "whoever runs the server must renew its certificate")
    return _well("tls", constat)


def _stranger(url: str) -> str:
    """Whose certificate a server shows that is not trusted; empty where that cannot be told."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        return ""
    address = (parts.hostname or "", parts.port or 443)
    try:
        # Trusted for this one look, which sends nothing.
        shown = ssl.get_server_certificate(address, timeout=10)
        context = ssl.create_default_context(cadata=shown)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        with (
            socket.create_connection(address, timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=address[0]) as secured,
        ):
            return f" (it shows {_whose(secured.getpeercert() or {})})"
    except (OSError, ValueError):
        return ""


def _whose(certificate: Any) -> str:
    names = {
        which: dict(pair for group in certificate.get(which, ()) for pair in group)
        for which in ("subject", "issuer")
    }
    subject, issuer = (
        each.get("commonName") or each.get("organizationName") or "nobody named"
        for each in names.values()
    )
    return f"a certificate of {subject}, issued by {issuer}"


def _days_left(certificate: Any) -> int:
    end = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    return int((end - datetime.now(UTC).timestamp()) // 86400)


def _clock(host: str, response: httpx.Response) -> Etape:
    try:
        date = parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError):
        return Etape("horloge", None, f"{host}: it says no date")
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    skew = (datetime.now(UTC) - date).total_seconds()
    constat = f"{host}: this machine is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}"
    if abs(skew) > MAX_SKEW:
        return wrong("horloge", constat, "set this machine's clock, by NTP for instance")
    return _well("horloge", constat)


def _book(book: Book) -> Etape:
    try:
        version = book.file.version()
        free = disk_usage(book.path.parent).free
    except (LivreError, OSError) as error:
        return wrong("livre", str(error), "make the receipt book accessible")
    constat = f"{book.path}: writable, version {version}, {free // 1_000_000} Mo free"
    if free < MIN_FREE:
        return wrong("livre", constat, "make room: nothing is sent that cannot be noted")
    return _well("livre", constat)
