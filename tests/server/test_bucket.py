"""The bytes of the flux in a bucket, of a store that speaks S3."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store import bucket as module
from depot_flux_simulator.store.errors import MissingError, StoreUnreachableError
from depot_flux_simulator.store.store import Store
from tests.server.test_ownership import deposit
from tests.support.served import Served, served

PLACE = "s3://flux/team"
pytestmark = pytest.mark.deep  # the library takes long to come in


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = pytest.importorskip("moto.server").ThreadedMotoServer(
        ip_address="127.0.0.1", port=0, verbose=False
    )
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty bucket; a program takes its address and keys from the environment."""
    told = {"ENDPOINT_URL_S3": endpoint, "ACCESS_KEY_ID": "k", "SECRET_ACCESS_KEY": "s"}
    for name, value in {**told, "REGION": "eu-west-3", "DEFAULT_REGION": "eu-west-3"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    client: Any = pytest.importorskip("boto3").client("s3")
    where = {"LocationConstraint": "eu-west-3"}
    client.create_bucket(Bucket="flux", CreateBucketConfiguration=where)
    yield client
    for name in keys(client):
        client.delete_object(Bucket="flux", Key=name)
    client.delete_bucket(Bucket="flux")


def keys(client: Any) -> set[str]:
    return {each["Key"] for each in client.list_objects_v2(Bucket="flux").get("Contents", ())}


def opened(folder: Path, place: str = PLACE, database: str = "flux.db") -> Store:
    return Store(f"sqlite:///{folder / database}", place, folder / "in")


def test_what_is_deposited_lies_there_alone_and_comes_back(s3: Any, tmp_path: Path) -> None:
    store = opened(tmp_path)
    path = deposit(store)
    assert keys(s3) == {"team/identity", f"team/{path.name}"}
    assert list((tmp_path / "in").glob("[0-9a-f]*")) == []
    with store.contents.at_hand(path.name) as copy:
        assert (
            copy.read_bytes()
            == s3.get_object(Bucket="flux", Key=f"team/{path.name}")["Body"].read()
        )
    assert not copy.exists()
    store.contents.drop([path.name])
    assert keys(s3) == {"team/identity"}
    with pytest.raises(MissingError), store.contents.at_hand(path.name):
        pass
    store.close()


def test_many_are_dropped_at_once(s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    store = opened(tmp_path)
    with store.contents.new() as arrived:  # of a deposit that then failed
        arrived.write(b"<a/>")
    store.contents.drop([*(deposit(store).name for _ in range(5)), arrived.path.name])
    assert keys(s3) == {"team/identity"}
    assert not arrived.path.exists()
    store.close()


def test_two_databases_never_share_a_place(s3: Any, tmp_path: Path) -> None:
    opened(tmp_path).close()
    opened(tmp_path).close()
    with pytest.raises(ConfigurationError, match="another database"):
        opened(tmp_path, database="other.db")
    opened(tmp_path, "s3://flux/other", "other.db").close()
    assert keys(s3) == {"team/identity", "other/identity"}


def test_only_what_is_ours_unknown_and_old_is_set_aside(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(tmp_path)
    known = deposit(store).name
    for name in ("team/" + 32 * "a", "team/note.txt", "elsewhere/" + 32 * "b"):
        s3.put_object(Bucket="flux", Key=name, Body=b"x")
    before = keys(s3)
    assert store.sweep() == 0  # it may be of a deposit under way
    monkeypatch.setattr(module, "YOUNG_MS", -60_000)
    assert store.sweep() == 1
    moved = {f"team/{32 * 'a'}"}
    assert keys(s3) == before - moved | {f"team/ecartes/{32 * 'a'}"}
    assert f"team/{known}" in keys(s3)
    store.close()


def test_a_sweep_goes_on_after_what_another_server_moved(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(tmp_path)
    for letter in "ab":
        s3.put_object(Bucket="flux", Key=f"team/{32 * letter}", Body=b"x")
    monkeypatch.setattr(module, "YOUNG_MS", -60_000)
    looked = module.Bucket._objects

    def moved_meanwhile(contents: module.Bucket) -> Iterator[tuple[str, int]]:
        found = list(looked(contents))
        s3.delete_object(Bucket="flux", Key=f"team/{32 * 'a'}")
        return iter(found)

    names = store.contents.names()
    monkeypatch.setattr(module.Bucket, "_objects", moved_meanwhile)
    assert store.contents.set_aside(names) == 1
    assert keys(s3) == {"team/identity", f"team/ecartes/{32 * 'b'}"}
    store.close()


def test_what_the_bucket_does_not_let_go_is_told(
    s3: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = opened(tmp_path)
    name = deposit(store).name

    def denied(parsed: dict[str, Any], **_others: Any) -> None:
        parsed["Errors"] = [{"Key": name, "Code": "AccessDenied", "Message": "Access Denied"}]

    assert isinstance(store.contents, module.Bucket)
    store.contents._s3.meta.events.register("after-call.s3.DeleteObjects", denied)
    store.contents.drop([name])
    assert "s3://flux/team: 1 objects cannot be deleted: Access Denied" in caplog.text
    store.close()


def test_a_store_that_is_away_is_told_and_nothing_is_accepted(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match="AWS_ENDPOINT_URL_S3"):
        opened(tmp_path, "s3://none-such")
    with pytest.raises(ConfigurationError, match="names no bucket"):
        opened(tmp_path, "s3:///team")
    store = opened(tmp_path)
    s3.delete_object(Bucket="flux", Key="team/identity")
    s3.delete_bucket(Bucket="flux")
    with pytest.raises(StoreUnreachableError, match=PLACE):
        deposit(store)
    assert store.flux.contents() == []
    s3.create_bucket(Bucket="flux", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    store.close()


def test_the_setting_names_it() -> None:
    assert Settings(contents_at=PLACE).contents == PLACE


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ConfigurationError, match=r"depot-flux-g2b\[s3\]"):
        opened(tmp_path)


def test_a_served_flux_is_controlled_from_there(s3: Any, tmp_path: Path) -> None:
    with served(tmp_path, "--pace", "0", "--contents", PLACE) as simulator:
        ends = [end(simulator, facture_ubl("F1")), end(simulator, b"<x/>")]
    assert ends == ["RECEVABLE", "IRRECEVABLE"]
    assert len(keys(s3)) == 3


def end(simulator: Served, content: bytes) -> str:
    with simulator.api() as api:
        id_flux = api.deposer(content).accept().id_flux
        for _ in range(100):
            statut = api.consulter(id_flux).statut
            if statut in {"RECEVABLE", "IRRECEVABLE"}:
                return str(statut)
            time.sleep(0.1)
    raise AssertionError(os.fspath(simulator.folder))
