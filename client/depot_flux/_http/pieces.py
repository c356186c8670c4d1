"""The pieces in which the body of a request leaves: few, for each is a turn on its way."""

from collections.abc import AsyncIterator, Iterator

import httpx

_SMALL = 1 << 14  # bytes


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body whose small pieces leave together, as the parts of a form without its file do.

    Args:
        stream: the body; it may be read again if that may.
    """

    def __init__(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        small = b""
        for piece in self._stream:  # type: ignore[union-attr]
            ready, small = _joined(small, piece)
            yield from ready
        if small:
            yield small

    async def __aiter__(self) -> AsyncIterator[bytes]:
        small = b""
        async for piece in self._stream:  # type: ignore[union-attr]
            ready, small = _joined(small, piece)
            for each in ready:
                yield each
        if small:
            yield small


def _joined(small: bytes, piece: bytes) -> tuple[list[bytes], bytes]:
    """What leaves now, and what waits for more."""
    if len(small) + len(piece) < _SMALL:
        return [], small + piece
    return ([small, piece] if small else [piece]), b""
