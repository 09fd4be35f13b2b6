"""Forms that no browser would send."""

import logging
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from starlette.types import Message

MULTIPART = "multipart/form-data; boundary=x"
FILE = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a.php"\r\n\r\nx\r\n--x--\r\n'
HALF = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n+2AA-\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (MULTIPART, b"--y\r\nbroken"),
        ("multipart/form-data", b""),
        (MULTIPART, FILE),
        (f"{MULTIPART}; charset=utf-7", HALF),
        (f"{MULTIPART}; charset=undefined", HALF),
        ("application/x-www-form-urlencoded", b"a=1&" * 51),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused(
    anonymous: AsyncClient, content_type: str, body: bytes
) -> None:
    answer = await anonymous.post("/login/", content=body, headers={"Content-Type": content_type})

    assert answer.status_code == 400
    assert "This form could not be read" in answer.text


@pytest.mark.parametrize("body", [b"username=%FF%FE&password=%00", b"\xff\xfe=\x00", b"&&&;;;==="])
async def test_broken_bytes_are_only_wrong(anonymous: AsyncClient, body: bytes) -> None:
    answer = await anonymous.post(
        "/login/", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert answer.status_code == 422


async def test_a_script_may_send_characters_as_they_are(anonymous: AsyncClient) -> None:
    answer = await anonymous.post(
        "/register/",
        content="username=林小满&password=蜂蜜 is sweet".encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"},
    )

    assert answer.status_code == 303
    assert "林小满" in (await anonymous.get("/axf/mine/")).text


async def test_a_client_that_hangs_up_is_no_crash(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[Message] = []
    news: Iterator[Message] = iter(
        [
            {"type": "http.request", "body": b"username=a", "more_body": True},
            {"type": "http.disconnect"},
        ]
    )

    async def receive() -> Message:
        return next(news)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"testserver"), (b"content-type", b"application/x-www-form-urlencoded")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/login/",
        "raw_path": b"/login/",
        "query_string": b"",
        "headers": headers,
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
    }
    with caplog.at_level(logging.ERROR):
        await app(scope, receive, send)

    assert sent[0]["status"] == 400
    assert caplog.text == ""


async def test_hostile_words_come_back_escaped(anonymous: AsyncClient) -> None:
    hostile = '"><svg onload=alert(1)>{{7*7}}'

    for path in ("/login/", "/register/"):
        page = await anonymous.post(path, data={"username": hostile, "next": hostile})

        assert page.text.count("&#34;&gt;&lt;svg onload=alert(1)&gt;{{7*7}}") == 2
        assert "<svg onload" not in page.text
