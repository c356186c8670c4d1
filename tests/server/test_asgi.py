"""How the server reads bodies: all beside each other, each for a while, and no more than it may."""

import asyncio
import errno
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from depot_flux_simulator.deposit import Deposited
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.serve import asgi
from depot_flux_simulator.serve.asgi import Asgi
from depot_flux_simulator.serve.threads import Threads
from depot_flux_simulator.store.upload import Upload
from depot_flux_simulator.testing import Simulator
from depot_flux_simulator.web.reception import Reception
from tests.support.contract import CONTRACT

GOOD = facture_ubl()
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
TOKEN = "/api/oauth/token"
DEPOSIT = CONTRACT.base_path + CONTRACT.deposer.path
pytestmark = pytest.mark.reconstruction


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(pace=0) as running:
        yield running


@pytest.fixture
def app(simulator: Simulator, tmp_path: Path) -> Asgi:
    parts: Parts = simulator.app.extensions["depot_flux"]
    return Asgi(simulator.app, Reception(parts), tmp_path)


def access(simulator: Simulator) -> dict[str, str]:
    return simulator.headers()


async def call(
    app: Asgi, method: str, path: str, headers: dict[str, str], receive: Receive
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer."""
    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)

    await app(scope(method, path, headers), receive, send)
    start, *bodies = told
    sent = {k.decode().lower(): v.decode() for k, v in start["headers"]}
    return start["status"], sent, b"".join(body["body"] for body in bodies)


def scope(method: str, path: str, headers: dict[str, str]) -> Message:
    return {
        "type": "http",
        "method": method,
        "raw_path": path.encode(),
        "query_string": b"",
        "server": ("127.0.0.1", "80"),
        "client": ("127.0.0.1", "1234"),
        "scheme": "http",
        "http_version": "1.1",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
    }


def pieces(*chunks: bytes, pause: float = 0.0, forever: bool = False) -> Receive:
    """A body in pieces, its end never reached if it is forever."""
    left = list(chunks)

    async def receive() -> Message:
        await asyncio.sleep(pause)
        if not left and forever:
            await asyncio.Event().wait()
        chunk = left.pop(0) if left else b""
        return {"type": "http.request", "body": chunk, "more_body": bool(left) or forever}

    return receive


FORM = "application/x-www-form-urlencoded"
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}


def form(content: bytes) -> bytes:
    head = b'--b\r\nContent-Disposition: form-data; name="'
    return (
        head + b'codeInterface"\r\n\r\nFSO3110A\r\n' + head
        + b'fichier"; filename="a.xml"\r\n\r\n' + content + b"\r\n--b--\r\n"
    )  # fmt: skip


def test_a_body_in_pieces_is_put_together_in_memory_or_in_a_file(
    simulator: Simulator, app: Asgi
) -> None:
    for size in (100, 300_000):
        body = form(bytes(size))
        headers = {**access(simulator), **MULTIPART, "Transfer-Encoding": "chunked"}
        cut = [body[start : start + 50_000] for start in range(0, len(body), 50_000)]
        status, _, answer = asyncio.run(call(app, "POST", DEPOSIT, headers, pieces(*cut)))
        assert status == 201
        assert simulator.flux(json.loads(answer)["idFlux"]).flux.taille == size


def test_a_body_of_known_length_is_whole_once_it_is_there(simulator: Simulator, app: Asgi) -> None:
    body = form(GOOD)
    headers = {**access(simulator), **MULTIPART, "Content-Length": str(len(body))}
    waits = pieces(body[:50], body[50:], forever=True)
    called = asyncio.wait_for(call(app, "POST", DEPOSIT, headers, waits), 5)
    status, _, answer = asyncio.run(called)
    assert status == 201
    assert simulator.flux(json.loads(answer)["idFlux"]).flux.taille == len(GOOD)


def test_a_length_beside_pieces_does_not_end_a_body(simulator: Simulator, app: Asgi) -> None:
    body = form(GOOD)
    headers = {**access(simulator), **MULTIPART, "Transfer-Encoding": "chunked"}
    first = body.index(b"\r\n\r\n", body.index(b"fichier")) + 100
    cut = pieces(body[:first], body[first:])
    said = {**headers, "Content-Length": str(first)}
    status, _, answer = asyncio.run(call(app, "POST", DEPOSIT, said, cut))
    assert status == 201
    assert simulator.flux(json.loads(answer)["idFlux"]).flux.taille == len(GOOD)


def test_a_body_that_never_ends_is_408_and_holds_nobody_up(
    simulator: Simulator, app: Asgi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "GRACE_SECONDS", 0.5)
    slow = {"Content-Type": FORM, "Content-Length": "100"}
    deposit = {**access(simulator), **MULTIPART, "Content-Length": "100000"}
    id_flux = simulator.deposit(b"<a/>")
    path = CONTRACT.location(id_flux, CONTRACT.base_path)

    async def all_of_them() -> tuple[list[Any], Any, bool]:
        late = [call(app, "POST", TOKEN, slow, pieces(b"g", forever=True)) for _ in range(150)]
        late += [call(app, "POST", DEPOSIT, deposit, pieces(b"-", forever=True)) for _ in range(99)]
        waiting = asyncio.gather(*late)
        await asyncio.sleep(0.05)
        read = await call(app, "GET", path, access(simulator), pieces())
        return await waiting, read, waiting.done()

    late, read, _ = asyncio.run(all_of_them())
    assert read[0] == 200
    assert {status for status, _, _ in late} == {408}
    assert {headers["content-type"] for _, headers, _ in late} == {"application/problem+json"}


def test_a_slow_body_is_taken_as_long_as_it_keeps_the_least_rate(
    simulator: Simulator, app: Asgi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "GRACE_SECONDS", 0.0)
    headers = {**access(simulator), **MULTIPART, "Transfer-Encoding": "chunked"}
    body = form(b"<a/>")
    cut = [body[start : start + 20] for start in range(0, len(body), 20)]

    async def status(rate: int) -> int:
        monkeypatch.setattr(asgi, "BYTES_PER_SECOND", rate)
        return (await call(app, "POST", DEPOSIT, headers, pieces(*cut, pause=0.1)))[0]

    async def both() -> list[int]:  # on one loop, which is that of whoever gives up
        return [await status(rate) for rate in (10_000, 10)]

    assert asyncio.run(both()) == [408, 201]


def test_a_token_takes_a_few_kilobytes_and_no_more(app: Asgi) -> None:
    for headers in ({"Content-Length": "9000"}, {"Transfer-Encoding": "chunked"}):
        sent = {"Content-Type": FORM, **headers}
        status, _, _ = asyncio.run(call(app, "POST", TOKEN, sent, pieces(b"x" * 9_000)))
        assert status == 413


def test_a_deposit_by_nobody_knows_whom_is_not_read(simulator: Simulator, app: Asgi) -> None:
    async def never() -> Message:
        raise AssertionError("read")

    headers = {**access(simulator), **MULTIPART, "Content-Length": "100", "cpro-account": "x"}
    assert asyncio.run(call(app, "POST", DEPOSIT, headers, never))[0] == 403
    del headers["Authorization"]
    assert asyncio.run(call(app, "POST", DEPOSIT, headers, never))[0] == 401


def test_what_goes_wrong_around_flask_is_answered_as_the_contract_says(
    simulator: Simulator, app: Asgi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(simulator.app.extensions["depot_flux"].journal, "write", explode)
    status, headers, body = asyncio.run(call(app, "GET", "/nowhere", {}, pieces()))
    assert (status, headers["content-type"]) == (500, "application/problem+json")
    assert b"secret" not in body


@pytest.mark.parametrize("slash", ["%2F", "%2f"])
def test_a_slash_in_disguise_separates_nothing(simulator: Simulator, app: Asgi, slash: str) -> None:
    path = CONTRACT.location(simulator.deposit(b"<a/>"), CONTRACT.base_path)
    before, _, last = path.rpartition("/")
    for address in (f"{before}{slash}{last}", f"{slash}{path[1:]}", f"{path}{slash}"):
        status, _, _ = asyncio.run(call(app, "GET", address, access(simulator), pieces()))
        assert status in (400, 404)
        with httpx.Client(transport=simulator.transport, base_url=simulator.url) as client:
            assert client.get(address, headers=access(simulator)).status_code == status
    good = path.replace("f", "%66")
    assert asyncio.run(call(app, "GET", good, access(simulator), pieces()))[0] == 200


def test_a_length_with_noughts_before_it_is_told_by_the_journal(
    simulator: Simulator, app: Asgi
) -> None:
    headers = {**access(simulator), "Content-Length": "0005"}
    asyncio.run(call(app, "GET", "/noughts", headers, pieces(b"12345")))
    last = simulator.journal()[-1]
    assert (last.chemin, last.taille_requete) == ("/noughts", 5)


def test_a_body_that_finds_no_room_is_503(
    simulator: Simulator, app: Asgi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    headers = {**access(simulator), **MULTIPART, "Content-Length": "300000"}
    status, _, answer = asyncio.run(
        call(app, "POST", DEPOSIT, headers, pieces(form(bytes(300_000))))
    )
    assert status == 503
    assert "place" in json.loads(answer)["detail"]


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOENT])
def test_a_body_that_cannot_be_kept_is_503(
    simulator: Simulator, app: Asgi, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(**_: object) -> None:
        raise OSError(number, "no more of them")

    monkeypatch.setattr("tempfile.TemporaryFile", fail)
    headers = {**access(simulator), **MULTIPART, "Content-Length": "300000"}
    status, sent, _ = asyncio.run(call(app, "POST", DEPOSIT, headers, pieces(form(bytes(300_000)))))
    assert (status, sent["content-type"]) == (503, "application/problem+json")


@pytest.mark.parametrize("length", ["0" * 5_000 + "5", "0005", "9" * 5_000])
def test_a_length_of_many_digits_is_a_length(app: Asgi, length: str) -> None:
    sent = {"Content-Type": FORM, "Content-Length": length}
    status, _, _ = asyncio.run(call(app, "POST", TOKEN, sent, pieces(b"abcde")))
    assert status == (413 if length.startswith("9") else 400)


def test_what_did_not_come_to_its_end_is_not_carried_out(
    simulator: Simulator, app: Asgi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "GRACE_SECONDS", 0.3)
    id_flux = simulator.deposit(b"<a/>")
    path = "/_simulator/reset"

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def statuses() -> list[int]:
        ways = [("100", pieces(b"x", forever=True)), ("100", gone), ("9000000", pieces())]
        return [
            (await call(app, "POST", path, {"Content-Length": length}, receive))[0]
            for length, receive in ways
        ]

    assert asyncio.run(statuses()) == [408, 400, 413]
    assert id_flux in [view.id_flux for view in simulator.search()]
    assert asyncio.run(call(app, "POST", path, {}, pieces()))[0] == 204
    assert simulator.search() == []


def test_those_who_do_not_read_what_they_asked_for_hold_up_no_others(
    simulator: Simulator, app: Asgi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "GRACE_SECONDS", 1.0)
    big = b"<a>" + bytes(300_000) + b"</a>"
    id_flux = simulator.deposit(big)
    path = f"/_simulator/flux/{id_flux}/contenu"

    async def deaf(message: Message) -> None:
        if message.get("more_body"):
            await asyncio.Event().wait()

    async def all_of_them() -> tuple[Any, Any]:
        waiting = asyncio.gather(*[app(scope("GET", path, {}), pieces(), deaf) for _ in range(100)])
        await asyncio.sleep(0.1)
        read = await asyncio.wait_for(call(app, "GET", path, {}, pieces()), 30)
        return read, await asyncio.wait_for(waiting, 30)

    read, _ = asyncio.run(all_of_them())
    assert read[2] == big


def test_deposits_that_something_holds_up_hold_up_no_others(
    simulator: Simulator, app: Asgi, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts: Parts = simulator.app.extensions["depot_flux"]
    store, free = parts.deposits.store, Event()

    def held_up(depot: Depot, file: Upload) -> Deposited:
        file.seek(0)
        if file.read() in (b"<a>0</a>", b"<a>1</a>", b"<a>2</a>"):
            assert free.wait(20)
        return store(depot, file)

    monkeypatch.setattr(parts.deposits, "store", held_up)
    headers = {**access(simulator), **MULTIPART, "Transfer-Encoding": "chunked"}

    async def status(number: int) -> int:
        body = form(b"<a>%d</a>" % number)
        return (await call(app, "POST", DEPOSIT, headers, pieces(body)))[0]

    async def all_of_them() -> list[int]:
        held = [asyncio.ensure_future(status(number)) for number in range(3)]
        others = await asyncio.gather(*(status(number) for number in range(3, 6)))
        assert not any(each.done() for each in held)
        free.set()
        return [*others, *await asyncio.gather(*held)]

    assert asyncio.run(all_of_them()) == [201] * 6


def in_threads(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each call that is made in a thread from now on, whether it is a brief one."""
    told: list[bool] = []
    run = Threads.run

    async def noted(self: Threads, answer: Callable[[], Any], *, brief: bool) -> Any:
        told.append(brief)
        return await run(self, answer, brief=brief)

    monkeypatch.setattr(Threads, "run", noted)
    return told


def test_a_deposit_is_brief_unless_it_is_large_or_a_fault_may_strike(
    simulator: Simulator, app: Asgi, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = in_threads(monkeypatch)
    headers = {**access(simulator), **MULTIPART, "Transfer-Encoding": "chunked"}

    def deposit(size: int) -> None:
        asyncio.run(call(app, "POST", DEPOSIT, headers, pieces(form(bytes(size)))))

    deposit(100)
    deposit(300_000)
    rule = simulator.fault("latency", operations=["deposer"], delay=0.001)
    deposit(100)
    simulator.remove(rule)
    asyncio.run(call(app, "GET", "/_simulator/clock", {}, pieces()))
    assert told == [True, False, False, False]
