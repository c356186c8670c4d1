"""What a gateway may answer, wherever and whenever: error, words, number of calls, receipt book."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from depot_flux import (
    AsyncDepotFlux,
    AuthentificationError,
    Configuration,
    ConfigurationError,
    DepotFlux,
    DepotFluxError,
    DepotIncertain,
    Etat,
    IndisponibleError,
    ReponseError,
    RequeteRefuseeError,
    StatutInconnuError,
)
from tests.support.fake_platform import CODE, URL
from tests.support.gateway import (
    GIVEN,
    ID,
    TOKEN,
    Answer,
    Cut,
    Gateway,
    broken,
    page,
    problem,
    said,
    squeezed,
)

BIG = b"<a>" + b" " * 1_000_000 + b"</a>"
PISTE = r"subscribed to this API.*terms of use.*technical account has a connection.*base_url"
ADDRESS = "base_url is not the address of the API"
DONE = said(201, f'{{"idFlux": "{ID}"}}')
STATUS = said(200, f'{{"idFlux": "{ID}", "statut": "RECU"}}')
SECRETS = (TOKEN, "s3same", "demo-secret", "demo-password")
REFUSED, UNSURE, NOTHING = Etat.REFUSE, Etat.INCERTAIN, None


@dataclass(frozen=True)
class Row:
    """A case.

    Attributes:
        what: is asked: deposer, gros (a deposit of several blocks), consulter, superviser.
        answers: of the gateway, the last one from then on.
        error: what comes of it, with its code; None for a success.
        words: the message has, as a regular expression.
        calls: on the API.
        etat: of the deposit in the book, None for none there.
        tokens: answers of the token endpoint.
        asked: how often it was asked.
    """

    what: str
    answers: list[Answer]
    error: type[DepotFluxError] | None
    code: str = ""
    words: str = ""
    calls: int = 1
    etat: Etat | None = None
    tokens: tuple[Answer, ...] = (GIVEN,)
    asked: int | None = None


Error = type[DepotFluxError] | None


def deposit(
    answer: Answer,
    error: Error,
    code: str = "",
    words: str = "",
    *,
    calls: int = 1,
    etat: Etat | None = REFUSED,
    asked: int | None = None,
) -> Row:
    return Row("deposer", [answer], error, code, words, calls, etat, asked=asked)


def look(answer: Answer, error: Error, code: str = "", words: str = "", *, calls: int = 1) -> Row:
    return Row("consulter", [answer], error, code, words, calls)


def token(
    answer: Answer,
    error: Error,
    code: str = "",
    words: str = "",
    *,
    calls: int = 0,
    etat: Etat | None = NOTHING,
    asked: int = 1,
) -> Row:
    return Row("deposer", [DONE], error, code, words, calls, etat, (answer,), asked)


AUTH, CONF, SICK, ODD = AuthentificationError, ConfigurationError, IndisponibleError, ReponseError
NO, PERHAPS = RequeteRefuseeError, DepotIncertain

# More arrays in each other than a JSON reader goes into.
DEEP = "[" * 100_000
ROWS = {
    # Access: the commonest trouble.
    "403 page": deposit(page(403), AUTH, "DROITS", f"gateway.*403 .HTML: 'Forbidden.*{PISTE}"),
    "403 empty": deposit(said(403), AUTH, "DROITS", f"gateway.*403 .no body.*{PISTE}"),
    "403 json of the gateway": deposit(
        said(403, '{"error": "not_subscribed"}'), AUTH, "DROITS", f"not_subscribed.*{PISTE}"),
    "403 of the API": deposit(
        problem(403, "Compte sans habilitation"), AUTH, "COMPTE",
        "the platform answered 403.*Compte sans habilitation.*gateway let it through.*connection"),
    "403 before the end": Row("gros", [Answer(403, early=True)], AUTH, "DROITS", PISTE,
                              etat=NOTHING),
    "403 at a look": look(page(403), AUTH, "DROITS", PISTE),
    "403 at the health": Row("superviser", [said(403)], AUTH, "DROITS", PISTE),
    "401 page": deposit(
        page(401), AUTH, "COMPTE", "login and mot_de_passe.*environment.*client_id", calls=2,
        asked=2),
    "401 that says why": deposit(
        said(401, WWW_Authenticate='Bearer error="invalid_token", error_description="expired"'),
        AUTH, "COMPTE", 'WWW-Authenticate: Bearer error="invalid_token", error_description="exp',
        calls=2, asked=2),
    "401 once": Row("deposer", [said(401), DONE], None, calls=2, etat=Etat.DEPOSE, asked=2),
    "401 at a look once": Row("consulter", [said(401), STATUS], None, calls=2, asked=2),
    "401 of the API": look(problem(401), AUTH, "COMPTE", "login and mot_de_passe", calls=2),
    "407": deposit(said(407), CONF, "CONFIGURATION", "a proxy on the way wants a login"),
    # A wrong address.
    "404 page": deposit(page(404, "Not Found"), CONF, "ADRESSE", f"404 .HTML.*{ADDRESS}"),
    "404 empty": deposit(said(404), CONF, "ADRESSE", ADDRESS),
    "404 of an API": deposit(problem(404), CONF, "ADRESSE", ADDRESS),
    "404 page at a look": look(page(404), CONF, "ADRESSE", ADDRESS),
    "404 at the health": Row("superviser", [problem(404)], CONF, "ADRESSE", ADDRESS),
    "404 of the API at a look": look(problem(404), NO, "FLUX_INCONNU", "knows no such flux"),
    "405 page": deposit(page(405), CONF, "ADRESSE", ADDRESS),
    "405 at a look": look(problem(405), CONF, "ADRESSE", ADDRESS),
    "410": look(said(410), CONF, "ADRESSE", ADDRESS),
    "421": deposit(said(421), CONF, "ADRESSE", ADDRESS),
    **{
        f"{code}": deposit(said(code, Location="https://portal.example/?t=s3same"), CONF, "ADRESSE",
                           "a redirect to 'https://portal.example/'.*correct base_url")
        for code in (301, 302, 307, 308)
    },
    "302 to no address": deposit(
        said(302, Location="http://x:port/"), CONF, "ADRESSE", "302.*redirect"),
    "302 at a look": look(said(302, Location="/login"), CONF, "ADRESSE", "/login"),
    "303": deposit(said(303, Location="/login"), PERHAPS, "INCERTAIN", "answered 303", etat=UNSURE),
    "304": look(said(304), ODD, "REPONSE", "answered 304"),
    # Requests that stay refused.
    "400 page": deposit(page(400, "Bad Request"), NO, "REFUS", "400 .HTML.*correct the request"),
    "400 of the API": deposit(problem(400, "Nom absent"), NO, "REFUS", "Nom absent"),
    "400 at a look": look(problem(400), NO, "REFUS", "refused again"),
    "413": deposit(page(413), NO, "REFUS", "413"),
    "414": look(said(414), NO, "REFUS", "414"),
    "415": deposit(said(415), NO, "REFUS", "415"),
    "422": deposit(problem(422, "Format"), NO, "REFUS", "Format"),
    "431": deposit(said(431), NO, "REFUS", "431"),
    "413 before the end": Row("gros", [Answer(413, early=True)], NO, "REFUS", "413", etat=NOTHING),
    # What passes, or nobody knows.
    "408": deposit(said(408), PERHAPS, "INCERTAIN", "answered 408", etat=UNSURE),
    "408 at a look": look(said(408), SICK, "INDISPONIBLE", "try again later", calls=5),
    "429": deposit(said(429, Retry_After="3"), SICK, "INDISPONIBLE", "try again in 3 s", calls=5),
    "429 for long": deposit(
        said(429, Retry_After="600"), SICK, "INDISPONIBLE", r"in 600 s \(more than 120 s is not"),
    "429 by a date long ago": deposit(
        said(429, Retry_After="Wed, 21 Oct 2020 07:28:00 GMT"), SICK, "INDISPONIBLE", "in 0 s",
        calls=5),
    "429 once": Row("deposer", [said(429), DONE], None, calls=2, etat=Etat.DEPOSE),
    "500 page": deposit(page(500), PERHAPS, "INCERTAIN", "answered 500", etat=UNSURE),
    "500 at a look": look(page(500), SICK, "INDISPONIBLE", "gateway.*500", calls=5),
    "501": deposit(said(501), PERHAPS, "INCERTAIN", "answered 501", etat=UNSURE),
    "501 at a look": look(said(501), ODD, "REPONSE", "version of the API"),
    "502": deposit(page(502), PERHAPS, "INCERTAIN", "answered 502", etat=UNSURE),
    "503": deposit(said(503), PERHAPS, "INCERTAIN", "answered 503", etat=UNSURE),
    "503 to be waited for": deposit(
        page(503, Retry_After="2"), SICK, "INDISPONIBLE", "in 2 s", calls=5),
    "504": deposit(page(504, "Gateway Timeout", X_Request_Id="r-17"), PERHAPS, "INCERTAIN",
                   "504 .HTML: 'Gateway Timeout.*X-Request-Id: r-17", etat=UNSURE),
    "504 once at a look": Row("consulter", [page(504), STATUS], None, calls=2),
    "520 at a look": look(said(520), SICK, "INDISPONIBLE", "520"),
    "503 at the health": Row("superviser", [problem(503)], None, calls=5),
    # Answers that cannot be read.
    "201 page": deposit(page(201), PERHAPS, "INCERTAIN", "cannot be read", etat=UNSURE),
    "201 empty": deposit(said(201), PERHAPS, "INCERTAIN", "cannot be read", etat=UNSURE),
    "201 in a broken gzip": deposit(
        squeezed(DONE, corrupt=True), PERHAPS, "INCERTAIN", "cannot be read", etat=UNSURE),
    "201 in gzip": deposit(squeezed(DONE), None, etat=Etat.DEPOSE),
    "201 in a broken gzip with Location": deposit(
        squeezed(Answer(201, b"{}", {"Location": f"/flux/{ID}"}), corrupt=True), None,
        etat=Etat.DEPOSE),
    "201 cut with Location": deposit(
        Answer(201, b'{"idF', {"Location": f"/flux/{ID}"}, Cut()), None, etat=Etat.DEPOSE),
    "201 cut": deposit(Answer(201, b'{"idF', cut=Cut()), PERHAPS, "INCERTAIN", "read", etat=UNSURE),
    "201 nested too deep": deposit(
        said(201, DEEP), PERHAPS, "INCERTAIN", "cannot be read", etat=UNSURE),
    "200 nested too deep": look(said(200, DEEP), ODD, "REPONSE", "cannot be read", calls=5),
    "400 nested too deep": deposit(said(400, DEEP), NO, "REFUS", "correct the request"),
    "200 in words": look(said(200, "OK"), ODD, "REPONSE", "cannot be read.*200 .OK", calls=5),
    "200 page": look(page(200, "Login"), ODD, "REPONSE", "200 .HTML: 'Login", calls=5),
    "200 in a broken gzip": look(
        squeezed(STATUS, corrupt=True), ODD, "REPONSE", "cannot be read", calls=5),
    "200 cut": look(Answer(200, b'{"s', cut=Cut()), ODD, "REPONSE", 'cannot be read.*{"s', calls=5),
    "403 in a broken gzip": deposit(
        squeezed(said(403), corrupt=True), AUTH, "DROITS", PISTE),
    "403 cut": deposit(Answer(403, b"<html><h", cut=Cut()), AUTH, "DROITS", PISTE),
    "503 in a broken gzip": look(squeezed(said(503), corrupt=True), SICK, "INDISPONIBLE", "503",
                                 calls=5),
    # Statuses and fields.
    "a status nobody knows": look(
        said(200, f'{{"idFlux": "{ID}", "statut": "PARTIEL"}}'), StatutInconnuError,
        "STATUT_INCONNU", "the status 'PARTIEL'"),
    "no status": look(said(200, f'{{"idFlux": "{ID}"}}'), ODD, "REPONSE",
                      "holds no status.*`statut`.*CPP0013110000000000425903"),
    "no object": look(said(200, '["RECU"]'), ODD, "REPONSE", "cannot be read.*RECU", calls=5),
    "204 at a look": look(said(204), ODD, "REPONSE", "holds no status.*204 .no body"),
    "an identifier as a number": deposit(said(202, '{"idFlux": 12345}'), None, etat=Etat.DEPOSE),
    # Connections.
    "no connection": deposit(broken(httpx.ConnectError), SICK, "INJOIGNABLE", "reset", calls=5),
    "no connection in time": deposit(
        broken(httpx.ConnectTimeout), SICK, "INJOIGNABLE", "ConnectTimeout", calls=5),
    "no proxy": deposit(broken(httpx.ProxyError), SICK, "INJOIGNABLE", "check the proxy", calls=5),
    "no answer": deposit(broken(httpx.ReadTimeout), PERHAPS, "INCERTAIN", "ReadTimeout",
                         etat=UNSURE),
    "reset after the end": deposit(broken(httpx.ReadError), PERHAPS, "INCERTAIN", "ReadError",
                                   etat=UNSURE),
    "nonsense": deposit(broken(httpx.RemoteProtocolError), PERHAPS, "INCERTAIN", "Protocol",
                        etat=UNSURE),
    "reset before the end": Row("gros", [broken(httpx.WriteError, early=True)], SICK, "COUPE",
                                "reset", calls=5, etat=NOTHING),
    "reset before the end once": Row("gros", [broken(httpx.WriteError, early=True), DONE], None,
                                     calls=2, etat=Etat.DEPOSE),
    "no answer to a look": look(broken(httpx.ReadTimeout), SICK, "INJOIGNABLE", "Timeout", calls=5),
    # The token endpoint.
    "a wrong client": token(said(400, '{"error": "invalid_client"}'), AUTH, "JETON",
                            "invalid_client.*client_id and client_secret"),
    "a wrong client that is told why": token(
        said(401, '{"error": "invalid_client", "error_description": "Unknown client"}'), AUTH,
        "JETON", "invalid_client, Unknown client"),
    "a token page": token(page(403), AUTH, "JETON", "403 .*HTML: 'Forbidden.*token_url"),
    "a token 200 page": token(page(200, "Login"), AUTH, "JETON", "200.*'Login.*token_url"),
    "a token list": token(said(200, '["t"]'), AUTH, "JETON", "no token"),
    "a token null": token(said(200, "null"), AUTH, "JETON", "no token"),
    "a token that is none": token(said(200, '{"access_token": {"a": 1}}'), AUTH, "JETON", "no tok"),
    "a token that breaks a header": token(
        said(200, '{"access_token": "a\\nb"}'), AUTH, "JETON", "no token"),
    "a token of no lifetime": token(
        said(200, f'{{"access_token": "{TOKEN}", "expires_in": -5}}'), None, calls=1,
        etat=Etat.DEPOSE),
    "a token of a lifetime in words": token(
        said(200, f'{{"access_token": "{TOKEN}", "expires_in": "soon"}}'), None, calls=1,
        etat=Etat.DEPOSE),
    "a token in a broken gzip": token(squeezed(GIVEN, corrupt=True), AUTH, "JETON", "no token"),
    "a token cut": token(Answer(200, b'{"acc', cut=Cut()), AUTH, "JETON", "no token"),
    "a token 404": token(page(404), CONF, "ADRESSE", "correct token_url"),
    "a token 405": token(said(405), CONF, "ADRESSE", "correct token_url"),
    "a token 302": token(said(302, Location="/x"), CONF, "ADRESSE", "redirect.*correct token_url"),
    "a token 500": token(page(500), SICK, "INDISPONIBLE", "500.*try again later", asked=5),
    "a token 503": token(said(503, Retry_After="4"), SICK, "INDISPONIBLE", "in 4 s", asked=5),
    "a token 503 for long": token(
        said(503, Retry_After="500"), SICK, "INDISPONIBLE", r"in 500 s \(more than 120 s", asked=1),
    "a token 429 by a date": token(
        said(429, Retry_After="Wed, 21 Oct 2020 07:28:00 GMT"), SICK, "INDISPONIBLE", "in 0 s",
        asked=5),
    "no token connection": token(
        broken(httpx.ConnectError), SICK, "INJOIGNABLE", "token endpoint.*cannot be reached",
        asked=5),
}  # fmt: skip


class Waiting:
    """Waits that take no time."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def pause(self, seconds: float) -> None:
        self.waits.append(seconds)


def ask(depot: DepotFlux, what: str) -> object:
    calls: dict[str, Callable[[], object]] = {
        "deposer": lambda: depot.deposer(CODE, b"<a/>", nom="F.xml"),
        "gros": lambda: depot.deposer(CODE, BIG, nom="F.xml"),
        "consulter": lambda: depot.consulter(ID),
        "superviser": depot.sante,
    }
    return calls[what]()


async def ask_async(depot: AsyncDepotFlux, what: str) -> object:
    if what in {"deposer", "gros"}:
        return await depot.deposer(CODE, b"<a/>" if what == "deposer" else BIG, nom="F.xml")
    return await (depot.consulter(ID) if what == "consulter" else depot.sante())


def configuration_of(folder: Path) -> Configuration:
    return Configuration(
        base_url=URL,
        client_id="demo-client",
        client_secret="demo-secret",
        login="demo@depot-flux.example",
        mot_de_passe="demo-password",
        code_application="AAA123",
        fichier_recus=str(folder / "recus.db"),
    )


def happened(
    row: Row, configuration: Configuration, gateway: Gateway, waiting: Waiting, asynchronous: bool
) -> DepotFluxError | None:
    """What comes of a row; the state of the book is looked at."""
    error: DepotFluxError | None = None

    async def program() -> None:
        async with AsyncDepotFlux(configuration, transport=gateway) as depot:
            depot._clock.pause = waiting.pause
            await ask_async(depot, row.what)

    try:
        if asynchronous:
            asyncio.run(program())
        else:
            with DepotFlux(configuration, transport=gateway) as depot:
                depot._clock.sleep = waiting.sleep
                ask(depot, row.what)
    except DepotFluxError as raised:
        error = raised
    with DepotFlux(configuration, transport=gateway) as depot:
        assert [recu.etat for recu in depot.livre.recus()] == ([row.etat] if row.etat else [])
    return error


@pytest.mark.reconstruction
@pytest.mark.parametrize(
    "asynchronous", [False, pytest.param(True, marks=pytest.mark.deep)], ids=["sync", "async"]
)
@pytest.mark.parametrize("name", ROWS)
def test_each_answer_of_a_gateway_says_what_is_wrong(
    tmp_path: Path, name: str, asynchronous: bool
) -> None:
    row, waiting = ROWS[name], Waiting()
    gateway = Gateway(row.answers, list(row.tokens))
    error = happened(row, configuration_of(tmp_path), gateway, waiting, asynchronous)
    assert type(error) is (row.error or type(None)), error
    assert (gateway.calls, gateway.tokens) == (row.calls, row.asked or gateway.tokens)
    if error is None:
        return
    assert error.code == row.code
    assert waiting.waits == [] or max(waiting.waits) <= 120
    message = " ".join(str(error).split())
    assert re.search(row.words, message), message
    answered = [*row.answers, *row.tokens][0 if row.tokens == (GIVEN,) else -1]
    if answered.status and not isinstance(error, ConfigurationError | StatutInconnuError):
        assert error.reponse
        assert error.reponse.statut == answered.status
    for shown in (message, repr(error.reponse)):
        assert not [secret for secret in SECRETS if secret in shown], shown


def test_the_table_has_the_cases_that_it_is_to_have() -> None:
    assert len(ROWS) >= 60
