"""The page is the control plane's: nobody else's browser sees it, no other site's form moves it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from depot_flux_simulator.access.throttle import FREE
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.web.app import create_app
from depot_flux_simulator.web.control_plane.admission import Admission
from depot_flux_simulator.web.door import DEPOSIT, Door
from depot_flux_simulator.web.reception import Reception
from tests.page.browsing import PAGE, VIEWS, Browser

TOKEN = "a-control-token"
FORMS = (
    "/steering/reset",
    "/steering/clock",
    "/steering/pace",
    "/steering/quota",
    "/steering/scenario",
    "/steering/fault",
    "/steering/remove_scenario",
    "/steering/remove_fault",
    "/steering/scenario/lines",
    "/samples",
    "/deposit",
    "/deposit/guess",
    "/choices",
    "/entry",
    "/leave",
)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The application of a simulator that asks for the control token."""
    folder = tmp_path_factory.mktemp("closed")
    app = create_app(Settings(database=f"sqlite:///{folder / 'flux.db'}", control_token=TOKEN))
    yield app
    app.extensions["depot_flux"].close()


def rows(browser: Browser) -> int:
    return len(browser.tree().xpath("//tbody/tr"))


def test_the_root_leads_to_the_page(browser: Browser) -> None:
    answer = browser.client.get("/")
    assert (answer.status_code, answer.location) == (303, f"{PAGE}/")
    assert browser.client.get("/", follow_redirects=True).status_code == 200


def test_behind_a_gateway_or_without_a_control_plane_nothing_leads_to_it(tmp_path: Any) -> None:
    database = f"sqlite:///{tmp_path / 'flux.db'}"
    for setting, codes in (("gateway", [403, 200]), ("control_plane", [404, 404])):
        chosen = {"gateway": True} if setting == "gateway" else {"control_plane": False}
        app = create_app(Settings(database=database, **chosen))  # type: ignore[arg-type]
        client = app.test_client()
        assert [client.get(path).status_code for path in ("/", f"{PAGE}/")] == codes
        app.extensions["depot_flux"].close()


@pytest.mark.parametrize("view", VIEWS)
def test_it_answers_this_machine_alone(browser: Browser, view: str) -> None:
    elsewhere: list[dict[str, Any]] = [
        {"environ_overrides": {"REMOTE_ADDR": "192.0.2.7"}},
        {"headers": {"Host": "evil.example"}},
        {"headers": {"X-Forwarded-For": "192.0.2.7"}},
        {"headers": {"Origin": "http://evil.example"}},
        {"headers": {"Origin": "null"}},
        {"headers": {"Origin": "http://["}},
        {"headers": {"Origin": ""}},
        {"headers": {"Host": "["}},
    ]
    for arguments in elsewhere:
        answer = browser.get(view, **arguments)
        assert answer.status_code == 403
        assert "<" not in answer.get_data(as_text=True)
    assert browser.get(view).status_code == 200


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_taken_from_the_page_alone(browser: Browser, form: str) -> None:
    browser.simulator.deposit(b"<Invoice/>")
    good = {"jeton": browser.secret(), "confirmation": "REINITIALISER", "advance": "1h"}
    wrong: list[tuple[dict[str, str], dict[str, Any]]] = [
        ({"jeton": ""}, {}),
        ({"jeton": "0" * 64}, {}),
        ({"jeton": "é"}, {}),
        ({}, {"headers": {"Origin": "http://localhost:9999"}}),
        ({}, {"headers": {"Origin": "null"}}),
        ({}, {"headers": {"Origin": "http://["}}),
        ({}, {"headers": {"Host": "evil.example"}}),
        ({}, {"environ_overrides": {"REMOTE_ADDR": "192.0.2.7"}}),
    ]
    for fields, arguments in wrong:
        answer = browser.client.post(PAGE + form, data=good | fields, **arguments)
        assert answer.status_code == 403, (fields, arguments)
    # Another visit's secret opens nothing.
    stranger = browser.client.application.test_client()
    assert stranger.post(PAGE + form, data=good).status_code == 403
    assert rows(browser) == 1


def test_the_cookie_of_a_visit_cannot_be_made_up(browser: Browser) -> None:
    secret = browser.secret()
    browser.client.set_cookie("depot_flux_page", "WyJhIiwgdHJ1ZV0.x.y", path=PAGE)
    answer = browser.client.post(f"{PAGE}/samples", data={"jeton": secret})
    assert answer.status_code == 403


@pytest.mark.parametrize("view", [*VIEWS, "/nowhere", "/static/0/page.css", "/flux/none"])
def test_no_page_may_frame_it_and_it_asks_nobody_else(browser: Browser, view: str) -> None:
    answer = browser.get(view)
    if view == "/nowhere":
        assert answer.status_code == 404
        return
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    text = answer.get_data(as_text=True)
    if "text/html" in answer.content_type:
        assert not re.search(r'(src|href|action)="(https?:)?//', text)
        assert not re.search(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=", text)
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_control_token_is_asked_for_once(closed: Any) -> None:
    client = closed.test_client()
    for view in (*VIEWS, "/flux/x/contenu", "/journal/har", "/live"):
        answer = client.get(PAGE + view)
        assert answer.status_code == 401
        assert "control_token" in answer.get_data(as_text=True)
    found = re.search(r'content="([0-9a-f]{64})"', client.get(f"{PAGE}/").get_data(as_text=True))
    assert found
    secret = found[1]
    form = {"jeton": secret, "control_token": "wrong", "suite": f"{PAGE}/journal?statut=503"}
    assert client.post(f"{PAGE}/entry", data=form).status_code == 401
    assert client.post(f"{PAGE}/samples", data={"jeton": secret}).status_code == 401
    answer = client.post(f"{PAGE}/entry", data=form | {"control_token": TOKEN})
    assert (answer.status_code, answer.location) == (303, f"{PAGE}/journal?statut=503")
    cookie = answer.headers["Set-Cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", f"Path={PAGE}"))
    assert TOKEN not in cookie
    assert [client.get(PAGE + view).status_code for view in VIEWS] == [200] * len(VIEWS)
    # What was known before the token was shown is worth nothing after.
    assert client.post(f"{PAGE}/samples", data={"jeton": secret}).status_code == 403
    found = re.search(r'content="([0-9a-f]{64})"', client.get(f"{PAGE}/").get_data(as_text=True))
    assert found
    client.post(f"{PAGE}/leave", data={"jeton": found[1]})
    assert client.get(f"{PAGE}/").status_code == 401


@pytest.mark.parametrize(
    "suite", ["https://evil.example/", "//evil.example", f"{PAGE}/\\evil", f"{PAGE}/\n", ""]
)
def test_a_choice_leads_back_to_the_page_and_nowhere_else(browser: Browser, suite: str) -> None:
    answer = browser.post("/choices", {"langue": "en", "suite": suite})
    assert (answer.status_code, answer.location) == (303, f"{PAGE}/")


def test_wrong_tokens_in_a_row_make_the_page_wait_as_the_control_plane_does(tmp_path: Any) -> None:
    chosen = Settings(database=f"sqlite:///{tmp_path / 'flux.db'}", control_token=TOKEN)
    app = create_app(chosen)
    client = app.test_client()
    found = re.search(r'content="([0-9a-f]{64})"', client.get(f"{PAGE}/").get_data(as_text=True))
    assert found
    form = {"jeton": found[1], "control_token": "wrong"}
    codes = [client.post(f"{PAGE}/entry", data=form).status_code for _ in range(FREE)]
    assert codes == [401] * FREE
    answer = client.post(f"{PAGE}/entry", data=form | {"control_token": TOKEN})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/_simulator/flux", headers=bearer).status_code == 429
    app.extensions["depot_flux"].close()


def test_whole_bodies_are_read_of_those_alone_who_were_let_in(browser: Browser) -> None:
    parts = browser.client.application.extensions["depot_flux"]
    reception = Reception(parts)
    browser.get()
    cookie = browser.client.get_cookie("depot_flux_page", path=PAGE)
    assert cookie
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": DEPOSIT,
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_COOKIE": f"{cookie.key}={cookie.value}",
        "wsgi.url_scheme": "http",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
    }
    whole = parts.settings.body_bytes
    assert reception.body_bytes(dict(environ)) == whole
    for change in (
        {"HTTP_COOKIE": ""},
        {"HTTP_COOKIE": "depot_flux_page=x"},
        {"HTTP_HOST": "evil.example"},
        {"HTTP_ORIGIN": "http://evil.example"},
        {"HTTP_ORIGIN": "http://["},
        {"REMOTE_ADDR": "192.0.2.7"},
        {"HTTP_VIA": "1.1 proxy"},
    ):
        assert reception.body_bytes(environ | change) < whole, change
    asking = Door(Admission(TOKEN, parts.throttle), parts.store.secret())
    assert asking.asks_token
