"""Shops that were there before the levels: what was bought then counts, once."""

from pathlib import Path

from sqlalchemy import Connection, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.engine import make_engine
from app.models import Order
from app.models.base import utcnow
from app.services.vip_pages import get_standing
from tests.databases import empty_database, migrate
from tests.factories import make_goods
from tests.refunding import make_delivered
from tests.shopping import wrong_books


def upgrade_again(connection: Connection) -> None:
    """From the version before the levels, whose tables are there already."""
    connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    migrate(connection)


async def test_earlier_orders_bring_growth_and_a_level(database_url: str, tmp_path: Path) -> None:
    async with empty_database(database_url, tmp_path) as url:
        engine = make_engine(url)
        async with engine.begin() as connection:
            await connection.run_sync(migrate)
        async with AsyncSession(engine, expire_on_commit=False) as session:
            user, order = await make_delivered(
                session, (await make_goods(session, price=70_000, stock=5), 3)
            )
            done = {"status": "completed", "completed_at": utcnow()}
            await session.execute(update(Order).where(Order.id == order.id).values(done))
            # There were no members then.
            await session.execute(text("DELETE FROM points_entries"))
            await session.execute(text("DELETE FROM points_lots"))
            await session.execute(text("DELETE FROM members"))
            await session.commit()

        for _ in range(2):
            async with engine.begin() as connection:
                await connection.run_sync(upgrade_again)

        async with AsyncSession(engine) as session:
            standing = await get_standing(session, user.id, utcnow())
            assert (standing.level.number, standing.growth_fen) == (2, 210_000)
            assert standing.until is not None
            assert await wrong_books(session, about="growth") == []
            assert await wrong_books(session, about="members") == []
        await engine.dispose()
