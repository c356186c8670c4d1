"""Bodies of deposits, in whichever form the contract has: a file and what was said of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import IO, Any

from flask import Request
from flask import request as flask_request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.wsgi import get_input_stream

from depot_flux_simulator.contract import Breach, JsonBody, MultipartBody, Operation, Said
from depot_flux_simulator.contract.asked import AskedInBody
from depot_flux_simulator.contract.requests import from_json
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.store.contents import Contents, drop
from depot_flux_simulator.store.upload import Upload
from depot_flux_simulator.web.base64_json import Base64File, Texts, UnreadableJsonError, read_json
from depot_flux_simulator.web.forms import Fields, Files, FormParser
from depot_flux_simulator.web.reception import FAULT

_MAX_PARTS = 50
_CHUNK = 65_536
_TEXT_PART = 500_000
_ASKED = 100_000


class FluxRequest(Request):
    """A request whose files go straight to where the store keeps them.

    Attributes:
        contents: where that is; `request_class` tells it.
        unclaimed: the files that were made for it and that nobody claimed.
    """

    contents: Contents
    max_form_parts = _MAX_PARTS
    form_data_parser_class = FormParser

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body; an error when the server could not read it to its end."""
        fault = self.environ.get(FAULT)
        if fault is not None:
            raise fault
        return get_input_stream(self.environ, max_content_length=self.max_content_length)

    @cached_property
    def unclaimed(self) -> list[Upload]:
        """As above."""
        return []

    def parts(self) -> tuple[Fields, Files]:
        """The parts of its form, past what werkzeug puts around them: half of their reading.

        Raises:
            RequestEntityTooLarge: it has more fields, or longer ones, than it may.
        """
        parser = FormParser(self._get_file_stream, _TEXT_PART, max_form_parts=_MAX_PARTS)
        return parser.parts(self.stream, self.mimetype_params.get("boundary", ""))

    def new_file(self) -> Upload:
        """A file of the store, thrown away unless it is claimed."""
        file = self.contents.new()
        self.unclaimed.append(file)
        return file

    def claim(self, file: Upload) -> Upload:
        """The same file; whoever claims it sees to it from then on."""
        self.unclaimed.remove(file)
        return file

    def drop_unclaimed(self) -> None:
        """Throw away the files that came with it and that nobody claimed."""
        unclaimed = self.unclaimed
        while unclaimed:
            file = unclaimed.pop()
            # What could not be written out is told when it is closed, and matters no more.
            with suppress(OSError):
                file.close()
            drop(file.path)

    def _get_file_stream(self, *_args: Any, **_kwargs: Any) -> Upload:
        # The hook that werkzeug documents for choosing where an upload goes.
        return self.new_file()


def request_class(parts: Parts) -> type[FluxRequest]:
    """The class of the requests to one simulator: where their files go, how long they may be."""
    own = {"contents": parts.store.contents, "max_content_length": parts.settings.body_bytes}
    return type("OwnRequest", (FluxRequest,), own)


def current_request() -> FluxRequest:
    """The request that Flask is at."""
    current: Any = flask_request
    request: FluxRequest = current
    return request


def check_parameters(operation: Operation, request: Request, path: dict[str, str]) -> None:
    """Refuse a request whose parameters break the contract.

    Raises:
        ApiError: there is a breach.
    """
    if operation.parameters:
        places: dict[str, Callable[[str], Sequence[str]]] = {
            "path": lambda name: [path[name]] if name in path else [],
            "query": request.args.getlist,
            "header": request.headers.getlist,
            "cookie": request.cookies.getlist,
        }
        check(operation.breaches(places))


def check(breaches: list[Breach]) -> None:
    """Refuse a call that breaks the contract.

    Raises:
        ApiError: there is a breach.
    """
    if not breaches:
        return
    # What is absent or cannot be read is an invalid request; what breaks its format, invalid data.
    codes = (400, 422) if any(breach.missing for breach in breaches) else (422, 400)
    raise ApiError(*codes, detail=" ".join(breach.message for breach in breaches))


@contextmanager
def read_deposit(
    parts: Parts, request: FluxRequest, path: dict[str, str]
) -> Iterator[tuple[Upload, Said]]:
    """What a request deposits: the file of the store that holds it, what was said of it.

    The files that came with the request and that nobody claims while it is entered are gone when
    it is left, however it is.

    Args:
        parts: those of the simulator.
        request: the request.
        path: values of the parameters in the path, by name.

    Raises:
        ApiError: the body is not one the contract takes.
    """
    try:
        file, said = _read(parts, request)
        beside = _said_in_parameters(parts, request, path)
        repeated = beside[Role.REPRIS] | said.get(Role.REPRIS, {})
        said = {**beside, **said, Role.REPRIS: repeated}
        _check_digest(file, said.get(Role.SHA256))
        yield file, said
    finally:
        request.drop_unclaimed()


def _check_digest(file: Upload, stated: str | None) -> None:
    if stated and stated.strip().lower() != file.sha256:
        raise ApiError(
            422,
            400,
            detail=f"L'empreinte sha256 annoncée, {stated[:64]}, n'est pas celle du fichier reçu, "
            f"{file.sha256}.",
        )


def read_asked(asked: AskedInBody, request: Request) -> str:
    """The identifier of the flux that a request's JSON body asks for.

    Raises:
        ApiError: the body is not one the contract takes.
    """
    if request.mimetype != asked.media_type:
        raise ApiError(
            415,
            400,
            detail=f"Le corps est de type {request.mimetype or 'inconnu'} ; le contrat demande "
            f"{asked.media_type}.",
        )
    text = request.stream.read(_ASKED + 1)
    if len(text) > _ASKED:
        raise ApiError(413, 400, detail="Le corps est trop long pour un identifiant de flux.")
    try:
        body = from_json(text.decode())
    except ValueError:
        raise ApiError(400, 422, detail="Le corps n'est pas du JSON en UTF-8.") from None
    identifier, breaches = asked.of(body)
    check(breaches)
    return identifier


def _read(parts: Parts, request: FluxRequest) -> tuple[Upload, Said]:
    body = parts.contract.bodies.of(request.mimetype)
    if body is None:
        raise ApiError(
            415,
            400,
            detail=f"Le corps est de type {request.mimetype or 'inconnu'} ; le contrat demande "
            f"{parts.contract.bodies.media_types}.",
        )
    if isinstance(body, MultipartBody):
        return _multipart(body, request)
    if isinstance(body, JsonBody):
        return _json(body, request)
    return _raw(request), {}


def _said_in_parameters(parts: Parts, request: FluxRequest, path: dict[str, str]) -> Said:
    """What the contract has parameters for."""
    said: Said = {}
    repeated: dict[str, Any] = {}
    if not parts.contract.said_in_parameters:
        return {Role.REPRIS: repeated}
    find: dict[str, Callable[[str], str | None]] = {
        "path": path.get,
        "query": request.args.get,
        "header": request.headers.get,
        "cookie": request.cookies.get,
    }
    for parameter in parts.contract.said_in_parameters:
        value = find[parameter.place](parameter.name)
        if value is None or parameter.role is None:
            continue
        text = _header_text(parameter.name, value)
        if parameter.role == Role.REPRIS:
            repeated[parameter.name] = parameter.typed(text)
        else:
            said[Role(parameter.role)] = parameter.codes.read(text)
    return {**said, Role.REPRIS: repeated}


def _header_text(name: str, value: str) -> str:
    if name.lower() == "content-disposition":
        _, options = parse_options_header(value)
        return options.get("filename", "")
    with suppress(UnicodeError):
        # The server hands headers over as Latin-1; names are UTF-8.
        return value.encode("latin-1").decode("utf-8")
    return value


def _multipart(body: MultipartBody, request: FluxRequest) -> tuple[Upload, Said]:
    fields, files = _read_form(body, request)
    values = body.body(fields, files)
    check(body.breaches(values))
    part = files.get(body.fichier)
    if part is None:
        raise ApiError(
            400,
            422,
            detail=f"La partie {body.fichier} n'a pas de nom de fichier ; l'envoyer comme un "
            "fichier, avec filename.",
        )
    file: Any = part.stream
    return file, {Role.NOM_FICHIER: part.filename or ""} | body.said(values)


def _read_form(
    body: MultipartBody, request: FluxRequest
) -> tuple[dict[str, list[str]], dict[str, FileStorage]]:
    try:
        given, given_files = request.parts()
    except RequestEntityTooLarge:
        if (request.content_length or 0) > (request.max_content_length or 0):
            raise
        raise ApiError(
            413,
            400,
            detail="Une partie du formulaire est trop longue ; le flux s'envoie dans "
            f"{body.fichier}, avec filename, et le corps compte au plus {_MAX_PARTS} parties.",
        ) from None
    _check_once(body, [name for name, _ in (*given, *given_files)])
    fields: dict[str, list[str]] = {}
    for name, text in given:
        fields.setdefault(name, []).append(text)
    files: dict[str, FileStorage] = {}
    for name, file in given_files:
        files.setdefault(name, file)
    # A JSON part may well have been sent as a file.
    for name in [name for name in files if body.is_text(name)]:
        fields[name] = [_text(name, files.pop(name))]
    return fields, files


def _check_once(body: MultipartBody, names: list[str]) -> None:
    """Two readers of a form that says something twice might each take another."""
    if len(set(names)) == len(names):
        return
    for name, count in Counter(names).items():
        if count > 1 and not body.takes_several(name):
            raise ApiError(
                400, 422, detail=f"La partie {name[:64]} est donnée {count} fois ; une suffit."
            )


def _text(name: str, part: FileStorage) -> str:
    content = part.stream.read(_TEXT_PART + 1)
    part.stream.close()
    if len(content) > _TEXT_PART:
        raise ApiError(413, 400, detail=f"La partie {name} est trop longue.")
    return content.decode("utf-8", "replace")


def _json(body: JsonBody, request: FluxRequest) -> tuple[Upload, Said]:
    texts = Texts[Upload](request.new_file)
    try:
        value = read_json(request.stream, texts)
    except UnreadableJsonError as error:
        raise ApiError(400, 422, detail=str(error)) from None
    check(body.breaches(value))
    given = body.fichier(value)
    if not isinstance(given, str):
        check([body.lacking()])
    file: Base64File[Upload] = texts.of(given) or texts.decode(given)
    said = body.said(value)
    if not file.close() or any(map(texts.of, (*said.values(), *said[Role.REPRIS].values()))):
        raise ApiError(
            422,
            400,
            detail=f"{'.'.join(body.path)} : n'est pas du base64 (RFC 4648, sans saut de ligne), "
            "ou un autre texte est trop long.",
        )
    return file.file, said


def _raw(request: FluxRequest) -> Upload:
    file = request.new_file()
    while chunk := request.stream.read(_CHUNK):
        file.write(chunk)
    return file
