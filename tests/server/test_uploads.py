"""Bodies as clients really send them: cut, half closed, broken, slow; a flux is whole or none."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Simulator
from tests.support.raw import raw_contract
from tests.support.served import access, served

GOOD = facture_ubl()
pytestmark = pytest.mark.reconstruction


@dataclass(frozen=True)
class Target:
    """A simulator whose contract takes the bytes of a flux alone.

    Attributes:
        url: where it is served.
        contents: where it keeps bytes.
    """

    url: str
    contents: Path

    def send(self, head: str, *pieces: bytes, whole: bool = False, close: bool = False) -> bytes:
        """Send a deposit over a bare socket, half closed unless it is whole; the answer if any."""
        host, port = self.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            lines = [f"{k}: {v}" for k, v in access(self.url).items()]
            lines += [
                "Host: x",
                "Connection: close",
                "Content-Type: application/octet-stream",
                head,
                "",
                "",
            ]
            connection.sendall(b"POST /flux HTTP/1.1\r\n" + "\r\n".join(lines).encode())
            for piece in pieces:
                connection.sendall(piece)
            if close:
                return b""
            if not whole:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := connection.recv(65_536):
                answer += chunk
            return answer

    def stored(self) -> list[dict[str, object]]:
        """Every flux it holds."""
        page = httpx.get(f"{self.url}/_simulator/flux", params={"limit": 100}).json()
        flux: list[dict[str, object]] = page["flux"]
        return flux

    def kept(self) -> int:
        """Of how many flux it holds the bytes, or of deposits that are none."""
        files = sum(1 for path in self.contents.iterdir() if len(path.name) == 32)
        with closing(sqlite3.connect(self.contents.with_name("flux.db"))) as database:
            return files + int(database.execute("SELECT COUNT(*) FROM octets").fetchone()[0])


@pytest.fixture(scope="module", params=["granian", "werkzeug"])
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("raw")
    contract = raw_contract(folder)
    contents = folder / "flux.db-contenus"
    if request.param == "werkzeug":
        with Simulator(folder=folder, contract=contract, pace=0) as simulator:
            yield Target(simulator.serve(), contents)
        return
    with served(folder, "--contract", str(contract), "--pace", "0", "--workers", "1") as running:
        yield Target(running.url, contents)


@pytest.fixture(autouse=True)
def _clean(target: Target) -> None:
    httpx.post(f"{target.url}/_simulator/reset")


CHUNKED = "Transfer-Encoding: chunked"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@pytest.mark.parametrize(
    ("head", "pieces"),
    [
        ("Content-Length: 5000", [GOOD[:1_000]]),
        ("Content-Length: 5000", []),
        ("Content-Length: 400000", [GOOD, bytes(300_000)]),
        (CHUNKED, [chunk(GOOD[:1_000])]),
        (CHUNKED, [chunk(GOOD), b"zz\r\n"]),
        (CHUNKED, [chunk(GOOD), b"10\r\nshort"]),
        (CHUNKED, [chunk(GOOD), b"-1\r\n"]),
        (CHUNKED, []),
    ],
    ids=["short", "nothing", "long", "no last chunk", "no size", "short chunk", "negative", "none"],
)
def test_a_flux_that_is_cut_is_none_and_leaves_no_bytes(
    target: Target, head: str, pieces: list[bytes]
) -> None:
    answer = target.send(head, *pieces)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    target.send(head, *pieces, close=True)
    assert target.stored() == []
    assert target.kept() == 0


@pytest.mark.parametrize(
    ("head", "pieces"),
    [
        (f"Content-Length: {len(GOOD)}", [GOOD]),
        (CHUNKED, [chunk(GOOD[:100]), chunk(GOOD[100:]), chunk(b"")]),
        ("Content-Length: 0", []),
        (CHUNKED, [chunk(b"")]),
    ],
    ids=["length", "chunked", "empty", "empty, chunked"],
)
def test_a_flux_that_is_whole_is_taken(target: Target, head: str, pieces: list[bytes]) -> None:
    assert target.send(head, *pieces, whole=True).startswith(b"HTTP/1.1 201 ")
    assert len(target.stored()) == 1
    assert target.kept() == 1
