"""Swagger 1.1 and 1.2 to OpenAPI 3.0: the form in which API catalogues still hand contracts out.

One file is one API declaration of https://github.com/OAI/OpenAPI-Specification (versions/1.2.md;
1.1 differs in a few names). No converter from it is maintained.
"""

import re
from typing import Any

from depot_flux_contract.errors import ContractError, Document
from depot_flux_contract.reading import escape
from depot_flux_contract.swagger1_types import TYPES, Given, Types, is_true, type_of

_PLACES = ("path", "query", "header")
_STYLES = {"path": "simple", "header": "simple", "query": "form"}


def from_swagger_1(document: Document, name: str) -> Document:
    """Convert an API declaration; paths are relative to `basePath`, as the specification says.

    Args:
        document: the declaration: `swaggerVersion` is 1.1 or 1.2.
        name: names it in messages.

    Raises:
        ContractError: it is a listing without operations, or something of it is not understood;
            the message gives its JSON pointer.
    """
    return _Declaration(document, name).as_openapi()


class _Declaration:
    def __init__(self, document: Document, name: str) -> None:
        self._document, self._name = document, name
        self._given = Given(name)
        models = self._given.object(document.get("models") or {}, "/models")
        self._types = Types(models, self._given)
        self._schemes: dict[str, Document] = {}
        self._used: set[str] = set()

    def as_openapi(self) -> Document:
        given = self._document
        apis = self._given.items(given.get("apis") or [], "/apis")
        if not any(isinstance(api, dict) and api.get("operations") for api in apis):
            raise ContractError(f"{self._name}: {_listing(given, apis)}")
        security = self._security(given.get("authorizations"), "/authorizations")
        paths: dict[str, Document] = {}
        for number, api in enumerate(apis):
            self._path(self._given.object(api, f"/apis/{number}"), f"/apis/{number}", paths)
        title = self._given.object(given.get("info") or {}, "/info").get("title")
        return {
            "openapi": "3.0.3",
            "info": {
                "title": str(title or given.get("resourcePath") or "API"),
                "version": str(given.get("apiVersion") or "1"),
            },
            "servers": [{"url": str(given.get("basePath") or "/")}],
            "paths": paths,
            "components": {"schemas": self._types.schemas(), "securitySchemes": self._schemes},
            **({"security": security} if security else {}),
        }

    # -- operations ------------------------------------------------------------------------------

    def _path(self, api: Document, at: str, paths: dict[str, Document]) -> None:
        path = api.get("path")
        if not isinstance(path, str):
            raise self._given.refusal(at, "has no path")
        path = "/" + path.lstrip("/").replace(".{format}", "")
        held = self._given.items(api.get("operations") or [], f"{at}/operations")
        for rank, each in enumerate(held):
            here = f"{at}/operations/{rank}"
            operation = self._given.object(each, here)
            method = str(operation.get("method") or operation.get("httpMethod") or "").lower()
            if not method or method in paths.get(path, {}):
                raise self._given.refusal(here, "has no method" if not method else "is there twice")
            paths.setdefault(path, {})[method] = self._operation(operation, here)

    def _operation(self, given: Document, at: str) -> Document:
        made: Document = {}
        nickname = given.get("nickname")
        if isinstance(nickname, str) and nickname and nickname not in self._used:
            self._used.add(nickname)
            made["operationId"] = nickname
        for key, name in (("summary", "summary"), ("notes", "description")):
            if given.get(key):
                made[name] = str(given[key])
        by_place = self._by_place(given, at)
        made["parameters"] = [
            self._parameter(*each) for place in _PLACES for each in by_place.get(place, ())
        ]
        body = self._body(given, at, by_place.get("body", []), by_place.get("form", []))
        if body:
            made["requestBody"] = body
        made["responses"] = self._responses(given, at)
        if is_true(given.get("deprecated")):
            made["deprecated"] = True
        if given.get("authorizations") is not None:
            own = self._security(given["authorizations"], f"{at}/authorizations")
            # An empty object lifts what the whole API asks for.
            if own or self._document.get("authorizations"):
                made["security"] = own
        return made

    def _by_place(self, given: Document, at: str) -> dict[str, list[tuple[Document, str]]]:
        by_place: dict[str, list[tuple[Document, str]]] = {}
        held = self._given.items(given.get("parameters") or [], f"{at}/parameters")
        for rank, each in enumerate(held):
            here = f"{at}/parameters/{rank}"
            parameter = self._given.object(each, here)
            place = str(parameter.get("paramType"))
            if place not in (*_PLACES, "body", "form"):
                raise self._given.refusal(here, f"its paramType, {place}, is not known")
            if place != "body" and not isinstance(parameter.get("name"), str):
                raise self._given.refusal(here, "has no name")
            by_place.setdefault(place, []).append((parameter, here))
        return by_place

    def _parameter(self, given: Document, at: str) -> Document:
        place, schema = str(given["paramType"]), self._types.schema(given, at)
        required = place == "path" or is_true(given.get("required"))
        made = {"name": given["name"], "in": place, "required": required}
        if "description" in schema:
            made["description"] = schema.pop("description")
        if is_true(given.get("allowMultiple")):
            made |= {"style": _STYLES[place], "explode": False}
            schema = {"type": "array", "items": schema}
        return {**made, "schema": schema}

    def _body(
        self,
        operation: Document,
        at: str,
        bodies: list[tuple[Document, str]],
        parts: list[tuple[Document, str]],
    ) -> Document | None:
        if len(bodies) > 1 or (bodies and parts):
            raise self._given.refusal(at, "has several bodies")
        if bodies:
            ((body, here),) = bodies
            types = self._media_types(operation, "consumes", at)
            content = {each: {"schema": self._types.schema(body, here)} for each in types}
            return {"required": is_true(body.get("required")), "content": content}
        if not parts:
            return None
        schema: Document = {"type": "object", "properties": {}}
        for part, here in parts:
            schema["properties"][part["name"]] = self._types.schema(part, here)
        needed = [part["name"] for part, _ in parts if is_true(part.get("required"))]
        if needed:
            schema["required"] = needed
        files = any(each.get("format") == "binary" for each in schema["properties"].values())
        media_type = "multipart/form-data" if files else "application/x-www-form-urlencoded"
        if "multipart/form-data" in self._media_types(operation, "consumes", at):
            media_type = "multipart/form-data"
        return {"required": bool(needed), "content": {media_type: {"schema": schema}}}

    def _responses(self, given: Document, at: str) -> Document:
        types = self._media_types(given, "produces", at)
        made: dict[str, Document] = {}
        for key in ("responseMessages", "errorResponses"):
            for rank, each in enumerate(self._given.items(given.get(key) or [], f"{at}/{key}")):
                here = f"{at}/{key}/{rank}"
                message = self._given.object(each, here)
                code = str(message.get("code"))
                if not re.fullmatch("[1-5][0-9][0-9]", code):
                    raise self._given.refusal(here, f"code {code} is no HTTP code")
                answer = {"type": message.get("responseModel") or "void"}
                said = message.get("message") or message.get("reason") or ""
                made[code] = self._answer(answer, here, str(said), types)
        codes = [code for code in made if code.startswith("2")]
        # The one success whose code nobody tells is 200.
        code = codes[0] if codes else "200"
        if "content" not in made.get(code, {}):
            said = made.get(code, {}).get("description", "")
            success = {key: given[key] for key in (*TYPES, "items", "format") if key in given}
            made[code] = self._answer(success, at, said, types)
        return made

    def _answer(self, given: Document, at: str, said: str, types: list[str]) -> Document:
        if (type_of(given) or "void") == "void":
            return {"description": said}
        content = {each: {"schema": self._types.schema(given, at)} for each in types}
        return {"description": said, "content": content}

    def _media_types(self, operation: Document, key: str, at: str) -> list[str]:
        given = operation.get(key) or self._document.get(key) or ["application/json"]
        return [str(each) for each in self._given.items(given, f"{at}/{key}")]

    def _security(self, given: Any, at: str) -> list[Document]:
        asked: Document = {}
        for key, said in self._given.object(given or {}, at).items():
            if isinstance(said, dict) or key not in self._schemes:
                self._schemes[key] = self._scheme(key, said, f"{at}/{escape(key)}")
            asked[key] = []
        return [asked] if asked else []

    def _scheme(self, key: str, said: Any, at: str) -> Document:
        told = said if isinstance(said, dict) else {"type": key}
        if told.get("type") == "oauth2":
            # A declaration tells no address for tokens; what is sent is a bearer's token anyway.
            return {"type": "http", "scheme": "bearer"}
        if told.get("type") == "basicAuth":
            return {"type": "http", "scheme": "basic"}
        if told.get("type") == "apiKey" and told.get("keyname"):
            return {"type": "apiKey", "in": told.get("passAs", "header"), "name": told["keyname"]}
        raise self._given.refusal(
            at, "is named and not defined: give its type, and an apiKey's keyname"
        )


def _listing(given: Document, apis: list[Any]) -> str:
    named = [str(api.get("path")) for api in apis if isinstance(api, dict)][:5]
    return (
        f"is the listing of a Swagger {given['swaggerVersion']} API, without operations; hand over "
        f"the API declaration that it names: {', '.join(named) or 'it names none'}"
    )
