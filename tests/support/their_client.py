"""A client of somebody else, in nothing but the standard library: right, or wrong in one way.

It is run by itself, `python their_client.py [WRONG…]`, and told all by its environment.
"""

import json
import os
import sys
import time
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlencode, urlsplit

WRONG = frozenset(sys.argv[1:])
SAID = {name[11:].lower(): value for name, value in os.environ.items() if "DEPOT_FLUX_" in name}
TOKEN_URL, BASE_URL = urlsplit(SAID["token_url"]), urlsplit(SAID["base_url"])
FILE = Path(SAID["fichier"])
MARK = Path(SAID["dossier"]) / "sent"
TIMEOUT = 0.5 if "sends again what takes long" in WRONG else 20
HASTE = "does not wait" in WRONG


class LostError(Exception):
    """Nobody knows."""


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def json(self) -> dict[str, str]:
        try:
            told: dict[str, str] = json.loads(self.body)
        except ValueError:
            raise LostError("unreadable") from None
        return told

    @property
    def wait(self) -> float | None:
        told = self.headers.get("retry-after")
        if told is None:
            return None
        if told.isdigit():
            return float(told)
        if "knows no dates" in WRONG:
            return 0
        return parsedate_to_datetime(told).timestamp() - time.time()


def end(code: int, said: str) -> NoReturn:
    print(said)
    raise SystemExit(0 if "always says that all is well" in WRONG else code)


def call(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
    connection = HTTPConnection(BASE_URL.netloc, timeout=TIMEOUT)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, told, answer.read())
    except (OSError, HTTPException) as error:
        raise LostError(repr(error)) from None
    finally:
        connection.close()


def patient(ask: "Ask") -> Answer:
    """Call, and once more when it is told when."""
    answer = ask()
    wait = answer.wait
    if answer.status not in {429, 503} or wait is None:
        return answer
    if not HASTE and wait > 10:
        end(3, f"asked to wait {wait:.0f} s")
    time.sleep(0 if HASTE else wait)
    return ask()


class Ask:
    def __init__(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> None:
        self.said = (method, path, body, headers)

    def __call__(self) -> Answer:
        return call(*self.said)


def token() -> str:
    form = {
        "grant_type": "client_credentials", "client_id": SAID["client_id"],
        "client_secret": SAID["client_secret"], "scope": "openid",
    }  # fmt: skip
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(50 if {"insists on its secret", "calls until it is answered"} & WRONG else 1):
        try:
            answer = patient(Ask("POST", TOKEN_URL.path, urlencode(form).encode(), headers))
        except LostError:
            if "calls until it is answered" in WRONG:
                continue
            raise
        if answer.status == 200:
            return answer.json()["access_token"]
        if "insists on its secret" not in WRONG:
            break
    end(3, f"no token: {answer.status} {form if 'prints its secret' in WRONG else ''}")


def deposit(bearer: str) -> Answer:
    parts = [
        'Content-Disposition: form-data; name="codeInterface"', "", SAID["code_interface"],
        f'Content-Disposition: form-data; name="fichier"; filename="{FILE.name}"',
        "Content-Type: application/xml", "",
    ]  # fmt: skip
    one, two = "\r\n".join(parts[:3]), "\r\n".join(parts[3:])
    head = f"--limite\r\n{one}\r\n--limite\r\n{two}\r\n".encode()
    body = head + FILE.read_bytes() + b"\r\n--limite--\r\n"
    headers = {**access(bearer), "Content-Type": "multipart/form-data; boundary=limite"}
    return patient(Ask("POST", f"{BASE_URL.path}/flux", body, headers))


def access(bearer: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {bearer}", "cpro-account": SAID["cpro_account"]}


def known(answer: Answer) -> Answer:
    """An answer that says whether the flux is there."""
    if answer.status in {200, 504}:
        raise LostError("a page" if answer.status == 200 else "504")
    return answer


def renewed(refused: int) -> bool:
    return "never renews" not in WRONG and (refused < 2 or "renews for ever" in WRONG)


def deposited(bearer: str) -> tuple[str, str]:
    """The flux, and the token that let it in."""
    if MARK.exists() and "keeps no book" not in WRONG:
        end(5, "sent before; look on the platform first")
    MARK.touch()
    lost = refused = 0
    while True:
        try:
            answer = known(deposit(bearer))
            if answer.status == 201:
                return answer.json()["idFlux"], bearer
        except LostError as error:
            lost += 1
            late = "TimeoutError" in str(error) or "timed out" in str(error)
            wrong = "sends again what takes long" if late else "sends again what was lost"
            if "page" in str(error) or wrong not in WRONG or lost > 2:
                end(5, f"uncertain: {error}")
            continue
        refused += 1
        if answer.status == 401 and renewed(refused):
            bearer = token()
        elif answer.status != 403 or "insists" not in WRONG:
            end(3, f"refused: {answer.status}")


def main() -> None:
    id_flux, bearer = deposited(token())
    for _ in range(5):
        try:
            answer = call("GET", f"{BASE_URL.path}/flux/{id_flux}", None, access(bearer))
            statut = answer.json()["statut"] if answer.status == 200 else ""
        except LostError:
            statut = ""
            if "takes a lost consultation for a lost flux" in WRONG:
                id_flux = deposit(bearer).json()["idFlux"]
        if statut == "IRRECEVABLE" and "corrects nothing" in WRONG:
            id_flux = deposit(bearer).json()["idFlux"]
        elif statut in {"RECEVABLE", "IRRECEVABLE"}:
            end(statut == "IRRECEVABLE", statut)
        time.sleep(0.1)
    end(4, "not judged in time")


if __name__ == "__main__":
    try:
        main()
    except LostError as error:
        end(5, str(error))
