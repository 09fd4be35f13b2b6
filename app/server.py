"""The HTTP of `axf serve`: nobody may send without end, or half a request and wait."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 64 * 1024
# Of a body that was refused already. Browsers look for the answer only when all is sent, so the
# sender of one large photo is let finish and reads why it was too large.
MOST_IGNORED_BYTES = 64 * 1024 * 1024
# For all of a request, body included. Not for its answer.
SECONDS_FOR_A_REQUEST = 30.0

_TOO_MUCH = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class CarefulProtocol(HttpToolsProtocol):
    """uvicorn keeps every header it is sent and waits for the rest for ever.

    One connection could fill the memory, some thousands take every file handle. A proxy in front
    should refuse both before; this is for a shop without one.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: uvicorn's own arguments
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._ignored_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_MUCH)
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wait_for_request()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._head_bytes = 0
        self._ignored_bytes = 0

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._head_bytes = 0  # not a head: how long a body may be is the application's business
        self._ignored_bytes += len(body) if self.cycle.response_complete else 0
        if self._ignored_bytes > MOST_IGNORED_BYTES:
            self.transport.abort()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._head_bytes = 0
        self._stop_waiting()

    def _wait_for_request(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(SECONDS_FOR_A_REQUEST, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
