"""What schemathesis sends goes the way of every other call: at the pace, recorded."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import httpx
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse


class Through(BaseAdapter):
    """Carries the calls of a `requests.Session` by a transport of httpx.

    Args:
        transport: carries them.
    """

    def __init__(self, transport: httpx.BaseTransport) -> None:
        super().__init__()
        self._transport = transport
        self._build = HTTPAdapter().build_response

    def send(  # noqa: D102 (as the library has it)
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 (as the library has it)
        timeout: Any = None,  # noqa: ARG002
        verify: Any = True,  # noqa: ARG002, FBT002
        cert: Any = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> requests.Response:
        headers = [(_bytes(name), _bytes(value)) for name, value in request.headers.items()]
        sent = httpx.Request(
            str(request.method), str(request.url), headers=headers, content=_content(request.body)
        )
        answer = self._transport.handle_request(sent)
        answer.read()
        raw = HTTPResponse(
            body=BytesIO(answer.content),
            headers=HTTPHeaderDict(
                (name, value)
                for name, value in answer.headers.multi_items()
                if name.lower() != "content-encoding"
            ),
            status=answer.status_code,
            version=11,
            preload_content=False,
        )
        return self._build(request, raw)

    def close(self) -> None:
        """Nothing is kept open here."""


def session(transport: httpx.BaseTransport) -> requests.Session:
    """A session whose calls a transport of httpx carries."""
    made = requests.Session()
    made.trust_env = False
    for scheme in ("http://", "https://"):
        made.mount(scheme, Through(transport))
    return made


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def _content(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode("utf-8")
    return body if isinstance(body, bytes) else bytes(body.read())
