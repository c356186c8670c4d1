"""The tools: how each is had, started, called and steered, by its own means as it comes.

The first three serve the contract of this repository. WireMock is given stubs for it, with what its
templates can do; mock-einvoice has an API of its own, whose nearest operations are called.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.support.served import access, free_port

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "generated" / "openapi.json"
FOREIGN = ROOT / "tests" / "adoption" / "contrats" / "openapi31.yaml"
NPM = {"@stoplight/prism-cli": "5.14.2", "wiremock": "3.13.2", "@stdy/cli": "0.22.2"}
EINVOICE = "0.4.0"
PATIENCE = 60.0  # seconds that a tool has for its start


class CannotError(Exception):
    """The tool has nothing for it."""


@dataclass
class Tool:
    """A tool that serves the contract, and has no means of its own beside that.

    Attributes:
        folder: where its package is, and what it writes.
        url: where it answers, once it was started.
        started: seconds until its first answer.
    """

    folder: Path
    name: str = ""
    url: str = ""
    started: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    def command(self, port: int, contract: Path) -> list[str]:
        raise NotImplementedError

    def start(self, contract: Path = CONTRACT) -> None:
        """Start it on a free port, with nothing of before."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = self.command(port, contract)
        begin = time.perf_counter()
        with (self.folder / f"{type(self).__name__}.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, start_new_session=True
            )
        while time.perf_counter() < begin + PATIENCE:
            if self.process.poll() is not None:
                break
            try:
                httpx.get(self.url)
            except httpx.TransportError:
                time.sleep(0.01)
            else:
                self.started = time.perf_counter() - begin
                self.ready()
                return
        self.stop()
        raise CannotError(f"does not start: {' '.join(command)}")

    def ready(self) -> None:
        """What is said to it first."""
        self.headers = {"Authorization": "Bearer x.y.z", "cpro-account": "YTpi"}

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def memory(self) -> int:
        """Bytes of all its processes."""
        assert self.process is not None
        own = psutil.Process(self.process.pid)
        return sum(each.memory_info().rss for each in [own, *own.children(recursive=True)])

    def good(self) -> bytes:
        """An invoice that shall pass."""
        from depot_flux_simulator.samples import facture_ubl

        return facture_ubl(f"F{time.time_ns()}")

    def deposit(self, content: bytes, **headers: str) -> httpx.Response:
        return httpx.post(
            f"{self.url}/flux",
            data={"codeInterface": "FSO3110A"},
            files={"fichier": ("facture.xml", content)},
            headers=self.headers | headers,
            timeout=20,
        )

    def identifier(self, answer: httpx.Response) -> str:
        return str(answer.json()["idFlux"])

    def consult(self, identifier: str) -> httpx.Response:
        return httpx.get(f"{self.url}/flux/{identifier}", headers=self.headers, timeout=20)

    def outcome(self, content: bytes) -> str:
        """What a caller learns of a file in the end, without what names it."""
        answer = self.deposit(content)
        if not answer.is_success:
            return str(answer.status_code)
        body = self.consult(self.identifier(answer)).json()
        return str(body.get("statut"))

    def reasons(self, content: bytes) -> list[str]:
        raise CannotError

    def arm_503(self) -> None:
        raise CannotError

    def arm_cut(self) -> None:
        raise CannotError

    def advance(self) -> None:
        """An hour goes by."""
        raise CannotError

    def journal(self) -> list[tuple[str, str, int]]:
        """Method, path and status of the calls it had."""
        raise CannotError

    def reset(self) -> None:
        raise CannotError


class Prism(Tool):
    def command(self, port: int, contract: Path) -> list[str]:
        prism = self.folder / "node_modules" / ".bin" / "prism"
        return [str(prism), "mock", "-p", str(port), "-h", "127.0.0.1", str(contract)]


class Steady(Tool):
    def command(self, port: int, contract: Path) -> list[str]:
        steady = self.folder / "node_modules" / ".bin" / "steady"
        return [str(steady), "-q", "-p", str(port), "--host", "127.0.0.1", str(contract)]


class WireMock(Tool):
    """Stubs for the two operations, by its own control plane; ids from its templates."""

    def command(self, port: int, contract: Path) -> list[str]:
        if contract != CONTRACT:
            raise CannotError  # it reads no contract
        (jar,) = (self.folder / "node_modules" / "wiremock" / "build").glob("*.jar")
        options = [
            "--port",
            str(port),
            "--bind-address",
            "127.0.0.1",
            "--global-response-templating",
        ]
        # The load here reads answers whose length is said.
        options += ["--use-chunked-encoding", "NEVER"]
        return ["java", "-jar", str(jar), *options, "--root-dir", str(self.folder / "wiremock")]

    def ready(self) -> None:
        super().ready()
        random = "{{randomValue length=15 type='NUMERIC'}}"
        self._stub("POST", 201, {"idFlux": f"CPP0013110{random}"}, urlPath="/flux")
        told = {"idFlux": "{{request.path.[1]}}", "statut": "RECEVABLE"}
        told["dateStatut"] = "{{now}}"
        self._stub("GET", 200, told, urlPathPattern="/flux/.+")

    def arm_503(self) -> None:
        self._once({"status": 503, "headers": {"Retry-After": "1"}})

    def arm_cut(self) -> None:
        self._once({"fault": "CONNECTION_RESET_BY_PEER"})

    def journal(self) -> list[tuple[str, str, int]]:
        calls = httpx.get(f"{self.url}/__admin/requests").json()["requests"]
        return [
            (call["request"]["method"], call["request"]["url"], call["response"]["status"])
            for call in calls
        ]

    def reset(self) -> None:
        httpx.delete(f"{self.url}/__admin/requests").raise_for_status()

    def _stub(self, method: str, status: int, body: dict[str, str], **where: str) -> None:
        headers = {"Content-Type": "application/json"}
        response = {"status": status, "headers": headers, "body": json.dumps(body)}
        self._map({"request": {"method": method, **where}, "response": response})

    def _once(self, response: dict[str, Any]) -> None:
        scenario = {"scenarioName": str(time.time_ns()), "requiredScenarioState": "Started"}
        scenario |= {"newScenarioState": "done"}
        request = {"method": "POST", "urlPath": "/flux"}
        self._map({"priority": 1, "request": request, "response": response, **scenario})

    def _map(self, mapping: dict[str, Any]) -> None:
        httpx.post(f"{self.url}/__admin/mappings", json=mapping).raise_for_status()


class MockEinvoice(Tool):
    """Its buyer takes invoices of Peppol and XRechnung, on paths of its own."""

    def command(self, port: int, contract: Path) -> list[str]:
        if contract != CONTRACT:
            raise CannotError  # it reads no contract
        program = f"import sys; sys.path.insert(0, {str(self.folder / 'python')!r})\n"
        program += "from mockeinvoice.__main__ import main; main()"
        return [sys.executable, "-c", program, "--port", str(port)]

    def good(self) -> bytes:
        """One that it writes itself, being of a kind that it takes."""
        buyer = {"name": "ACME", "endpoint": "0088:4098765000003", "city": "Berlin"}
        buyer |= {"postal_code": "10115", "country": "DE"}
        line = {"name": "Widget", "quantity": 40, "unit": "C62", "price": "20.00"}
        order = {"number": str(time.time_ns()), "buyer": buyer, "lines": [line]}
        told = httpx.post(f"{self.url}/_mock/orders", json=order).raise_for_status().json()
        sent = httpx.post(f"{self.url}/_mock/orders/{told['id']}/invoices").raise_for_status()
        return httpx.get(self.url + sent.json()["document"]).raise_for_status().content

    def deposit(self, content: bytes, **headers: str) -> httpx.Response:
        return httpx.post(f"{self.url}/invoices", content=content, headers=headers, timeout=20)

    def identifier(self, answer: httpx.Response) -> str:
        return str(answer.json()["id"])

    def consult(self, identifier: str) -> httpx.Response:
        return httpx.get(f"{self.url}/_mock/invoices/{identifier}")

    def outcome(self, content: bytes) -> str:
        return str(self.deposit(content).status_code)

    def reasons(self, content: bytes) -> list[str]:
        told = self.deposit(content).json()
        return [finding["code"] for finding in told.get("findings", [])]

    def advance(self) -> None:
        httpx.post(f"{self.url}/_mock/advance?seconds=3600").raise_for_status()

    def reset(self) -> None:
        httpx.post(f"{self.url}/_mock/reset").raise_for_status()


class Ours(Tool):
    def command(self, port: int, contract: Path) -> list[str]:
        database = self.folder / f"{time.time_ns()}.db"
        simulator = Path(sys.executable).with_name("depot-flux-simulator")
        options = ["--port", str(port), "--database", f"sqlite:///{database}", "--pace", "0"]
        if contract == CONTRACT:
            return [str(simulator), *options]
        adopted = self.folder / f"adopted-{time.time_ns()}"
        adopted.mkdir()
        workshop = Path(sys.executable).with_name("depot-flux-contract")
        command = [str(workshop), "adopt", str(contract), "--into", str(adopted)]
        subprocess.run(command, check=True, capture_output=True)
        generated = adopted / "generated" / "openapi.json"
        return [str(simulator), *options, "--contract", str(generated)]

    def ready(self) -> None:
        self.headers = access(self.url)

    def outcome(self, content: bytes) -> str:
        identifier = self.identifier(self.deposit(content))
        deadline = time.monotonic() + 20
        while (told := str(self.consult(identifier).json()["statut"])) not in (
            "RECEVABLE",
            "IRRECEVABLE",
        ):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return told

    def reasons(self, content: bytes) -> list[str]:
        before = self._steer("GET", "flux?limit=1").json()
        self.outcome(content)
        flux = self._steer("GET", "flux?limit=1").json()["flux"][0]
        assert before["flux"][:1] != [flux]
        return [motif["code"] for motif in flux["motifs"]]

    def arm_503(self) -> None:
        fault = {"kind": "status", "status": 503, "operations": ["deposer"], "times": 1}
        self._steer("POST", "faults", fault)

    def arm_cut(self) -> None:
        self._steer(
            "POST", "faults", {"kind": "reset_before_store", "operations": ["deposer"], "times": 1}
        )

    def advance(self) -> None:
        self._steer("POST", "clock", {"advance": "1h"})

    def manual(self) -> None:
        """Time stands still until it is moved, and statuses take as long as they do."""
        self._steer("POST", "clock", {"mode": "manual"})

    def journal(self) -> list[tuple[str, str, int]]:
        calls = self._steer("GET", "journal").json()["appels"]
        return [(call["methode"], call["chemin"], call["statut"]) for call in calls]

    def reset(self) -> None:
        self._steer("POST", "reset")

    def _steer(self, method: str, what: str, body: dict[str, Any] | None = None) -> httpx.Response:
        path = f"{self.url}/_simulator/{what}"
        return httpx.request(method, path, json=body, timeout=20).raise_for_status()


def had(folder: Path) -> tuple[list[Tool], list[str]]:
    """The tools, installed from their registries; and what could not be had, with why."""
    tools: list[Tool] = [Ours(folder, "depot-flux-simulator")]
    missing = []
    if shutil.which("npm"):
        wanted = [f"{name}@{version}" for name, version in NPM.items()]
        command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", *wanted]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            tools.append(Prism(folder, f"Prism {NPM['@stoplight/prism-cli']}"))
            tools.append(Steady(folder, f"Steady {NPM['@stdy/cli']}"))
            if shutil.which("java"):
                tools.append(WireMock(folder, f"WireMock {NPM['wiremock']}"))
            else:
                missing.append("WireMock: no java here")
        else:
            missing.append("Prism, Steady, WireMock: " + done.stderr.strip()[-300:])
    else:
        missing.append("Prism, Steady, WireMock: no npm here")
    target = ["--no-deps", "--target", str(folder / "python"), f"mock-einvoice=={EINVOICE}"]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", *target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        tools.append(MockEinvoice(folder, f"mock-einvoice {EINVOICE}"))
    else:
        missing.append("mock-einvoice: " + done.stderr.strip()[-300:])
    return tools, missing
