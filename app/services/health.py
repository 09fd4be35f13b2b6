"""Whether the shop can work with the database that it finds."""

from functools import lru_cache

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.settings import ROOT


@lru_cache
def newest_migration() -> str | None:
    return ScriptDirectory.from_config(Config(str(ROOT / "alembic.ini"))).get_current_head()


async def is_schema_current(session: AsyncSession) -> bool:
    try:
        found = await session.scalar(text("SELECT version_num FROM alembic_version"))
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return False
    return bool(found == newest_migration())
