"""The simulator, the gate and the command: good as new for every check."""

import secrets
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from depot_flux.configuration import PREFIX
from depot_flux_contract.clients.attempts import Attempt, filled, findable, run
from depot_flux_contract.clients.gate import Gate, Strike
from depot_flux_contract.errors import ContractError
from depot_flux_contract.exchanges.secrets import Secrets
from depot_flux_contract.verify.samples import INTERFACES, good_flux
from depot_flux_simulator.testing import Simulator
from depot_flux_simulator.web import oauth
from depot_flux_simulator.web.targets import Targets

WINDOW = 30.0
PATIENCE = 90.0
_CODE_APPLICATION = "AAA123"
# Whoever calls so often in one run is stopped: that says it all.
_ENOUGH = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a run.

    Attributes:
        command: the client's command, with `{name}` for what is told to it.
        interface: interface code of the file that it deposits.
        window: seconds that one run of the command may take.
        patience: seconds that an answer is held back for a client that times out.
        contract: file of the effective contract; the installed one by default.
    """

    command: tuple[str, ...]
    interface: str = "FSO3110A"
    window: float = WINDOW
    patience: float = PATIENCE
    contract: Path | None = None


@dataclass
class Stand:
    """What the checks of one run share.

    Attributes:
        asked: what is asked.
        simulator: the platform.
        gate: what stands before it.
        folder: where what is told to the command lies.
        access: client, secret, login and password, drawn for this run.
        secrets: what must not be printed.
        outputs: what every run of the command printed, by the check that ran it.
        calls: how many calls were made.
        sha256: of the file that the command was told of last.
    """

    asked: Asked
    simulator: Simulator
    gate: Gate
    folder: Path
    access: dict[str, str]
    secrets: Secrets = field(default_factory=Secrets)
    outputs: list[tuple[str, str]] = field(default_factory=list)
    calls: int = 0
    sha256: str = ""
    _number: int = 0
    _checking: str = ""

    def begin(self, check: str) -> None:
        """Say which check runs the command from now on."""
        self._checking = check

    def attempt(
        self,
        *strikes: Strike,
        fault: dict[str, Any] | None = None,
        scenario: dict[str, Any] | None = None,
        runs: int = 1,
        window: float | None = None,
    ) -> Attempt:
        """Run the command, on a platform good as new.

        Args:
            strikes: what goes wrong before the simulator.
            fault: what goes wrong in it, as `Simulator.fault` takes it.
            scenario: what becomes of the deposits, as `Simulator.scenario` takes it.
            runs: how often the command is run.
            window: seconds that a run may take, if fewer than for others.

        Raises:
            ContractError: the command cannot be started.
        """
        self.simulator.reset()
        self.simulator.pace(0)
        if fault:
            self.simulator.fault(**fault)
        if scenario:
            self.simulator.scenario(**scenario)
        values = self._told()
        command = filled(self.asked.command, {**values, **_placeholders(values)})
        longest = min(window or self.asked.window, self.asked.window)
        self.gate.begin(strikes)
        codes: list[int | None] = []
        began: list[float] = []
        output = ""
        for _ in range(runs):
            began.append(self.gate.now())
            try:
                ended = run(command, values, longest, lambda: len(self.gate.calls) > _ENOUGH)
            except OSError as error:
                raise ContractError(f"{command[0]}: cannot be run: {error.strerror}") from None
            codes.append(ended.code)
            output += ended.output
        calls = tuple(self.gate.calls)
        self.calls += len(calls)
        self.outputs.append((self._checking, output))
        stored = tuple(str(view.flux.sha256) for view in self.simulator.search())
        return Attempt(calls, stored, tuple(began), tuple(codes), output)

    @property
    def repeat(self) -> str:
        """The command, to be repeated by."""
        return " ".join(self.asked.command)

    def _told(self) -> dict[str, str]:
        """What a command is told, by the names of its environment; a file of its own each time."""
        self._number += 1
        folder = self.folder / str(self._number)
        folder.mkdir()
        content, name = good_flux(self.asked.interface, self._number)
        file = folder / name
        file.write_bytes(content)
        self.sha256 = sha256(content).hexdigest()
        url = self.simulator.serve()
        return {
            **self.access,
            f"{PREFIX}URL": url,
            f"{PREFIX}BASE_URL": url + self.simulator.base_path,
            f"{PREFIX}TOKEN_URL": url + oauth.PATH,
            f"{PREFIX}FICHIER": str(file),
            f"{PREFIX}CODE_INTERFACE": self.asked.interface,
            f"{PREFIX}DOSSIER": str(folder),
            # What a client keeps from run to run is of one check alone.
            f"{PREFIX}FICHIER_RECUS": str(folder / "recus.db"),
            f"{PREFIX}CONFIG": str(folder / "config.toml"),
        }


def _placeholders(values: dict[str, str]) -> dict[str, str]:
    return {name.removeprefix(PREFIX).lower(): value for name, value in values.items()}


@contextmanager
def stand(asked: Asked) -> Iterator[Stand]:
    """What the checks of one run share, cleared away in the end.

    Raises:
        ContractError: there is no such command, or no file of that interface can be made.
        ConfigurationError: the contract cannot be served.
    """
    if not asked.command or not findable(asked.command[0]):
        named = asked.command[0] if asked.command else "COMMAND"
        raise ContractError(f"{named}: there is no such program; say the client's command after --")
    if asked.interface not in INTERFACES:
        raise ContractError(f"no flux of {asked.interface} can be made; known: {INTERFACES}")
    with TemporaryDirectory(prefix="depot-flux-client-") as made:
        folder = Path(made)
        access = _access()
        file = folder / "applications.toml"
        file.write_text(_applications(access), encoding="utf-8")
        contract: dict[str, Any] = {"contract": asked.contract} if asked.contract else {}
        with Simulator(start=None, applications=file, **contract) as simulator:
            targets = Targets(simulator.contract, simulator.base_path, oauth.PATH)
            gate = Gate(simulator.app.wsgi_app, targets)
            simulator.app.wsgi_app = gate  # type: ignore[method-assign]
            known = (f"{PREFIX}CLIENT_SECRET", f"{PREFIX}MOT_DE_PASSE", f"{PREFIX}CPRO_ACCOUNT")
            hidden = Secrets(access[name] for name in known)
            yield Stand(asked, simulator, gate, folder, access, hidden)


def _access() -> dict[str, str]:
    """Access that nobody has but this run, so that nothing else can have printed it."""
    login, password = "verify-client@depot-flux.example", secrets.token_hex(12)
    return {
        f"{PREFIX}CLIENT_ID": f"verify-{secrets.token_hex(4)}",
        f"{PREFIX}CLIENT_SECRET": secrets.token_hex(16),
        f"{PREFIX}LOGIN": login,
        f"{PREFIX}MOT_DE_PASSE": password,
        f"{PREFIX}CODE_APPLICATION": _CODE_APPLICATION,
        f"{PREFIX}CPRO_ACCOUNT": b64encode(f"{login}:{password}".encode()).decode(),
    }


def _applications(access: dict[str, str]) -> str:
    """The simulator's file of the one application that calls."""
    said = {name.removeprefix(PREFIX).lower(): value for name, value in access.items()}
    return (
        f'[[application]]\nclient_id = "{said["client_id"]}"\n'
        f'client_secret = "{said["client_secret"]}"\n'
        f'code_application = "{_CODE_APPLICATION}"\n'
        f'comptes_techniques = [{{ login = "{said["login"]}", '
        f'mot_de_passe = "{said["mot_de_passe"]}" }}]\n'
    )
