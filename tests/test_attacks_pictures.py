"""A real `axf serve`, and shoppers who send it the worst files there are, several at once."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from httpx2 import AsyncClient, HTTPError, Timeout

from app.db import Database
from app.settings import ROOT
from tests.browser.conftest import free_port
from tests.databases import fresh_database
from tests.factories import make_ticket, make_user
from tests.hostile_pictures import HARMLESS, REFUSED, paint, profile_bomb, save, scans_bomb

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")

MOST = 300 * 1024  # KB
UPLOAD = "/axf/mine/avatar/"
PATIENCE = 60


class Watch:
    """How much memory the server and its decoders ever took, KB, and how many there were."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.decoder = self.together = self.decoders = 0
        self._stop = Event()

    @property
    def server(self) -> int:
        return _kilobytes(self.pid, "VmHWM")

    @contextmanager
    def watching(self) -> Iterator["Watch"]:
        thread = Thread(target=self._look)
        thread.start()
        yield self
        self._stop.set()
        thread.join()

    def _look(self) -> None:
        while not self._stop.is_set():
            children = _children(self.pid)
            self.decoders = max(self.decoders, len(children))
            self.decoder = max(self.decoder, *(_kilobytes(child, "VmHWM") for child in children), 0)
            now = sum(_kilobytes(pid, "VmRSS") for pid in (self.pid, *children))
            self.together = max(self.together, now)
            time.sleep(0.005)


def _children(pid: int) -> list[int]:
    """Those that are a decoder already: until exec a child still wears its parent's memory."""
    try:
        found = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
        return [
            child
            for child in found
            if b"picture_worker" in Path(f"/proc/{child}/cmdline").read_bytes()
        ]
    except OSError:
        return []


def _kilobytes(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[tuple[str, int, list[str]]]:
    """The address and process of a served shop, and tickets of four shoppers."""
    async with fresh_database("sqlite://", tmp_path) as url:
        db = Database.connect(url)
        tickets = []
        for _ in range(4):
            user = await db.write(make_user)
            tickets.append(await db.write(make_ticket, user))
        await db.close()
        port = free_port()
        process = subprocess.Popen(  # noqa: ASYNC220 - it is only started here
            [sys.executable, "-c", "from app.cli import main; main()", "serve", f"--port={port}"],
            cwd=ROOT,
            env=os.environ | {"AXF_DATABASE_URL": url, "AXF_MEDIA_DIR": str(tmp_path / "media")},
            stdout=subprocess.DEVNULL,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            await _wait_for(address)
            yield address, process.pid, tickets
        finally:
            process.terminate()
            process.wait()


async def _wait_for(address: str) -> None:
    async with AsyncClient(base_url=address) as client:
        for _ in range(10 * PATIENCE):
            try:
                await client.get("/readyz")
            except HTTPError:
                await asyncio.sleep(0.1)
            else:
                return


def browser(address: str, ticket: str) -> AsyncClient:
    return AsyncClient(
        base_url=address,
        cookies={"ticket": ticket},
        headers={"Accept-Language": "en", "Sec-Fetch-Site": "same-origin"},
        timeout=Timeout(PATIENCE),
        verify=False,  # plain HTTP; reading certificates takes long
    )


async def send(client: AsyncClient, data: bytes) -> int:
    answer = await client.post(UPLOAD, files={"photo": ("a.png", data)})
    return answer.status_code


def hostile_set() -> list[bytes]:
    """The heavy ones twice, so that they also meet each other."""
    heavy = [
        save(paint(8000, 5000), "PNG", compress_level=1),
        save(paint(8000, 5000, "RGBA"), "PNG", compress_level=1),
        save(paint(7000, 5700), "JPEG", progressive=True, subsampling=0),
        save(paint(7000, 5700), "WEBP", method=0),
        REFUSED["900 million pixels"](),
        profile_bomb(),
        bytes(9 << 20),
        b"\xff" * (8 << 20),
    ]
    return [*heavy, scans_bomb(), *heavy, *(make() for make in {**REFUSED, **HARMLESS}.values())]


async def test_the_hostile_set_takes_less_than_300_mb(
    shop: tuple[str, int, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    address, pid, tickets = shop
    files = hostile_set()

    async def attack(ticket: str) -> set[int]:
        async with browser(address, ticket) as client:
            return {await send(client, files.pop()) for _ in range(len(files)) if files}

    with Watch(pid).watching() as watch:
        statuses = await asyncio.gather(*[attack(ticket) for ticket in tickets])
        peak = watch.server
    async with browser(address, tickets[0]) as client:
        calm = await send(client, save(paint(), "PNG"))

    with capsys.disabled():
        sys.stdout.write(
            f"\nPeak memory: server {peak >> 10} MB, decoder {watch.decoder >> 10} MB, "
            f"together {watch.together >> 10} MB; {watch.decoders} decoder at once\n"
        )
    assert set().union(*statuses) == {303, 422}
    assert (peak < MOST, watch.decoder < MOST, watch.decoders) == (True, True, 1)
    assert watch.decoder > MOST // 4
    assert calm == 303


async def test_100_mb_in_pieces_are_neither_kept_nor_read_to_the_end(
    shop: tuple[str, int, list[str]],
) -> None:
    address, pid, tickets = shop
    head = (
        f"POST {UPLOAD} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ticket={tickets[0]}\r\n"
        "Sec-Fetch-Site: same-origin\r\nTransfer-Encoding: chunked\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    ).encode()
    first = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))

    answer = asyncio.create_task(reader.readline())
    sent = 0
    writer.write(head + b"%x\r\n%s\r\n" % (len(first), first))
    try:
        for _ in range(200):
            writer.write(b"%x\r\n%s\r\n" % (1 << 20, bytes(1 << 20)))
            await writer.drain()
            sent += 1
    except ConnectionError:
        pass
    writer.close()

    assert (await answer).split()[1] == b"422"
    assert sent < 100
    assert _kilobytes(pid, "VmHWM") < MOST
