"""Into the simulator without a socket, by httpx; faults come out as httpx's own exceptions."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import anyio.to_thread
import httpx

from depot_flux_simulator.web.connection import SLEEP, DroppedError, EndedError
from depot_flux_simulator.web.targets import path_info


class _TooLateError(DroppedError):
    """The client would have given up waiting."""


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Hands requests to a simulator of this process, for both kinds of httpx clients.

    Nothing waits: a delay longer than the client's read timeout is a timeout at once, a shorter
    one is none.

    Args:
        app: the simulator.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request.

        Raises:
            httpx.ReadError: the connection was reset.
            httpx.RemoteProtocolError: it ended before an answer, or all of it, had come.
            httpx.ReadTimeout: the answer would have come too late.
        """
        patience = request.extensions.get("timeout", {}).get("read")

        def sleep(seconds: float) -> None:
            if patience is not None and seconds > patience:
                raise _TooLateError

        # httpx hands over ASCII alone; servers take other bytes of a header as Latin-1.
        plain = [(name, value) for name, value in request.headers.raw if value.isascii()]
        others = {
            f"HTTP_{name.decode('ascii').upper().replace('-', '_')}": value.decode("latin-1")
            for name, value in request.headers.raw
            if not value.isascii()
        }

        # Servers hand over the bytes of a path as Latin-1; httpx would hand over its letters.
        raw_path = request.url.raw_path.partition(b"?")[0]
        others["PATH_INFO"] = path_info(raw_path)

        def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            return self._app({**environ, **others, SLEEP: sleep}, start_response)

        body = httpx.ByteStream(request.read())
        asked = httpx.Request(request.method, request.url, headers=plain, stream=body)
        try:
            response = httpx.WSGITransport(app).handle_request(asked)
        except EndedError:
            raise httpx.RemoteProtocolError(
                "server disconnected without sending a response", request=request
            ) from None
        except _TooLateError:
            raise httpx.ReadTimeout("the read operation timed out", request=request) from None
        except DroppedError:
            raise httpx.ReadError("connection reset by the simulator", request=request) from None
        return self._whole(request, response)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request while others run; the same errors."""
        await request.aread()
        return await anyio.to_thread.run_sync(self.handle_request, request)

    @staticmethod
    def _whole(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        try:
            body = response.read()
        except _TooLateError:
            raise httpx.ReadTimeout("the read operation timed out", request=request) from None
        except DroppedError:
            raise httpx.RemoteProtocolError(
                "peer closed connection without sending complete message body", request=request
            ) from None
        # Not read yet, as from a socket: the client reads, measures and closes it.
        stream = httpx.ByteStream(body)
        return httpx.Response(response.status_code, headers=response.headers, stream=stream)
