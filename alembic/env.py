"""Runs migrations on the database of AXF_DATABASE_URL, or on a connection handed in."""

import asyncio

from sqlalchemy import Connection

from alembic import context
from app.engine import make_engine
from app.models import Base
from app.settings import get_settings


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        # SQLite cannot alter a table in place: batch mode copies it.
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    engine = make_engine(context.config.get_main_option("sqlalchemy.url") or url())
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


def url() -> str:
    return get_settings().database_url


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(connect_and_run())
