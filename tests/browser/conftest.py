"""A shop that runs, and a real Chromium that visits it and tolerates no complaint."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from app.settings import ROOT
from tests.mariadb import find_program

# A busy machine is no fault of the shop's.
expect.set_options(timeout=15_000)

PHONE, DESKTOP = (390, 844), (1366, 768)


@dataclass
class Shop:
    """A served shop: where it answers, and the URL of its database."""

    address: str
    database_url: str

    @asynccontextmanager
    async def open_database(self) -> AsyncIterator[AsyncSession]:
        """A look behind the counter; what is changed there is kept."""
        engine = create_async_engine(self.database_url)
        async with AsyncSession(engine, expire_on_commit=False) as session:
            yield session
            await session.commit()
        await engine.dispose()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The demo shop, served by the real command on a database of its own."""
    folder = tmp_path_factory.mktemp("shop")
    database_url = f"sqlite+aiosqlite:///{folder}/axf.db"
    with serve(database_url, folder / "log") as address:
        yield Shop(address, database_url)


class serve:  # noqa: N801 - used as a function
    def __init__(
        self, database_url: str, log: Path, *, port: int | None = None, **settings: str
    ) -> None:
        self.log = log
        self.port = port or free_port()
        # All the tests' shoppers come from one address.
        fixed = {
            "AXF_DATABASE_URL": database_url,
            "AXF_MEDIA_DIR": str(log.with_suffix(".media")),
            "AXF_FREE_REGISTRATIONS": "10000",
            "PYTHONUNBUFFERED": "1",
        }
        environment = os.environ | fixed | settings
        command = [sys.executable, "-c", "from app.cli import main; main()"]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "serve", "--demo", "--port", str(self.port)],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> str:
        address = f"http://127.0.0.1:{self.port}"
        for _ in range(600):
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{address}/readyz", timeout=2):  # noqa: S310
                    return address
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise RuntimeError(f"the shop did not open:\n{self.log.read_text()[-3000:]}")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_program("chromium"),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        await browser.close()


@dataclass
class Visit:
    """One browser window, and everything that it complained about."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    def forgive(self, status: int) -> None:
        """Chromium reports each answer of 400 and more; this one was meant to come."""
        said = f"the server responded with a status of {status}"
        self.complaints[:] = [text for text in self.complaints if said not in text]


Open = Callable[..., Awaitable[Visit]]


@pytest.fixture
async def visit(chromium: Browser, shop: Shop) -> AsyncIterator[Open]:
    """Open a window on the shop: `await visit(size=PHONE, lang="zh-CN", script=True)`.

    The test fails at its end when the console reported an error, the policy a violation, or a
    request of ours failed.
    """
    windows: list[Visit] = []
    async with AsyncExitStack() as stack:

        async def open_window(
            *,
            size: tuple[int, int] = PHONE,
            lang: str = "en",
            script: bool = True,
            dark: bool = False,
        ) -> Visit:
            context = await chromium.new_context(
                base_url=shop.address,
                viewport={"width": size[0], "height": size[1]},
                locale=lang,
                java_script_enabled=script,
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce",
            )
            stack.push_async_callback(context.close)
            window = Visit(await context.new_page(), context)
            _listen(window)
            windows.append(window)
            return window

        yield open_window
    assert [complaint for window in windows for complaint in window.complaints] == []


def _listen(window: Visit) -> None:
    """Chromium writes violations of the content policy to the console as errors."""
    page = window.page
    page.on(
        "console",
        lambda message: (
            window.complaints.append(f"console: {message.text}")
            # A refusal that the shop shows as a toast is no fault of the page.
            if message.type in {"error", "warning"} and "status of 409" not in message.text
            else None
        ),
    )
    page.on("pageerror", lambda error: window.complaints.append(f"script: {error}"))
    page.on(
        "response",
        lambda response: (
            window.complaints.append(f"{response.status} {response.url}")
            if response.status >= 500
            else None
        ),
    )
