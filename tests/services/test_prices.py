"""Prices and their history."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, MetaData, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.engine import make_engine
from app.models import FoodType, Goods, PriceHistory
from app.services.course.importing import import_course
from app.services.course.plan import plan_import
from app.services.demo.goods import add_goods, add_types
from app.services.prices import set_price
from app.settings import ROOT
from tests.databases import empty_database, migrate

COURSE = (ROOT / "tests" / "data" / "course.sql").read_text()
NOON = datetime.fromisoformat("2026-11-21T12:00:00+00:00")


async def history_of(session: AsyncSession, goods_id: int) -> list[tuple[int, datetime]]:
    rows = await session.execute(
        select(PriceHistory.price_fen, PriceHistory.from_at)
        .where(PriceHistory.goods_id == goods_id)
        .order_by(PriceHistory.from_at)
    )
    return [(row[0], row[1]) for row in rows]


async def price_of(session: AsyncSession, goods_id: int) -> int | None:
    return await session.scalar(select(Goods.price_fen).where(Goods.id == goods_id))


async def test_a_new_price_is_charged_and_kept(session: AsyncSession, goods: Goods) -> None:
    later = NOON + timedelta(hours=1)

    assert await set_price(session, goods.id, 880, NOON)
    assert await set_price(session, goods.id, 990, later)

    assert await price_of(session, goods.id) == 990
    assert await history_of(session, goods.id) == [(880, NOON), (990, later)]


async def test_the_same_price_again_is_no_change(session: AsyncSession, goods: Goods) -> None:
    assert not await set_price(session, goods.id, goods.price_fen, NOON)

    assert await history_of(session, goods.id) == []


async def test_goods_that_are_not_there_get_no_price(session: AsyncSession) -> None:
    assert not await set_price(session, 2**40, 880, NOON)

    assert await history_of(session, 2**40) == []


async def test_other_goods_keep_their_price(session: AsyncSession, goods: Goods) -> None:
    await set_price(session, goods.id + 1, 880, NOON)

    assert await price_of(session, goods.id) == 990


async def test_demo_goods_come_with_their_first_price(session: AsyncSession) -> None:
    await add_types(session)
    await add_goods(session, arrived_at=NOON)

    goods = (await session.execute(select(Goods.id, Goods.price_fen))).all()
    history = (await session.execute(select(PriceHistory.goods_id, PriceHistory.price_fen))).all()
    assert goods
    assert sorted(map(tuple, history)) == sorted(map(tuple, goods))
    assert set(await session.scalars(select(PriceHistory.from_at))) == {NOON}


async def test_an_import_writes_first_and_changed_prices(
    db: Database, session: AsyncSession
) -> None:
    await db.write(import_course, plan_import(COURSE))
    goods = (await session.execute(select(Goods.id, Goods.price_fen))).all()
    first = (await session.execute(select(PriceHistory.goods_id, PriceHistory.price_fen))).all()

    dearer = COURSE.replace("15.80,15.8", "16.80,18.8")
    await db.write(import_course, plan_import(dearer))
    await db.write(import_course, plan_import(dearer))

    assert sorted(map(tuple, first)) == sorted(map(tuple, goods))
    orange = await session.scalar(select(Goods.id).where(Goods.product_no == "902"))
    assert orange is not None
    assert [price for price, _ in await history_of(session, orange)] == [1580, 1680]
    assert len((await session.scalars(select(PriceHistory.id))).all()) == len(goods) + 1


async def test_goods_of_an_older_shop_get_their_price_into_the_history(
    database_url: str, tmp_path: Path
) -> None:
    async with empty_database(database_url, tmp_path) as url:
        engine = make_engine(url)
        async with engine.begin() as connection:
            await connection.run_sync(upgrade_over_a_good)
            rows = await connection.execute(select(PriceHistory.price_fen, PriceHistory.from_at))
            found = [tuple(row) for row in rows]
        await engine.dispose()

    assert found == [(990, NOON)]


def old_goods(connection: Connection) -> Table:
    """The table as it was then: the model has more columns now."""
    return Table("goods", MetaData(), autoload_with=connection)


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def upgrade_over_a_good(connection: Connection) -> None:
    migrate(connection, "0001")
    names = {"name_zh": "水果", "name_en": "Fruit", "picture": "1f34e", "tint": "tomato"}
    connection.execute(insert(FoodType).values(id=1, number=1, position=1, **names))
    connection.execute(
        insert(old_goods(connection)).values(
            id=1,
            type_id=1,
            product_no="1",
            spec="500g",
            price_fen=990,
            market_price_fen=0,
            unit_price_fen=0,
            unit_price_per="",
            sales=0,
            position=0,
            is_pinned=False,
            on_sale=True,
            origin="",
            storage="",
            life_days=0,
            min_age=0,
            created_at=_naive(NOON - timedelta(days=9)),
            updated_at=_naive(NOON),
            **names,
        )
    )
    migrate(connection)
