"""Into the simulator without a socket, by httpx."""

import anyio.to_thread
import httpx
from flask import Flask


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Hands requests to a simulator of this process.

    Args:
        app: the simulator.
    """

    def __init__(self, app: Flask) -> None:
        self._transport = httpx.WSGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        return self._transport.handle_request(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request while others run."""
        await request.aread()

        def answer() -> httpx.Response:
            response = self.handle_request(request)
            response.read()
            return response

        response = await anyio.to_thread.run_sync(answer)
        return httpx.Response(
            response.status_code, headers=response.headers, content=response.content
        )
