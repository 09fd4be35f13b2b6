"""One schema per run and database, one transaction per test: the outer one is rolled back."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import event
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
)

from app.db import Database
from app.engine import make_engine
from app.main import create_app
from app.models import Goods, User
from app.settings import Settings
from tests.databases import fresh_database, migrate
from tests.factories import make_goods, make_ticket, make_user
from tests.mariadb import run_mariadb
from tests.summary import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]

# What the developer has set for a shop of their own must not reach the tests.
for _name in [name for name in os.environ if name.startswith("AXF_")]:
    del os.environ[_name]

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """A private server with an empty database."""
    with run_mariadb() as url:
        yield url


@pytest.fixture(scope="session", params=["sqlite", "mariadb"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('sqlite')}/axf.db"
    url: str = request.getfixturevalue("mariadb_url")
    return url


@pytest.fixture(scope="session")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on a migrated, empty database."""
    engine = make_engine(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
    yield engine
    await engine.dispose()


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        transaction = await connection.begin()
        yield connection
        await transaction.rollback()


@pytest.fixture
def sessions(connection: AsyncConnection) -> async_sessionmaker[AsyncSession]:
    """Sessions whose commits are savepoints, so the app under test may commit for real."""
    return async_sessionmaker(
        connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
    )


@pytest.fixture
def db(sessions: async_sessionmaker[AsyncSession]) -> Database:
    """Both doors on the test's one connection; one at a time, as there is but one."""
    return Database(sessions, sessions, readers=1, writers=1)


@pytest.fixture
async def session(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(_env_file=None, database_url=database_url, media_dir=tmp_path)


@pytest.fixture
def app(settings: Settings, db: Database) -> FastAPI:
    return create_app(settings, db)


Browser = Callable[[], AbstractAsyncContextManager[AsyncClient]]


def open_browser(app: FastAPI) -> AbstractAsyncContextManager[AsyncClient]:
    """A client with cookies of its own, which speaks English and comes from this site."""
    return AsyncClient(
        transport=ASGITransport(app, raise_app_exceptions=False),
        base_url="http://testserver",
        headers={"Accept-Language": "en", "Sec-Fetch-Site": "same-origin"},
    )


@pytest.fixture
async def anonymous(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with open_browser(app) as client:
        yield client


@pytest.fixture
async def user(session: AsyncSession) -> User:
    return await make_user(session)


@pytest.fixture
async def other(session: AsyncSession) -> User:
    """Another shopper, who must see nothing of the first."""
    return await make_user(session)


@pytest.fixture
async def goods(session: AsyncSession) -> Goods:
    return await make_goods(session)


@pytest.fixture
async def client(app: FastAPI, session: AsyncSession, user: User) -> AsyncIterator[AsyncClient]:
    """A browser that has signed in as `user`."""
    async with open_browser(app) as client:
        client.cookies.set("ticket", await make_ticket(session, user))
        await session.commit()
        yield client


@pytest.fixture
async def other_client(
    app: FastAPI, session: AsyncSession, other: User
) -> AsyncIterator[AsyncClient]:
    """A browser that has signed in as `other`."""
    async with open_browser(app) as client:
        client.cookies.set("ticket", await make_ticket(session, other))
        await session.commit()
        yield client


@pytest.fixture
def count_queries(connection: AsyncConnection) -> Iterator[Callable[[], int]]:
    """Counts the statements sent since the last call, savepoints aside."""
    sent: list[str] = []

    def note(*arguments: object) -> None:
        statement = str(arguments[2])
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            sent.append(statement)

    def count() -> int:
        number = len(sent)
        sent.clear()
        return number

    target = connection.sync_connection
    event.listen(target, "before_cursor_execute", note)
    yield count
    event.remove(target, "before_cursor_execute", note)


@pytest.fixture
async def real_db(database_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    """Both doors with real connections and real commits, on a database of its own."""
    async with fresh_database(database_url, tmp_path) as url:
        db = Database.connect(url, pool_size=16)
        yield db
        await db.close()


async def all_at_once(*calls: Callable[[], object]) -> list[object]:
    """Run coroutines side by side; exceptions are results too."""
    return await asyncio.gather(*(call() for call in calls), return_exceptions=True)  # type: ignore[call-overload,no-any-return]
