"""Clients that mean harm below HTTP: endless headers, half requests, lines that never end."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from uvicorn import Config, Server

from app import server
from app.server import CarefulProtocol

FORM = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nlang"


@pytest.fixture
async def port(app: FastAPI) -> AsyncIterator[int]:
    """The shop on a real port, with the protocol that `axf serve` uses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = Config(app, http=CarefulProtocol, log_config=None, lifespan="off")
        running = Server(config)
        task = asyncio.create_task(running.serve([listener]))
        while not running.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
        running.should_exit = True
        await task


async def answer_to(port: int, *pieces: bytes, seconds: float = 5) -> bytes:
    """All that comes back until the server hangs up; TimeoutError when it does not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(seconds):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_endless_headers_are_cut_off(port: int) -> None:
    pieces = [b"X-Filler: " + b"x" * 1000 + b"\r\n" for _ in range(2000)]

    answer = await answer_to(port, b"GET / HTTP/1.1\r\nHost: testserver\r\n", *pieces)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")


async def test_one_endless_header_is_cut_off(port: int) -> None:
    answer = await answer_to(port, b"GET / HTTP/1.1\r\nX: ", *[b"x" * 100_000] * 50)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")


async def test_headers_of_ordinary_size_are_taken(port: int) -> None:
    cookie = b"Cookie: a=" + b"x" * 8000 + b"\r\n"
    request = b"GET /healthz HTTP/1.1\r\nHost: testserver\r\nConnection: close\r\n" + cookie

    answer = await answer_to(port, *[request[at : at + 500] for at in range(0, 9000, 500)], b"\r\n")

    assert answer.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "half",
    [b"", b"GET / HTTP/1.1\r\nHost: t", b"POST /language/ HTTP/1.1\r\nHost: t\r\n" + FORM],
    ids=["nothing", "half a head", "half a body"],
)
async def test_who_sends_half_a_request_is_not_waited_for(
    port: int, half: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "SECONDS_FOR_A_REQUEST", 0.2)

    answer = await answer_to(port, half)

    assert answer == b""


async def test_who_has_sent_all_of_it_may_wait_for_the_answer(
    app: FastAPI, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dawdle() -> str:
        await asyncio.sleep(0.5)
        return "done"

    app.add_api_route("/slow/", dawdle, methods=["GET"])
    monkeypatch.setattr(server, "SECONDS_FOR_A_REQUEST", 0.2)

    slow = b"GET /slow/ HTTP/1.1\r\nHost: testserver\r\n\r\n"
    last = b"GET /slow/ HTTP/1.1\r\nHost: testserver\r\nConnection: close\r\n\r\n"
    answer = await answer_to(port, slow + last)

    assert answer.count(b"done") == 2
