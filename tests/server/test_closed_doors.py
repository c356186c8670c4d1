"""Whoever shares the machine, the network or a name gets nothing that is not theirs."""

import json
import os
import stat
import time
from collections.abc import Iterator
from hashlib import blake2b
from io import BytesIO
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from depot_flux_simulator.access.piste import OAuthError
from depot_flux_simulator.access.throttle import FREE, LONGEST_SECONDS, Throttle
from depot_flux_simulator.cli import main
from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store import masking, private
from depot_flux_simulator.store.attempts import Attempts
from depot_flux_simulator.store.urls import shown
from depot_flux_simulator.testing import Simulator
from tests.support.stores import on_sqlite

GOOD = facture_ubl()
SECRET = "s3cr3t-h0use"
posix = pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
as_root = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root can give a file away"
)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(pace=0) as running:
        yield running


def ask(simulator: Simulator, path: str, method: str = "GET", **arguments: Any) -> Any:
    arguments.setdefault("environ_overrides", {})["PATH_INFO"] = path.partition("?")[0]
    return simulator.app.test_client().open(
        "/x?" + path.partition("?")[2], method=method, **arguments
    )


# The machine


def everything(folder: Path) -> Iterator[Path]:
    yield from folder.rglob("*")


@posix
def test_what_lies_on_the_disk_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with Simulator(folder=tmp_path / "new" / "data") as simulator:
            simulator.deposit(GOOD)
            simulator.serve()
            simulator.calls().superviser()
            found = [tmp_path / "new", *everything(tmp_path / "new")]
            rights = {path: stat.S_IMODE(path.stat().st_mode) for path in found}
    finally:
        os.umask(before)
    assert len(rights) > 8
    assert {path: mode for path, mode in rights.items() if mode & 0o077} == {}


@posix
def test_what_an_earlier_version_left_open_is_closed(tmp_path: Path) -> None:
    with Simulator(folder=tmp_path) as simulator:
        simulator.deposit(GOOD)
    for path in everything(tmp_path):
        path.chmod(0o777 if path.is_dir() else 0o666)
    with Simulator(folder=tmp_path):
        for name in ("flux.db", "flux.db-contenus", "flux.db-pilotage"):
            assert not stat.S_IMODE((tmp_path / name).stat().st_mode) & 0o077, name


PLANTED = [
    "flux.db",
    "flux.db-wal",
    "flux.db-shm",
    "flux.db-journal",
    "flux.db-serveur",
    "flux.db-contenus",
    "flux.db-contenus/serveur",
    "flux.db-contenus/write.lock",
    "flux.db-contenus/identity",
    "flux.db-pilotage",
    "flux.db-pilotage/signal",
    "flux.db-pilotage/appels-0.ring",
]


@posix
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_link_is_not_followed(tmp_path: Path, name: str) -> None:
    folder, victim = tmp_path / "data", tmp_path / "victim"
    victim.mkdir()
    precious = victim / "precious"
    precious.write_bytes(b"precious" * 100)
    link = folder / name
    link.parent.mkdir(0o700, parents=True)
    for parent in link.parents:
        if parent == tmp_path:
            break
        parent.chmod(0o700)
    is_folder = name.endswith(("contenus", "pilotage"))
    link.symlink_to(victim if is_folder else precious)
    with pytest.raises(ConfigurationError, match="is a link"):
        Simulator(folder=folder).start()
    assert precious.read_bytes() == b"precious" * 100
    assert list(victim.iterdir()) == [precious]


@posix
@pytest.mark.parametrize("name", [name for name in PLANTED if not name.endswith(("nus", "age"))])
def test_a_planted_hard_link_is_not_written_to(tmp_path: Path, name: str) -> None:
    folder, precious = tmp_path / "data", tmp_path / "precious"
    precious.write_bytes(b"precious" * 100)
    link = folder / name
    link.parent.mkdir(0o700, parents=True)
    folder.chmod(0o700)
    link.hardlink_to(precious)
    with pytest.raises(ConfigurationError, match="is a hard link"):
        Simulator(folder=folder).start()
    assert precious.read_bytes() == b"precious" * 100


@posix
@pytest.mark.parametrize("plant", [Path.symlink_to, Path.hardlink_to])
@pytest.mark.parametrize("flags", [os.O_RDWR | os.O_CREAT, os.O_WRONLY | os.O_TRUNC])
def test_a_link_that_is_planted_between_a_look_and_the_opening_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Any, flags: int
) -> None:
    path, precious = tmp_path / "flux.db-serveur", tmp_path / "precious"
    precious.write_bytes(b"precious")
    monkeypatch.setattr(private, "check", lambda path: plant(path, precious))
    with pytest.raises((ConfigurationError, OSError)):
        private.opened(path, flags)
    assert precious.read_bytes() == b"precious"


def test_a_file_that_another_process_takes_away_meanwhile_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lstat = Path.lstat

    def taken_away(path: Path) -> os.stat_result:
        path.unlink(missing_ok=True)
        return lstat(path)

    path = tmp_path / "flux.db-journal"
    path.touch(0o600)
    monkeypatch.setattr(Path, "lstat", taken_away)
    private.check(path)
    assert not path.exists()


@as_root
@pytest.mark.parametrize("name", ["", *PLANTED])
def test_what_is_another_users_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "data"
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name and not name.endswith(("contenus", "pilotage")):
        path.write_bytes(b"")
    else:
        path.mkdir(exist_ok=True)
    os.chown(path, 12_345, 12_345)
    with pytest.raises(ConfigurationError, match="another user"):
        Simulator(folder=folder).start()


@posix
def test_a_folder_in_which_anybody_may_replace_a_file_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(ConfigurationError, match="anybody"):
        Settings(database=f"sqlite:///{folder / 'flux.db'}").resolved()


@posix
@on_sqlite
@pytest.mark.parametrize("kind", ["text", "short", "folder", "link"])
def test_what_is_no_database_of_ours_is_refused_untouched(tmp_path: Path, kind: str) -> None:
    path, elsewhere = tmp_path / "letter.txt", tmp_path / "elsewhere"
    if kind == "folder":
        path.mkdir(0o755)
    elif kind == "link":
        elsewhere.touch(0o644)
        path.symlink_to(elsewhere)
    else:
        path.write_text("Dear Sir, " * (300 if kind == "text" else 1))
        path.chmod(0o644)

    def left() -> dict[str, tuple[int, int]]:
        found = {each.name: each.lstat() for each in tmp_path.iterdir()}
        return {name: (known.st_mode, known.st_mtime_ns) for name, known in found.items()}

    before, database = left(), f"sqlite:///{path}"
    refused = CliRunner().invoke(main, ["--port", "0", "--database", database])
    assert refused.exit_code != 0
    assert str(path) in refused.stderr
    with pytest.raises(ConfigurationError):
        Parts.start(Settings(database=database))
    assert left() == before


def test_help_names_no_shared_folder() -> None:
    assert "/tmp" not in CliRunner().invoke(main, ["--help"]).stdout


# The network


FORWARDING = [
    "X-Forwarded-For", "Forwarded", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Via",
    "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "Client-IP", "X-Cluster-Client-IP",
    "Fastly-Client-IP", "X-Original-Host", "X-Original-URL", "X-Proxy-User-IP",
    "CF-Connecting-IPv6", "CF-Ray", "CF-Visitor", "CF-IPCountry", "CDN-Loop",
    "X-Envoy-Internal", "X-Azure-ClientIP", "X-Azure-SocketIP", "X-Azure-FDID", "Fly-Client-IP",
    "X-Appengine-User-IP", "X-Remote-Addr", "X-Remote-IP", "Remote-Addr", "X-Originating-IP",
    "Proxy-Client-IP", "WL-Proxy-Client-IP", "X-ProxyUser-Ip",
    "X-Real-Port", "X-Scheme", "X-Url-Scheme", "X-Proxied-Host", "X-Rewrite-URL", "X-Host",
    "X-Amzn-Trace-Id", "X-ARR-LOG-ID", "X-Unheard-Of-IP",
]  # fmt: skip
ORDINARY = [
    "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control",
    "Content-Type", "Cookie", "cpro-account", "DNT", "Priority", "Proxy-Connection",
    "Referer", "Sec-CH-UA",
    "Sec-CH-UA-Platform", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-GPC",
    "Save-Data", "TE", "Traceparent", "Upgrade-Insecure-Requests", "User-Agent", "X-Jeton",
    "X-Request-ID", "X-Requested-With",
]  # fmt: skip


@pytest.mark.parametrize("name", FORWARDING)
def test_a_call_that_a_proxy_forwards_is_not_this_machines(simulator: Simulator, name: str) -> None:
    id_flux = simulator.deposit(GOOD)
    headers = {name: "192.0.2.1"}
    for method, path in (("POST", "/_simulator/reset"), ("GET", "/_simulator/flux")):
        assert ask(simulator, path, method, headers=headers).status_code == 403
    assert simulator.flux(id_flux)
    assert ask(simulator, "/_simulator/flux").status_code == 200


def test_what_clients_and_browsers_send_is_no_proxys(simulator: Simulator) -> None:
    headers = dict.fromkeys(ORDINARY, "1")
    assert ask(simulator, "/_simulator/flux", headers=headers).status_code == 200


@pytest.mark.reconstruction
def test_a_proxy_that_says_nothing_is_told_by_its_http_1_0(simulator: Simulator) -> None:
    spoken = {"SERVER_PROTOCOL": "HTTP/1.0"}
    answer = ask(simulator, "/_simulator/flux", environ_overrides=spoken)
    assert answer.status_code == 403
    path = f"/flux/{simulator.deposit(GOOD)}"
    answer = ask(simulator, path, headers=simulator.headers(), environ_overrides=spoken)
    assert answer.status_code == 200


@pytest.mark.reconstruction
@pytest.mark.parametrize("slashes", ["//", "///"])
def test_an_address_has_one_slash_at_its_beginning(simulator: Simulator, slashes: str) -> None:
    id_flux = simulator.deposit(GOOD)
    for path in (f"flux/{id_flux}", "healthcheck", "_simulator/flux", "openapi.json", "docs/"):
        assert ask(simulator, f"/{path}", headers=simulator.headers()).status_code == 200
        assert ask(simulator, slashes + path, headers=simulator.headers()).status_code == 404
    assert ask(simulator, f"{slashes}api/oauth/token", "POST").status_code == 404


@pytest.mark.reconstruction
@pytest.mark.parametrize("repeated", ["codeInterface", "fichier"])
def test_a_part_that_comes_twice_is_refused(simulator: Simulator, repeated: str) -> None:
    before = len(simulator.search())
    form: dict[str, Any] = {
        "codeInterface": "FSO3110A",
        "fichier": (BytesIO(GOOD), "a.xml"),
    }
    again = {"codeInterface": "FSO3117A", "fichier": (BytesIO(b"<b/>"), "b.xml")}
    form[repeated] = [form[repeated], again[repeated]]
    answer = ask(simulator, "/flux", "POST", data=form, headers=simulator.headers())
    assert answer.status_code == 400
    assert repeated in answer.get_json()["detail"]
    assert len(simulator.search()) == before


@pytest.mark.reconstruction
def test_a_code_ends_where_its_pattern_does(simulator: Simulator) -> None:
    for end, status in (("", 201), ("\n", 422)):
        data = {"codeInterface": f"FSO3110A{end}", "fichier": (BytesIO(GOOD), "a.xml")}
        answer = ask(simulator, "/flux", "POST", data=data, headers=simulator.headers())
        assert answer.status_code == status


@pytest.mark.reconstruction
@pytest.mark.parametrize("method", ["post", "Post", "pOST"])
def test_a_method_is_written_in_capitals(simulator: Simulator, method: str) -> None:
    before = len(simulator.search())
    for path in ("/flux", "/_simulator/reset"):
        answer = ask(
            simulator,
            path,
            "POST",
            data={"codeInterface": "FSO3110A", "fichier": (BytesIO(GOOD), "a.xml")},
            headers=simulator.headers(),
            environ_overrides={"REQUEST_METHOD": method},
        )
        assert answer.status_code == 405
    assert len(simulator.search()) == before


@pytest.mark.reconstruction
def test_a_part_that_comes_as_text_and_as_file_is_refused(simulator: Simulator) -> None:
    form = {"codeInterface": ["FSO3110A", (BytesIO(b"FSO3117A"), "c.txt")]}
    data = {**form, "fichier": (BytesIO(GOOD), "a.xml")}
    answer = ask(simulator, "/flux", "POST", data=data, headers=simulator.headers())
    assert answer.status_code == 400


def test_what_stands_twice_in_a_token_request_or_in_json_is_refused(simulator: Simulator) -> None:
    said = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret"
    form = "application/x-www-form-urlencoded"
    answer = ask(
        simulator, "/api/oauth/token", "POST", data=said + "&client_id=other", content_type=form
    )
    assert (answer.status_code, answer.get_json()) == (400, {"error": "invalid_request"})
    twice = '{"advance": "1s", "advance": "2s"}'
    json_type = "application/json"
    answer = ask(simulator, "/_simulator/clock", "POST", data=twice, content_type=json_type)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "name", ["a\nb.xml", "a\r\nSet-Cookie: x=1.xml", "a\0b.xml", "é\u2028.xml", "x" * 9_000, '"']
)
def test_a_download_is_one_whatever_the_flux_is_called(simulator: Simulator, name: str) -> None:
    id_flux = simulator.deposit(GOOD, name="plain.xml")
    parts = simulator.app.extensions["depot_flux"]
    with parts.store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE flux SET nom = ? WHERE id_flux = ?", (name, id_flux))
    answer = ask(simulator, f"/_simulator/flux/{id_flux}/contenu")
    assert (answer.status_code, answer.data) == (200, GOOD)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "Set-Cookie" not in answer.headers
    assert len(answer.headers["Content-Disposition"]) < 2_000


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("/etc/passwd", "_etc_passwd"),
        ("..\\a.xml", "__a.xml"),
        (".bashrc", "bashrc"),
        ("a..b.xml", "a..b.xml"),
    ],
)
def test_a_download_suggests_no_path(simulator: Simulator, name: str, suggested: str) -> None:
    id_flux = simulator.deposit(GOOD, name=name)
    answer = ask(simulator, f"/_simulator/flux/{id_flux}/contenu")
    assert answer.headers["Content-Disposition"].endswith(f"filename={suggested}")


TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
QUERIES = [
    f"client_secret={SECRET}",
    f"client%5Fsecret={SECRET}",
    f"access_token={SECRET}",
    f"ACCESS_TOKEN={SECRET}",
    f"mot_de_passe={SECRET}",
    f"pwd={SECRET}",
    f"mdp={SECRET}",
    f"api-key={SECRET}",
    f"apikey={SECRET}",
    f"Authorization=Bearer+{SECRET}",
    f"cpro-account={SECRET}",
    f"a=1&x_password={SECRET};b=2",
    f"jwt={SECRET}",
    f"signature={SECRET}",
    f"q={TOKEN}",
    TOKEN,
    f"h=Bearer%20{SECRET}",
    f"h=Basic+{SECRET}",
    f"sig={SECRET}",
    f"x-sig={SECRET}",
    f"otp={SECRET}",
    f"pw={SECRET}",
    f"jeton={SECRET}",
    f"url=http://u:{SECRET}/b@h",
    f"url=http%3A%2F%2Fu%3Aa%2F{SECRET}%40h",
    f"a%26token={SECRET}",
    f"suite=/x?token={SECRET}",
    f"Bearer%20{SECRET}=1",
]


@pytest.mark.parametrize("query", QUERIES)
def test_the_journal_masks_whatever_looks_like_a_secret(simulator: Simulator, query: str) -> None:
    ask(simulator, f"/nowhere?{query}&left=untouched")
    entry = json.dumps(ask(simulator, "/_simulator/journal?limit=1").get_json()["appels"][0])
    assert SECRET not in entry
    assert "eyJ" not in entry
    assert "left=untouched" in entry


def test_the_journal_masks_tokens_in_a_path_and_in_a_name(simulator: Simulator) -> None:
    ask(simulator, f"/flux/{TOKEN}", headers=simulator.headers())
    simulator.deposit(GOOD, name=f"{TOKEN}.xml")
    for text in (f"token={SECRET}", f"http:%2F%2Fu:{SECRET}@h", f"http://u:a/{SECRET}@h"):
        ask(simulator, f"/flux/{text}", headers=simulator.headers())
        simulator.deposit(GOOD, name=f"{text}.xml")
    calls = json.dumps(ask(simulator, "/_simulator/journal?limit=8").get_json()["appels"])
    assert "eyJ" not in calls
    assert SECRET not in calls


def test_the_journal_leaves_what_is_no_secret_as_it_came(simulator: Simulator) -> None:
    query = "codeInterface=FSO3110A&code=1&designation=a&upward=b&mail=a@b&u=http://a:80/b"
    ask(simulator, f"/nowhere/a=b?{query}")
    (entry,) = ask(simulator, "/_simulator/journal?limit=1").get_json()["appels"]
    assert (entry["chemin"], entry["requete"]) == ("/nowhere/a=b", query)


@pytest.mark.parametrize(
    "text",
    [
        "://" + ":" * 20_000,
        "://" * 7_000,
        "://:" * 5_000,
        "://a:b@" * 3_000,
        "eyJ" * 20_000,
        "eyJaaaaaa." * 6_000,
        "bearer " * 9_000,
        "basic" + "+ " * 30_000,
        "basic%20" * 7_000,
        "a=b&" * 15_000,
        "=" * 60_000,
    ],
    ids=lambda text: text[:10],
)
def test_what_looks_like_many_secrets_is_looked_through_in_no_time(
    simulator: Simulator, text: str
) -> None:
    start = time.process_time()
    masking.text(text)
    masking.query(text)
    ask(simulator, f"/flux/{text}?a={text}")
    assert time.process_time() - start < 3  # it was 14 s and more
    entry = ask(simulator, "/_simulator/journal?limit=1").get_json()["appels"][0]
    assert max(len(entry["chemin"]), len(entry["requete"])) < 1_000


def test_the_page_runs_its_own_scripts_alone_and_asks_nobody_else(simulator: Simulator) -> None:
    page = ask(simulator, "/docs/")
    text = page.get_data(as_text=True)
    assert "<script>" not in text
    assert "http" not in text
    for name in ("", "start.js", "swagger-ui.css", "swagger-ui-bundle.js"):
        answer = ask(simulator, f"/docs/{name}")
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "connect-src 'self'" in policy
    assert "validatorUrl: null" in ask(simulator, "/docs/start.js").get_data(as_text=True)
    assert ask(simulator, "/docs").status_code in (301, 308)
    assert ask(simulator, "/docs/../app.py").status_code == 404


# Secrets


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://user:{SECRET}@db/flux",
        f"postgresql://user:{SECRET}/@?#@db/flux",
        f"postgresql://user:a@{SECRET}@db/flux",
        f"postgresql://db/flux?user=u&password={SECRET}",
        f"mysql://user:{SECRET}@db/flux",
        f"postgresql//user:{SECRET}@db/flux",
        f"sqlite://user:{SECRET}@db",
        f"host=db user=user password={SECRET} dbname=flux",
        f"host=db password='a {SECRET}' sslpassword = {SECRET}",
        f"postgresql:user:{SECRET}@db/flux",
        f"postgresql://user:1/{SECRET}",
        f"mysql://user:1/{SECRET}",
        f"jdbc:postgresql://db/flux?user=user&password={SECRET}",
    ],
)
def test_the_password_of_a_database_is_printed_nowhere(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    assert SECRET not in shown(url)
    assert SECRET not in repr(Settings(database=url))
    monkeypatch.setenv("DEPOT_FLUX_DATABASE", url)
    told = CliRunner().invoke(main, [])
    assert told.exit_code == 1
    assert told.output.startswith("Error: ")
    assert SECRET not in told.output


def test_many_wrong_secrets_in_a_row_make_their_sender_wait(tmp_path: Path) -> None:
    now = [0.0]
    throttle = Throttle(Attempts(tmp_path / "attempts", SECRET), lambda: now[0])
    for _ in range(FREE - 1):
        throttle.wrong("a")
        assert throttle.wait("a") == 0
    waits = []
    for _ in range(10):
        throttle.wrong("a")
        waits.append(throttle.wait("a"))
        assert throttle.wait("b") == 0
        now[0] += waits[-1]
        assert throttle.wait("a") == 0
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert max(waits) == LONGEST_SECONDS
    # A machine that was started again counts its seconds anew.
    throttle.wrong("a")
    now[0] = 0.0
    assert throttle.wait("a") == 0
    throttle.right("a")
    throttle.wrong("a")
    assert throttle.wait("a") == 0


def test_processes_count_wrong_secrets_together(tmp_path: Path) -> None:
    def guess(who: str) -> None:
        throttle = Throttle(Attempts(tmp_path / "attempts", SECRET))
        for _ in range(FREE // 2):
            throttle.wrong(who)

    here = Throttle(Attempts(tmp_path / "attempts", SECRET))
    processes = [get_context("fork").Process(target=guess, args=("a",)) for _ in range(2)]
    for process in processes:
        assert here.wait("a") == 0
        process.start()
    for process in processes:
        process.join()
    assert here.wait("a") >= 1
    assert here.wait("b") == 0
    here.right("a")
    assert Throttle(Attempts(tmp_path / "attempts", SECRET)).wait("a") == 0


def test_callers_beyond_number_push_out_those_who_wait_least(tmp_path: Path) -> None:
    throttle = Throttle(Attempts(tmp_path / "attempts", SECRET))
    for _ in range(FREE + 5):
        throttle.wrong("a")
    for number in range(6_000):
        throttle.wrong(str(number))
    assert throttle.wait("a") >= 1
    assert (tmp_path / "attempts").stat().st_size < 200_000


def test_nobody_can_tell_whom_to_name_to_push_another_out(tmp_path: Path) -> None:
    def group(who: str) -> int:
        digest = blake2b(repr((who,)).encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little") % 512

    throttle = Throttle(Attempts(tmp_path / "attempts", SECRET))
    for _ in range(FREE - 1):
        throttle.wrong("a")
    beside = (str(n) for n in count() if group(str(n)) == group("a"))
    for who in islice(beside, 20):
        throttle.wrong(who)
    throttle.wrong("a")
    assert throttle.wait("a") >= 1


def test_clients_that_are_made_up_push_nobody_out() -> None:
    with Simulator() as simulator:
        piste = simulator.app.extensions["depot_flux"].piste

        def guess(client: str) -> str:
            said = {"client_id": client, "client_secret": "x", "grant_type": "client_credentials"}
            with pytest.raises(OAuthError) as refused:
                piste.token(said, "192.0.2.7")
            return str(refused.value)

        for _ in range(FREE - 1):
            guess("demo-client")
        for number in range(12_000):
            guess(str(number))
        assert guess("demo-client") == "invalid_client"
        assert guess("demo-client") == "slow_down"


def test_wrong_secrets_of_every_kind_are_slowed_down() -> None:
    form = {"grant_type": "client_credentials", "client_id": "demo-client"}

    with Simulator(pace=0) as simulator:

        def token(secret: str, address: str = "127.0.0.1") -> Any:
            data = {**form, "client_secret": secret}
            where = {"REMOTE_ADDR": address}
            return ask(simulator, "/api/oauth/token", "POST", data=data, environ_overrides=where)

        good = simulator.headers()
        assert [token(str(n)).status_code for n in range(FREE)] == [400] * FREE
        refused = token("demo-secret")
        assert (refused.status_code, refused.get_json()) == (429, {"error": "slow_down"})
        assert int(refused.headers["Retry-After"]) >= 1
        assert token("demo-secret", "192.0.2.7").status_code == 200  # nobody is locked out
        consulted = [
            ask(simulator, "/flux/1", headers={**good, "cpro-account": f"x{n}"}).status_code
            for n in range(FREE + 1)
        ]
        assert len(set(consulted[:FREE])) == 1
        assert ask(simulator, "/flux/1", headers=good).status_code == 429
        elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
        answer = ask(simulator, "/flux/1", headers=good, environ_overrides=elsewhere)
        assert answer.status_code == 404


def test_wrong_control_tokens_are_slowed_down(tmp_path: Path) -> None:
    from depot_flux_simulator.web.app import create_app

    chosen = Settings(database=f"sqlite:///{tmp_path / 'flux.db'}", control_token=SECRET)
    app = create_app(chosen)
    client = app.test_client()

    def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return client.get("/_simulator/flux", headers=headers).status_code

    assert [status("wrong") for _ in range(FREE)] == [401] * FREE
    assert status(SECRET) == 429
    app.extensions["depot_flux"].close()
