"""Databases of a test's own, for tests that need real connections and real commits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from alembic import command
from app.cli.database import alembic_config
from app.engine import make_engine

_serial = count(1)


def migrate(connection: Connection, revision: str = "head") -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@asynccontextmanager
async def empty_database(url: str, folder: Path) -> AsyncIterator[str]:
    """The URL of a new database beside the one of `url`, dropped afterwards."""
    name = f"axf_own_{next(_serial)}"
    if url.startswith("sqlite"):
        yield f"sqlite+aiosqlite:///{folder}/{name}.db"
    else:
        await _execute(url, f"CREATE DATABASE {name}")
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
        await _execute(url, f"DROP DATABASE {name}")


@asynccontextmanager
async def fresh_database(url: str, folder: Path) -> AsyncIterator[str]:
    """The URL of a new, migrated database."""
    async with empty_database(url, folder) as own:
        engine = make_engine(own)
        async with engine.begin() as connection:
            await connection.run_sync(migrate)
        await engine.dispose()
        yield own


async def _execute(url: str, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(statement)
    await engine.dispose()
