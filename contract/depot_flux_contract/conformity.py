"""Whether a contract, its client and the simulator work together: a flux from end to end.

What is deposited here is chosen by role and by schema, so that it holds for any contract.
"""

import importlib.util
import inspect
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, get_args, get_type_hints
from uuid import uuid4

import httpx

from depot_flux_contract.errors import ContractError
from depot_flux_contract.generate import CLIENT, EFFECTIVE
from depot_flux_contract.places import words
from depot_flux_simulator.contract import Contract, JsonBody, MultipartBody, Operation
from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.flux.clock import ManualClock
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.web.app import create_app

NAME, CODE = "facture.xml", "FSO3110A"
_ACCOUNT = b64encode(b"demo@depot-flux.example:demo-password").decode()
_TOKEN_FORM = {
    "grant_type": "client_credentials",
    "client_id": "demo-client",
    "client_secret": "demo-secret",
}
ENVIRONMENT = "DEPOT_FLUX_GENERATED"
"""Names the generated folder that the project's own contract tests look at."""

_SUITE = Path("tests", "contract", "test_conformity.py")
_SECONDS = 600


def check(house: Path, generated: Path) -> None:
    """See that a contract works, from deposit to final status.

    In a checkout with its development tools, the project's contract tests run on it too.

    Args:
        house: the folder that is to get the contract.
        generated: what was generated from it.

    Raises:
        ContractError: it does not work; the message says how.
    """
    life_cycle(generated)
    if (house / _SUITE).exists() and importlib.util.find_spec("schemathesis"):
        _run_suite(house, generated)


def life_cycle(generated: Path) -> None:
    """Deposit a good and a bad flux through the generated client and follow them to the end.

    Raises:
        ContractError: a step did not go as the contract and the life cycle say.
    """
    with Driver.started(generated) as driver:
        for content, expected in ((facture_ubl(), Statut.RECEVABLE), (b"<a/>", Statut.IRRECEVABLE)):
            identifier = driver.deposit(content)
            seen = [driver.status(identifier)]
            for _ in range(2):
                driver.clock.advance(3_000)
                seen.append(driver.status(identifier))
            wanted = [Statut.RECU, Statut.EN_COURS_DE_TRAITEMENT, expected]
            if not all(statut in told for statut, told in zip(wanted, seen, strict=True)):
                raise ContractError(
                    f"the life cycle of a flux is not told: {', '.join(wanted)} expected, "
                    f"{seen} understood"
                )


class Driver:
    """A generated client before a simulator in this process, both of the same contract.

    Args:
        generated: folder of the effective contract and the client.
        folder: for the simulator's data.
    """

    def __init__(self, generated: Path, folder: Path) -> None:
        path = generated / EFFECTIVE
        self.clock = ManualClock()
        self.contract = Contract.load(path)
        self.document = Document.load(path)
        database = f"sqlite:///{folder / 'flux.db'}"
        self.app = create_app(
            Settings(contract=str(path), database=database, inline=True), self.clock
        )
        self.package = load_client(generated)
        self.base_path = self.contract.base_path
        self.headers = self._access()
        self.client = self._client(httpx.WSGITransport(app=self.app))

    @classmethod
    @contextmanager
    def started(cls, generated: Path) -> Iterator["Driver"]:
        """One whose data goes when it does."""
        with TemporaryDirectory() as folder:
            driver = cls(generated, Path(folder))
            try:
                yield driver
            finally:
                driver.app.extensions["depot_flux"].store.close()

    def deposit(self, content: bytes, name: str = NAME, code: str = CODE) -> Any:
        """Deposit through the client; the identifier.

        Raises:
            ContractError: the answer is not the contract's success.
        """
        response = self.call(self.contract.deposer, self.deposit_arguments(content, name, code))
        if response.status_code != self.contract.deposer.success:
            raise ContractError(f"a deposit is answered {_shown(response)}")
        return self.identifier(response)

    def identifier(self, response: Any) -> Any:
        """The identifier a deposit gave, from the client's own object or a header."""
        answer = self.answer_schema(self.contract.deposer)
        for role, place in self.document.places(answer):
            if role == Role.ID_FLUX:
                return _told(response, place.path)
        node = self.document.resolve(self.success_node(self.contract.deposer))
        for name, header in node.get("headers", {}).items():
            if self.document.role(header) == Role.ID_FLUX:
                return str(response.headers[name]).rpartition("/")[2].rpartition("=")[2]
        raise ContractError("the deposit gives no identifier")

    def status(self, identifier: Any) -> set[Statut]:
        """The states that what the client understood may mean.

        Raises:
            ContractError: the answer is not the contract's success.
        """
        arguments = {self.contract.id_parameter.name: identifier}
        response = self.call(self.contract.consulter, arguments)
        if response.status_code != self.contract.consulter.success:
            raise ContractError(f"a consultation is answered {_shown(response)}")
        return self.states(response)

    def states(self, response: Any) -> set[Statut]:
        """The states that an answer of the consultation may mean."""
        found: set[Statut] = set()
        for role, place in self.document.places(self.answer_schema(self.contract.consulter)):
            if role in (Role.STATUT, Role.STATUT_TEMPORAIRE, Role.STATUT_FINAL):
                told = _told(response, place.path)
                spelled = self.document.whole(place.schema)["x-depot-flux-valeurs"]
                states = {Statut(state) for state, value in spelled.items() if value == told}
                # A final status says more than the temporary one before it.
                found = states if role == Role.STATUT_FINAL and states else found or states
        return found

    def call(self, operation: Operation, arguments: dict[str, Any], client: Any = None) -> Any:
        """Call an operation through the client; its answer, in detail.

        Args:
            operation: the operation.
            arguments: parameters by the contract's names; `body` for the body.
            client: another client than the one before the simulator.
        """
        function = self.function(operation)
        names = {_plain(name): name for name in inspect.signature(function).parameters}
        given = {names[_plain(name)]: value for name, value in arguments.items()}
        for parameter in operation.parameters:
            name = names.get(_plain(parameter.name))
            if parameter.required and name and name not in given:
                given[name] = self._sample(parameter.schema, parameter.name)
        return function(**given, client=client or self.client)

    def function(self, operation: Operation) -> Callable[..., Any]:
        """The client's function for an operation.

        Raises:
            ContractError: the generator left the operation out.
        """
        url = unnamed(operation.path)
        for module in _modules(self.package):
            source = inspect.getsource(module)
            if f'"method": "{operation.method.lower()}"' in source and url in _urls(source):
                function: Callable[..., Any] = module.sync_detailed
                return function
        raise ContractError(
            f"the generated client has no function for {operation.method} {operation.path}"
        )

    def deposit_arguments(self, content: bytes, name: str, code: str) -> dict[str, Any]:
        """Arguments of a deposit: everything required, and what plays a role."""
        said = {Role.NOM_FICHIER: name, Role.CODE_INTERFACE: code}
        arguments: dict[str, Any] = {
            parameter.name: said[Role(parameter.role)]
            for parameter in self.contract.said_in_parameters
            if parameter.role is not None
        }
        return arguments | {"body": self._body(content, name, said)}

    def answer_schema(self, operation: Operation) -> Node:
        """The schema of an operation's success."""
        content = self.document.resolve(self.success_node(operation)).get("content", {})
        media: Node
        for media in content.values():
            schema: Node = media.get("schema", {})
            return schema
        return {}

    def success_node(self, operation: Operation) -> Node:
        """What the contract says of an operation's success."""
        node: Node = operation.node["responses"][str(operation.success)]
        return node

    # ------------------------------------------------------------------------------------------

    def _body(self, content: bytes, name: str, said: dict[Role, str]) -> Any:
        body = next(iter(self.contract.bodies))
        file = self.package.types.File(BytesIO(content), name)
        if not isinstance(body, MultipartBody | JsonBody):
            return file
        request = self.document.resolve(self.contract.deposer.node["requestBody"])
        schema = next(
            media["schema"]
            for media_type, media in request["content"].items()
            if media_type.split(";")[0].strip().lower() == body.media_type
        )
        encoded = isinstance(body, JsonBody)
        carried: Any = b64encode(content).decode() if encoded else b""
        values = self._filled(schema, {Role.FICHIER: carried, **said})
        model = self._model(self.contract.deposer, body).from_dict(values)
        if not encoded:
            setattr(model, _attribute(model, body.path[0]), file)
        return model

    def _model(self, operation: Operation, body: Any) -> Any:
        hint = get_type_hints(self.function(operation))["body"]
        models = [each for each in (get_args(hint) or (hint,)) if hasattr(each, "from_dict")]
        wanted = "to_multipart" if isinstance(body, MultipartBody) else "to_dict"
        return next(model for model in models if hasattr(model, wanted))

    def _filled(self, schema: Node, said: dict[Role, Any]) -> dict[str, Any]:
        node = self.document.whole(schema)
        filled: dict[str, Any] = {}
        for name, inner in node.get("properties", {}).items():
            role = self.document.role(inner)
            if role in said:
                filled[name] = said[Role(role)]
            elif any(found in said for found, _ in self.document.places(inner)):
                filled[name] = self._filled(inner, said)
            elif name in node.get("required", ()):
                filled[name] = self._sample(inner, name)
        return filled

    def _sample(self, schema: Node, name: str) -> Any:
        node = self.document.whole(schema)
        if _plain(name) == "cproaccount":
            return _ACCOUNT
        candidates = [
            node.get("default"), self.document.example(node), *node.get("enum", ())[:1],
            "2026-09-01", "2026-09-01T08:00:00Z", str(uuid4()), "12345", 1, True, [], {},
        ]  # fmt: skip
        validator = self.document.validator(schema)
        fitting = [each for each in candidates if each is not None and validator.is_valid(each)]
        if not fitting:
            raise ContractError(f"nothing is known to say for the required {name}")
        return fitting[0]

    def _access(self) -> dict[str, str]:
        answer = self.app.test_client().post("/api/oauth/token", data=_TOKEN_FORM).get_json()
        return {"Authorization": f"Bearer {answer['access_token']}", "cpro-account": _ACCOUNT}

    def _client(self, transport: httpx.BaseTransport) -> Any:
        url = f"http://127.0.0.1{self.base_path}"
        client = self.package.AuthenticatedClient(base_url=url, token="")
        client.set_httpx_client(
            httpx.Client(base_url=url, headers=self.headers, transport=transport)
        )
        return client

    def answering(self, answer: httpx.Response) -> Any:
        """A client that gets one answer, whatever it asks."""
        return self._client(httpx.MockTransport(lambda _request: answer))


def load_client(generated: Path) -> Any:
    """Import a generated package under a name of its own, beside any other of its kind.

    Raises:
        ContractError: it cannot be imported.
    """
    name = f"{CLIENT}_{uuid4().hex}"
    location = generated / CLIENT
    found = importlib.util.spec_from_file_location(
        name, location / "__init__.py", submodule_search_locations=[str(location)]
    )
    if found is None or found.loader is None:
        raise ContractError(f"{location} is no package")
    package = importlib.util.module_from_spec(found)
    sys.modules[name] = package
    try:
        found.loader.exec_module(package)
        import_module(f"{name}.types")
        _modules(package)
    except (ImportError, SyntaxError, NameError, TypeError) as error:
        raise ContractError(f"the generated client cannot be imported: {error}") from error
    return package


def unnamed(path: str) -> str:
    """A path with its parameters unnamed."""
    return "".join("{}" if part.startswith("{") else part for part in _parts(path))


def _urls(source: str) -> set[str]:
    lines = (line.strip() for line in source.splitlines())
    return {
        unnamed(line.partition('"url": "')[2].partition('"')[0])
        for line in lines
        if line.startswith('"url": "')
    }


def _parts(path: str) -> Iterator[str]:
    rest = path
    while rest:
        before, _, after = rest.partition("{")
        yield before
        inside, closed, rest = after.partition("}")
        if closed:
            yield "{" + inside + "}"


def _modules(package: ModuleType) -> list[ModuleType]:
    folder = Path(str(package.__file__)).parent / "api"
    names = [
        ".".join(path.relative_to(folder.parent).with_suffix("").parts)
        for path in sorted(folder.rglob("*.py"))
        if path.name != "__init__.py"
    ]
    return [import_module(f"{package.__name__}.{name}") for name in names]


def _told(response: Any, path: tuple[str, ...]) -> Any:
    parsed = response.parsed
    value = parsed.to_dict() if hasattr(parsed, "to_dict") else parsed
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _attribute(model: Any, name: str) -> str:
    names: list[str] = list(vars(type(model))["__annotations__"])
    return next(each for each in names if _plain(each) == _plain(name))


def _plain(name: str) -> str:
    return words(name).replace(" ", "").removeprefix("field").removesuffix("header")


def _shown(response: Any) -> str:
    return f"{int(response.status_code)}: {response.content.decode('utf-8', 'replace')[:300]}"


def _run_suite(house: Path, generated: Path) -> None:
    """Run the project's contract tests on a folder that is not in place yet."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider"]
    environment = {**os.environ, ENVIRONMENT: str(generated.absolute())}
    done = subprocess.run(  # noqa: S603 (our own tests)
        [*command, str(_SUITE)],
        cwd=house,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        told = [line for line in done.stdout.splitlines() if line.startswith(("E  ", "FAILED"))]
        raise ContractError(
            f"the contract tests fail on it: {' / '.join(told[:6]) or done.stdout[-300:]}"
        )
