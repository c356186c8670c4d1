"""What the tests share: a simulator in this process, and calls on it with and without access."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import schemathesis
from flask import Flask
from schemathesis.auths import AuthContext
from schemathesis.generation.case import Case
from schemathesis.generation.modes import GenerationMode
from schemathesis.schemas import BaseSchema

from depot_flux_simulator.contract import DEFAULT_CONTRACT
from depot_flux_simulator.flux.clock import Clock, ManualClock
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.web.app import create_app

AAA = ("demo-client", "demo-secret", "demo@depot-flux.example:demo-password")
BBB = ("demo-client-2", "demo-secret-2", "demo2@depot-flux.example:demo-password-2")


def access_from(
    who: tuple[str, str, str], ask_token: Callable[[dict[str, str]], Any]
) -> dict[str, str]:
    """Headers that let an application in, its token got from `ask_token`."""
    client_id, client_secret, account = who
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
    }
    return {
        "Authorization": f"Bearer {ask_token(form)['access_token']}",
        "cpro-account": b64encode(account.encode()).decode(),
    }


@dataclass
class InProcess:
    """A simulator without a socket."""

    app: Flask

    @property
    def parts(self) -> Parts:
        parts: Parts = self.app.extensions["depot_flux"]
        return parts

    def access(self, who: tuple[str, str, str] = AAA) -> dict[str, str]:
        """Headers that let an application in."""
        ask = self.app.test_client().post
        return access_from(who, lambda form: ask("/api/oauth/token", data=form).get_json())

    def call(self, method: str, path: str, headers: dict[str, str], **arguments: Any) -> Any:
        return self.app.test_client().open(path, method=method, headers=headers, **arguments)

    def deposit(
        self,
        headers: dict[str, str],
        content: bytes = b"<a/>",
        name: str = "a.xml",
        code: str = "FSO3110A",
    ) -> Any:
        form = {"codeInterface": code, "fichier": (BytesIO(content), name)}
        return self.call("POST", "/flux", headers, data=form)

    def detail(self, id_flux: str) -> Any:
        return self.call("GET", f"/_simulator/flux/{id_flux}", {}).get_json()


@contextmanager
def in_process(folder: Path, clock: Clock | None = None, **settings: Any) -> Iterator[InProcess]:
    """A simulator whose data lies in `folder`, on a clock that stands still."""
    chosen = {"database": f"sqlite:///{folder / 'flux.db'}", "inline": True, **settings}
    app = create_app(Settings(**chosen), clock or ManualClock())
    try:
        yield InProcess(app)
    finally:
        app.extensions["depot_flux"].store.close()


class Simulated:
    """A contract for schemathesis and the simulator that serves it.

    Schemathesis wants the application and the access when tests are collected, before any fixture
    runs: this one starts at once and goes with the process.
    """

    def __init__(
        self, contract: Path = DEFAULT_CONTRACT, described: dict[str, Any] | None = None
    ) -> None:
        self._folder = TemporaryDirectory()
        chosen = Settings(
            database=f"sqlite:///{self._folder.name}/flux.db",
            contract=str(contract),
            inline=True,
            pace=0,
        )
        self.simulator = InProcess(create_app(chosen, ManualClock()))
        # What schemathesis is told, where it is more than the contract says.
        path = Path(self._folder.name, "openapi.json")
        told = json.loads(contract.read_text(encoding="utf-8")) if described is None else described
        path.write_text(json.dumps(told), encoding="utf-8")
        self.schema = schemathesis.openapi.from_path(path)
        self.schema.app = self.simulator.app
        self.schema.config.generation.update(modes=list(GenerationMode))
        let_in(self.schema, self.simulator.access())


def let_in(schema: BaseSchema, access: dict[str, str]) -> None:
    """Give schemathesis the headers of an application; it also tries without and with others."""

    class Access:
        def get(self, _case: "Case[Any]", _context: AuthContext) -> dict[str, str]:
            return access

        def set(self, case: "Case[Any]", data: dict[str, str], _context: AuthContext) -> None:
            case.headers.update(data)

    schema.auth()(Access)
