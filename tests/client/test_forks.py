"""A process that forks: parent and children deposit on connections and books of their own."""

import asyncio
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from depot_flux import AsyncDepotFlux, ConfigurationError, DepotFlux, Etat
from depot_flux._forks import ProcessLock
from depot_flux._http.access import TokenAuth, of_caller
from depot_flux_simulator.samples import facture_ubl
from tests.support.dying import CODE, client_of
from tests.support.served import Served, served

FILES = 5


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served"), "--pace", "0", "--workers", "1") as simulator:
        yield simulator


def forked(program: Callable[[], object]) -> int:
    """Run a program in a child that is a copy of this process; its process number."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        program()
        code = 0
    except BaseException:  # noqa: BLE001 (told, and ends the child)
        traceback.print_exc()
    finally:
        os._exit(code)


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def deposits(depot: DepotFlux, who: str) -> None:
    """Deposit files, each of which is found again under its own identifier."""
    for number in range(FILES):
        name = f"{who}-{number}.xml"
        flux = depot.deposer(CODE, facture_ubl(f"{who}{number}"), nom=name)
        assert depot.consulter(flux).id == flux.id


def test_children_of_a_client_use_no_connection_of_its_own(running: Served, tmp_path: Path) -> None:
    depot = client_of(running.base_url, tmp_path / "recus.db")
    deposits(depot, "before")
    children = [forked(lambda who=who: deposits(depot, who)) for who in ("one", "two")]  # type: ignore[misc]
    deposits(depot, "parent")
    # The last connection of this process to the book; what children write must not go with it.
    depot.close()
    assert [ended(child) for child in children] == [0, 0]
    with client_of(running.base_url, tmp_path / "recus.db") as after:
        recus = after.livre.recus()
    assert len(recus) == 4 * FILES
    assert {recu.etat for recu in recus} == {Etat.DEPOSE}
    there = {flux["id_flux"]: flux["nom"] for flux in stored(running)}
    assert all(there[str(recu.id_flux)] == recu.nom for recu in recus)


@pytest.mark.deep
def test_children_of_an_asynchronous_client_open_their_own_too(
    running: Served, tmp_path: Path
) -> None:
    depot = AsyncDepotFlux(client_of(running.base_url, tmp_path / "recus.db").configuration)

    async def program(who: str) -> None:
        for number in range(FILES):
            content = facture_ubl(f"a{who}{number}")
            flux = await depot.deposer(CODE, content, nom=f"a{who}-{number}.xml")
            assert (await depot.consulter(flux)).id == flux.id

    async def both() -> int:
        await program("before")
        child = forked(lambda: threading.Thread(target=asyncio.run, args=(program("child"),)).run())
        await program("parent")
        return child

    child = asyncio.run(both())
    assert ended(child) == 0


def test_a_child_has_the_book_of_its_parent_open_nowhere(tmp_path: Path) -> None:
    """SQLite gives up a process's locks with any connection of it that is closed."""
    depot = client_of("http://127.0.0.1:9", tmp_path / "recus.db")

    def open_files() -> list[str]:
        opened = psutil.Process().open_files()
        return [file.path for file in opened if "recus.db" in file.path]

    def nothing_open() -> None:
        assert open_files() == []
        assert depot.livre.recus() == []
        assert open_files()

    assert open_files()
    assert ended(forked(nothing_open)) == 0
    assert depot.livre.recus() == []


def test_a_fork_waits_for_a_transaction_and_leaves_no_lock_behind(
    running: Served, tmp_path: Path
) -> None:
    depot = client_of(running.base_url, tmp_path / "recus.db")
    inside, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with depot._book.file.transaction():
            inside.set()
            go_on.wait(10)

    writer = threading.Thread(target=write)
    writer.start()
    inside.wait(10)
    threading.Timer(0.2, go_on.set).start()
    child = forked(lambda: deposits(depot, "locked"))
    writer.join()
    assert ended(child) == 0
    deposits(depot, "unlocked")


def at_once(program: Callable[[], object]) -> Callable[[], object]:
    """The same, in a process that ends if it waits for what nobody gives."""

    def bounded() -> None:
        signal.alarm(20)
        program()

    return bounded


def test_a_child_finds_free_what_another_thread_of_its_parent_held() -> None:
    lock = ProcessLock()
    with lock:
        child = forked(at_once(lock.__enter__))
        assert ended(child) == 0


def test_a_child_finds_free_what_a_task_of_its_parent_held() -> None:
    answer = {"access_token": "token", "expires_in": 3600}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
    auth = TokenAuth("http://x/token", "id", "secret", "account", async_transport=transport)

    def renew() -> None:
        with ThreadPoolExecutor(1) as another:  # this thread's loop is the parent's
            another.submit(asyncio.run, auth.arenew()).result()

    async def held() -> int:
        async with auth._async_lock:
            return ended(forked(at_once(renew)))

    assert asyncio.run(held()) == 0


def test_a_child_may_have_children() -> None:
    def program() -> None:
        assert ended(forked(lambda: None)) == 0

    assert ended(forked(at_once(program))) == 0


def test_a_transport_without_connections_is_as_good_in_a_child() -> None:
    brought = httpx.MockTransport(lambda _: httpx.Response(200))
    watched = of_caller(brought)
    watched.use()
    assert ended(forked(watched.use)) == 0


def test_a_transport_of_the_callers_is_refused_where_the_parent_uses_it(
    running: Served, tmp_path: Path
) -> None:
    own = client_of(running.base_url, tmp_path / "recus.db").configuration
    with httpx.HTTPTransport() as one, httpx.HTTPTransport() as other:
        used, again, unused = (DepotFlux(own, transport=each) for each in (one, one, other))
        deposits(used, "lent")

        def refused() -> None:
            for depot in (used, again):
                with pytest.raises(ConfigurationError, match="bring another one here"):
                    depot.deposer(CODE, b"<a/>", nom="F.xml")
            deposits(unused, "lent-child")

        assert ended(forked(refused)) == 0
        deposits(used, "lent-after")


def stored(running: Served) -> list[dict[str, str]]:
    page = httpx.get(f"{running.url}/_simulator/flux", params={"limit": 100}).json()
    found: list[dict[str, str]] = page["flux"]
    return found
