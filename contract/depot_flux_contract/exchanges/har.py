"""Exchanges as HAR, what browsers, proxies and the simulator's journal record: read and written."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from harfile import Content, Creator, HarFile, PostData, Record, Request, Response, Timings

from depot_flux._private import open_private
from depot_flux_contract.errors import ContractError
from depot_flux_contract.exchanges.exchange import (
    Exchange,
    Message,
    Received,
    Sent,
    received_of,
    sent_of,
)
from depot_flux_contract.exchanges.requests import parts
from depot_flux_contract.exchanges.secrets import MASK, Secrets, is_secret

LARGEST = 200_000_000
"""Bytes of a HAR that is read."""

_NOTE = "content left out: {size} bytes, sha256 {sha256}"


_NO_HAR = (
    OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError,
)  # fmt: skip


def read_har(path: Path) -> Iterator[Exchange]:
    """The exchanges of a HAR, in its order.

    Raises:
        ContractError: the file is no HAR, or too large to be read.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ContractError(f"{path}: is larger than {LARGEST // 1_000_000} Mo")
        entries = json.loads(path.read_bytes().decode("utf-8-sig"))["log"]["entries"]
        for entry in entries:
            yield _exchange(entry)
    except _NO_HAR as error:
        raise ContractError(f"{path}: is no HAR ({type(error).__name__}: {error})") from None


class HarWriter:
    """Writes exchanges into a HAR, secrets taken out.

    Args:
        path: the file, emptied if there; its owner's alone. A link is not followed.
        secrets: what must not be written.
        contents: whether what was deposited is written; else its size and digest are.
    """

    def __init__(self, path: Path, secrets: Secrets, *, contents: bool = False) -> None:
        self._secrets, self._contents = secrets, contents
        self._hidden = secrets  # and those of the exchange that is written
        self._file = open_private(path)
        self._har = HarFile.open(self._file, creator=Creator("depot-flux-contract", "1"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._har.close()
        self._file.close()

    def write(self, exchange: Exchange) -> None:
        """Add an exchange."""
        sent, received = exchange.sent, exchange.received
        self._hidden = self._secrets.of(exchange)
        milliseconds = exchange.seconds * 1_000
        self._har.add_entry(
            startedDateTime=exchange.moment,
            time=milliseconds,
            request=Request(
                method=sent.method,
                url=self._hidden.address(sent.url),
                httpVersion="HTTP/1.1",
                headers=self._headers(sent),
                queryString=[Record(*pair) for pair in self._query(sent)],
                postData=self._posted(sent) if sent.size else None,
                bodySize=sent.size,
                headersSize=-1,
            ),
            response=Response(
                status=received.status,
                statusText="",
                httpVersion="HTTP/1.1",
                headers=self._headers(received),
                content=self._content(received),
                redirectURL="",
                headersSize=-1,
                bodySize=received.size,
            ),
            timings=Timings(send=0, wait=milliseconds, receive=0),
        )

    def _headers(self, message: Message) -> list[Record]:
        return [Record(name, self._hidden.named(name, v)) for name, v in message.headers]

    def _query(self, sent: Sent) -> list[tuple[str, str]]:
        return [(name, self._hidden.named(name, value)) for name, value in parse_qsl(sent.query)]

    def _posted(self, sent: Sent) -> PostData:
        media_type = sent.header("Content-Type") or ""
        kept = sent.body is not None and (self._contents or sent.media_type.endswith("urlencoded"))
        if not kept or sent.body is None:
            note = _NOTE.format(size=sent.size, sha256=sent.sha256)
            return PostData(mimeType=media_type, comment=note)
        # HAR has text alone here; bytes go as letters of the same numbers.
        text = sent.body.decode("latin-1")
        for name, _, content in parts(sent) if sent.media_type.startswith("multipart/") else ():
            if is_secret(name):
                text = text.replace(f"\n{content.decode('latin-1')}\r\n", f"\n{MASK}\r\n")
        return PostData(media_type, text=self._hidden.hide(text))

    def _content(self, received: Received) -> Content:
        media_type = received.header("Content-Type") or "x-unknown"
        if received.body is None:
            note = _NOTE.format(size=received.size, sha256=received.sha256)
            return Content(size=received.size, mimeType=media_type, comment=note)
        try:
            text = self._hidden.hide(received.body.decode("utf-8"))
        except UnicodeDecodeError:
            encoded = base64.b64encode(received.body).decode("ascii")
            return Content(size=received.size, mimeType=media_type, text=encoded, encoding="base64")
        return Content(size=received.size, mimeType=media_type, text=text)


def _exchange(entry: dict[str, Any]) -> Exchange:
    request, response = entry["request"], entry["response"]
    urlsplit(request["url"])  # what is no address is found out here
    posted = request.get("postData") or {}
    text = posted.get("text")
    sent = sent_of(
        request["method"],
        request["url"],
        _pairs(request),
        str(text or "").encode("latin-1", "replace"),
    )
    content = response.get("content") or {}
    received = received_of(int(response["status"]), _pairs(response), _body(content))
    size = int(request.get("bodySize") or 0)
    if text is None and size > 0:
        sent = Sent(sent.headers, None, size, "", sent.method, sent.url)
    if "text" not in content and int(content.get("size") or 0) > 0:
        received = Received(received.headers, None, int(content["size"]), "", received.status)
    return Exchange(
        sent, received, _moment(entry.get("startedDateTime")), float(entry.get("time") or 0) / 1_000
    )


def _pairs(message: dict[str, Any]) -> list[tuple[str, str]]:
    return [(str(each["name"]), str(each["value"])) for each in message.get("headers", ())]


def _body(content: dict[str, Any]) -> bytes:
    text = content.get("text")
    if text is None:
        return b""
    if content.get("encoding") == "base64":
        return base64.b64decode(text)
    return str(text).encode("utf-8", "surrogateescape")


def _moment(text: Any) -> datetime:
    try:
        told = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.now(UTC)
    return told if told.tzinfo else told.replace(tzinfo=UTC)
