"""An exchange held against the contract: what is found, under which name, and where it stands."""

import json
import os
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from depot_flux_contract.adopt import Adoption, write_report
from depot_flux_contract.command import main
from depot_flux_contract.errors import ContractError
from depot_flux_contract.exchanges import Exchange, Finding, Held, Side, held_contract, hold
from depot_flux_contract.exchanges.curl import line
from depot_flux_contract.exchanges.har import HarWriter, read_har
from depot_flux_contract.exchanges.secrets import Secrets, is_secret
from depot_flux_contract.exchanges.told import Access
from depot_flux_contract.exchanges.told import told as as_told

pytestmark = pytest.mark.reconstruction

ACCESS = {"Authorization": "Bearer a.b.c", "cpro-account": "ZGVtbzpkZW1v"}
STATUT = {"statut": "RECU", "dateMiseAJour": "2026-09-01T08:00:00.000Z"}
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def held() -> Held:
    return held_contract()


def consultation(
    status: int = 200, body: Any = STATUT, media_type: str = "application/json", **sent: Any
) -> Exchange:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    said = {"headers": ACCESS, "path": "/flux/12345", "method": "GET"} | sent
    request = httpx.Request(
        said["method"], f"https://host/v1{said['path']}", headers=said["headers"]
    )
    headers = {"Content-Type": media_type} if media_type else {}
    return Exchange.of_httpx(request, httpx.Response(status, headers=headers, content=content))


def deposit(**said: Any) -> Exchange:
    told: Any = {"data": {"codeInterface": "FSO3110A"}, "files": {"fichier": ("a.xml", b"<a/>")}}
    told |= said
    request = httpx.Request("POST", "https://host/flux", headers=ACCESS, **told)
    request.read()
    answer = httpx.Response(201, json={"idFlux": "CPP1"})
    return Exchange.of_httpx(request, answer)


def found(held: Held, exchange: Exchange) -> list[str]:
    return [finding.check for finding in hold(held, exchange)]


def only(held: Held, exchange: Exchange) -> Finding:
    [finding] = hold(held, exchange)
    return finding


def test_what_keeps_the_contract_is_found_in_nothing(held: Held) -> None:
    assert hold(held, consultation()) == []
    assert hold(held, deposit()) == []
    assert hold(held, consultation(404, {"titre": "Flux inconnu"}, PROBLEM)) == []


@pytest.mark.parametrize(
    ("said", "check"),
    [
        ({"status": 202}, "answer-code"),
        ({"status": 418, "body": {}}, "answer-code"),
        ({"body": {"statut": "RECU"}}, "answer-fields"),
        ({"body": STATUT | {"statut": "recu"}}, "answer-fields"),
        ({"body": STATUT | {"dateMiseAJour": "2026-09-01T08:00:00"}}, "answer-fields"),
        ({"body": b"{"}, "answer-fields"),
        ({"body": b"[" * 100_000}, "answer-fields"),
        ({"media_type": "text/plain"}, "answer-content-type"),
        ({"media_type": ""}, "answer-content-type"),
        ({"media_type": "application/json; charset=latin-1"}, "answer-charset"),
        ({"body": '{"é": 1}'.encode("latin-1")}, "answer-charset"),
        ({"status": 404, "body": {"code": 1}, "media_type": PROBLEM}, "error-body"),
        ({"status": 404, "body": {"statut": 400}, "media_type": PROBLEM}, "error-body"),
        ({"status": 500, "body": {"titre": "x"}, "media_type": PROBLEM}, "no-internal-error"),
        ({"status": 429, "body": {"titre": "x"}, "media_type": PROBLEM}, "retry-after"),
    ],
)
def test_each_kind_of_wrong_answer_has_its_name(
    held: Held, said: dict[str, Any], check: str
) -> None:
    finding = only(held, consultation(**said))
    assert (finding.check, finding.side) == (check, Side.PLATFORM)


def test_a_gateway_that_answers_for_itself_is_not_held_to_the_contracts_body(held: Held) -> None:
    assert hold(held, consultation(403, b"", "")) == []
    assert hold(held, consultation(403, b"<h1>Forbidden</h1>", "text/html")) == []
    assert found(held, consultation(404, b"<h1>Not Found</h1>", "text/html"))


def test_each_kind_of_wrong_request_has_its_name(held: Held) -> None:
    cases = {
        "request-access": consultation(headers={}),
        "request-parameters": consultation(path="/flux/12-45"),
        "request-content-type": deposit(data=None, files=None, content=b"<a/>"),
        "request-body": deposit(data={"codeInterface": "UBL"}),
    }
    for check, exchange in cases.items():
        findings = hold(held, exchange)
        assert {finding.check for finding in findings} == {check}
        assert {finding.side for finding in findings} == {Side.CLIENT}


def test_a_finding_names_class_source_and_the_line_of_spec(held: Held) -> None:
    origin = only(held, consultation(body=STATUT | {"dateMiseAJour": "hier"})).rule.origin
    assert origin.kind == "assumed"
    assert origin.element == "/components/schemas/StatutFlux/properties/dateMiseAJour/format"
    file, _, number = origin.place.partition(":")
    assert held.spec
    text = (held.spec.parent / file).read_text(encoding="utf-8").splitlines()
    assert "format: date-time" in text[int(number) - 1]


def test_a_missing_field_has_the_provenance_of_the_field(held: Held) -> None:
    rule = only(held, consultation(body={"statut": "RECU"})).rule
    assert rule.origin.kind == "documented"
    assert rule.origin.element.endswith("/properties/dateMiseAJour")


def test_the_same_fault_has_the_same_key_whatever_came(held: Held) -> None:
    keys = {only(held, consultation(body=STATUT | {"statut": s})).key for s in ("x", "y")}
    assert len(keys) == 1


def test_what_is_no_call_of_the_contract_is_not_looked_at(held: Held) -> None:
    assert hold(held, consultation(path="/autre")) == []
    assert hold(held, consultation(method="DELETE")) == []


def test_no_secret_is_in_what_is_shown_of_an_exchange(held: Held) -> None:
    exchange = consultation()
    assert "a.b.c" not in repr(exchange)
    secrets = Secrets(["a.b.c", "ZGVtbzpkZW1v"])
    told = line(exchange.sent, secrets, {"a.b.c": "TOKEN", "ZGVtbzpkZW1v": "ACCOUNT"})
    assert told == (
        'curl -H "authorization: Bearer $TOKEN" -H "cpro-account: $ACCOUNT" '
        "https://host/v1/flux/12345"
    )
    assert secrets.hide("client_secret=hush&x=1") == "client_secret=***&x=1"
    assert secrets.hide('{"access_token": "hush"}') == '{"access_token": "***"}'


def test_a_curl_line_sends_the_parts_again() -> None:
    told = line(deposit().sent, Secrets())
    assert "-F codeInterface=FSO3110A" in told
    assert """-F 'fichier=@"a.xml"'""" in told


@pytest.mark.parametrize(
    "name",
    ["Authorization", "Proxy-Authorization", "cpro-account", "Cookie", "X-Api-Key", "apikey",
     "X-Auth-Token", "X-Auth", "access_token", "id_token", "client_secret", "clientSecret",
     "client_assertion", "password", "passwd", "mot_de_passe", "motDePasse", "api-key", "sig",
     "X-Amz-Signature", "Ocp-Apim-Subscription-Key", "key", "session_id", "PHPSESSION_ID"],
)  # fmt: skip
def test_a_name_tells_a_secret(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    ["token_type", "tokenUrl", "statut", "idFlux", "codeInterface", "author", "signe", "design",
     "Accept", "monkey", "keyword", "WWW-Authenticate", "fichier", "X-Request-Id", "expires_in"],
)  # fmt: skip
def test_a_name_that_tells_none_hides_nothing(name: str) -> None:
    assert not is_secret(name)
    assert Secrets().hide(f"{name}=seen&x=1") == f"{name}=seen&x=1"


def test_what_an_exchange_says_under_the_name_of_a_secret_is_nowhere_in_its_har(
    tmp_path: Path,
) -> None:
    basic = b64encode(b"login:hush-word").decode()
    common = {
        "X-Api-Key": "hush-key-0", "X-Auth-Token": "hush", "Cookie": "a=hush-cookie; b=seen",
        "cpro-account": basic, "Referer": "https://me:hush@host/?apikey=hush&x=seen",
    }  # fmt: skip
    url = "https://user:hush-word@host/v1/flux/1?apikey=hush-query&api%5Fkey=hush&x=seen"
    form = {"client_secret": 'hush-é&"', "sig": "hush", "grant": "seen"}
    body = {"apiKey": "hush-json", "all": [{"secrets": {"a": ["hush-deep"]}}], "x": "seen"}
    answer = {
        "tokens": {"a": ["hush-deep"]}, "access_token": "hush-token",
        "token": 1234567, "secret": None, "token_type": "seen",
        "detail": f"hush-key-0 hush-cookie hush-word {basic} hush-query hush-deep hush-token seen",
        "said": '{"password": "hush \\" hush", "x": "seen"}', "half": {"token": "hush-hush\ud800"},
    }  # fmt: skip
    sent: tuple[dict[str, Any], ...] = (
        {"data": form},
        {"json": body},
        {"data": {"mot_de_passe": "hush", "x": "seen"}, "files": {"f": ("a", b"seen")}},
    )
    path = tmp_path / "seen.har"
    with HarWriter(path, Secrets(), contents=True) as har:
        for said in sent:
            request = httpx.Request("POST", url, headers=common, **said)
            content = json.dumps(answer).encode()
            headers = {"Content-Type": "application/json", "Set-Cookie": "s=hush; Path=/"}
            response = httpx.Response(400, headers=headers, content=content)
            har.write(Exchange.of_httpx(request, response))
    text = path.read_text(encoding="utf-8")
    left = [
        text[max(0, at - 40) : at + 40] for at in range(len(text)) if text[at:].startswith("hush")
    ]
    assert left == []
    assert basic.rstrip("=") not in text
    assert "1234567" not in text
    assert "user" not in text
    for exchange in read_har(path):
        told = exchange.received.json()
        assert (told["token_type"], told["secret"], told["token"]) == ("seen", None, "***")
        assert told["detail"].endswith(" seen")
        assert "x=seen" in exchange.sent.url
        assert "seen" in str(exchange.sent.body)


def test_what_is_told_of_an_exchange_hides_what_it_says_itself(held: Held) -> None:
    body = STATUT | {"statut": "hush-hush-hush", "dateMiseAJour": "a.b.c.d.e.f"}
    headers = {"Authorization": "Bearer a.b.c.d.e.f", "X-Api-Key": "hush-hush-hush"}
    for finding in hold(held, consultation(body=body, headers=headers)):
        told = "\n".join(as_told(Access(), finding).lines())
        assert "hush" not in told
        assert "a.b.c.d" not in told


def test_hiding_takes_no_time_to_speak_of_whatever_the_text() -> None:
    for piece in ("token", 'token="', "://"):
        Secrets().hide(piece * (200_000 // len(piece)))


posix = pytest.mark.skipif(os.name != "posix", reason="rights and links of POSIX")


@posix
@pytest.mark.parametrize("kind", ["symlink_to", "hardlink_to"])
def test_no_har_is_written_through_a_link(tmp_path: Path, kind: str) -> None:
    precious, path = tmp_path / "precious", tmp_path / "seen.har"
    precious.write_text("kept", encoding="utf-8")
    getattr(path, kind)(precious)
    with pytest.raises(OSError, match="a link"), HarWriter(path, Secrets()):
        pass
    assert precious.read_text(encoding="utf-8") == "kept"


@posix
def test_a_har_is_its_owners_alone_whatever_was_there(tmp_path: Path) -> None:
    path = tmp_path / "seen.har"
    path.write_text("before" * 1_000, encoding="utf-8")
    path.chmod(0o644)
    with HarWriter(path, Secrets()):
        pass
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(read_har(path)) == []
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no regular file"), HarWriter(tmp_path / "pipe", Secrets()):
        pass


@posix
def test_no_report_is_written_through_a_link(tmp_path: Path) -> None:
    precious, path = tmp_path / "precious", tmp_path / "report.md"
    precious.write_text("kept", encoding="utf-8")
    path.symlink_to(precious)
    with pytest.raises(ContractError, match="a link"):
        write_report(Adoption("x", changed=False), path)
    path.unlink()
    path.hardlink_to(precious)
    write_report(Adoption("x", changed=False), path)
    assert precious.read_text(encoding="utf-8") == "kept"
    assert path.read_text(encoding="utf-8") != "kept"


@pytest.mark.parametrize(
    ("url", "status", "nested"),
    [("http://[", "200", 0), ("http://x/flux/1", "1e999", 0), ("http://x/flux/1", "200", 500)],
)
def test_a_har_of_any_content_is_learned_from_or_refused_in_words(
    tmp_path: Path, url: str, status: str, nested: int
) -> None:
    path, body = tmp_path / "seen.har", '{"a":' * nested + "1" + "}" * nested
    answer = {"headers": [{"name": "Content-Type", "value": "application/json"}],
              "content": {"text": body}}  # fmt: skip
    entry = {"request": {"method": "GET", "url": url, "headers": []}, "response": answer}
    text = json.dumps({"log": {"entries": [entry]}})
    path.write_text(text.replace('"response": {', f'"response": {{"status": {status}, '))
    done = CliRunner().invoke(main, ["learn", str(path), "--into", str(tmp_path / "learned")])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 0 or "is no HAR" in done.output
