"""Bringing a course file into the shop: what is written, what is left, and all or nothing."""

from collections.abc import Sequence

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.models import (
    ChildType,
    FoodType,
    Goods,
    GoodsToken,
    HomeBlock,
    HomeBlockGoods,
    Stock,
    StockMove,
)
from app.services.course.importing import import_course
from app.services.course.plan import plan_import
from app.services.course.report import Report
from app.services.search import search
from app.settings import ROOT
from tests.factories import make_type

COURSE = (ROOT / "tests" / "data" / "course.sql").read_text()
DUMP = (ROOT / "tests" / "data" / "dump.sql").read_text()
# Without the words before the SQL, which may stand at the beginning of a file only.
MORE = COURSE[COURSE.index("insert into") :]
HEADER = COURSE.splitlines()[3].split(" values", maxsplit=1)[0]
TABLES = (FoodType, ChildType, Goods, GoodsToken, Stock, StockMove, HomeBlock, HomeBlockGoods)


async def bring_in(db: Database, text: str, *, dry_run: bool = False) -> Report:
    return await db.write(import_course, plan_import(text), dry_run=dry_run)


async def count_rows(session: AsyncSession) -> list[int | None]:
    return [await session.scalar(select(func.count()).select_from(table)) for table in TABLES]


def sums(report: Report) -> tuple[int, int, int]:
    tallies = report.tallies.values()
    return (
        sum(tally.new for tally in tallies),
        sum(tally.changed for tally in tallies),
        sum(tally.unchanged for tally in tallies),
    )


async def goods_of(session: AsyncSession) -> Sequence[Goods]:
    query = select(Goods).order_by(Goods.type_id, Goods.product_no)
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


async def test_goods_stand_under_their_public_numbers(db: Database, session: AsyncSession) -> None:
    await bring_in(db, COURSE)

    query = (
        select(FoodType.number, ChildType.number, Goods.product_no)
        .join(Goods, Goods.type_id == FoodType.id)
        .outerjoin(ChildType, ChildType.id == Goods.child_id)
        .order_by(FoodType.number, Goods.product_no)
    )
    assert [tuple(row) for row in await session.execute(query)] == [
        (700001, 700011, "901"),
        (700001, 700012, "902"),
        (700002, None, "901"),
        (700002, None, "903"),
    ]


async def test_a_good_is_brought_in_whole(db: Database, session: AsyncSession) -> None:
    await bring_in(db, COURSE)

    orange = await session.scalar(select(Goods).where(Goods.product_no == "902"))
    assert orange is not None
    assert (orange.name_zh, orange.name_en, orange.spec) == ("小蜂甜橙", "", "1kg")
    assert (orange.price_fen, orange.market_price_fen, orange.sales) == (1580, 1580, 1033)
    assert (orange.is_pinned, orange.on_sale, orange.picture) == (True, True, "1f34a")


async def test_stock_comes_in_by_a_move(db: Database, session: AsyncSession) -> None:
    await bring_in(db, COURSE)

    stock = await session.scalars(select(Stock.on_hand).order_by(Stock.on_hand))
    moves = await session.execute(
        select(StockMove.kind, StockMove.quantity).order_by(StockMove.quantity)
    )
    assert list(stock) == [0, 10, 50, 200]
    assert [tuple(move) for move in moves] == [("received", n) for n in (10, 50, 200)]


async def test_goods_are_found_at_once(db: Database, session: AsyncSession) -> None:
    await bring_in(db, COURSE)

    assert [card.name_zh for card in (await search(session, "tiancheng")).cards] == ["小蜂甜橙"]


async def test_types_stand_in_the_files_order_behind_the_shops_own(
    db: Database, session: AsyncSession
) -> None:
    await make_type(session, position=4)
    await session.commit()

    await bring_in(db, COURSE)

    query = select(FoodType.position, FoodType.name_zh, FoodType.name_en).order_by(
        FoodType.position
    )
    assert [tuple(row) for row in await session.execute(query)] == [
        (4, "水果", "Fruit"),
        (5, "优选水果", "Choice fruit"),
        (6, "饮料", ""),
    ]


async def test_the_home_page_gets_its_blocks(db: Database, session: AsyncSession) -> None:
    session.add(HomeBlock(kind="shop", source_key="own", position=3, title_zh="自己", title_en=""))
    await session.commit()

    await bring_in(db, COURSE)

    query = select(HomeBlock.kind, HomeBlock.title_zh, HomeBlock.position, HomeBlock.link_type)
    blocks = [tuple(row) for row in await session.execute(query.order_by(HomeBlock.id))]
    assert blocks == [
        ("shop", "自己", 3, 0),
        ("banner", "苹果节", 1, 0),
        ("banner", "橙子周", 2, 0),
        ("nav", "每日必抢", 1, 0),
        ("mustbuy", "鲜果女王", 1, 0),
        ("shop", "水果", 4, 700001),
        ("shop", "更多", 5, 0),
        ("mainshow", "优选水果", 1, 700001),
    ]


async def test_a_main_show_shows_the_goods_that_there_are(
    db: Database, session: AsyncSession
) -> None:
    await bring_in(db, COURSE)

    query = (
        select(Goods.product_no)
        .join(HomeBlockGoods, HomeBlockGoods.goods_id == Goods.id)
        .order_by(HomeBlockGoods.position)
    )
    assert list(await session.scalars(query)) == ["902", "901"]


@pytest.mark.parametrize("again", [COURSE, COURSE.replace("\n", "\r\n"), COURSE + MORE])
async def test_a_second_import_changes_nothing(
    db: Database, session: AsyncSession, again: str
) -> None:
    await bring_in(db, COURSE)
    before = await count_rows(session)

    report = await bring_in(db, again)

    assert sums(report) == (0, 0, 13)
    assert await count_rows(session) == before


async def test_a_dump_brings_the_same_as_the_courses_file(
    db: Database, session: AsyncSession
) -> None:
    await bring_in(db, COURSE)

    report = await bring_in(db, DUMP.replace("\n", "\r\n"))

    assert (sums(report), report.refusals) == ((0, 0, 6), [])
    assert report.tallies["axf_foodtypes"].skipped == 1
    assert report.foreign == {"auth_user": 1}


async def test_of_a_table_loaded_twice_the_last_rows_count(
    db: Database, session: AsyncSession
) -> None:
    report = await bring_in(db, COURSE + MORE.replace("9.90,12", "9.50,12"))

    tally = report.tallies["axf_goods"]
    assert (tally.read, tally.new, tally.skipped) == (8, 4, 4)
    assert sorted(goods.price_fen for goods in await goods_of(session)) == [500, 950, 990, 1580]


async def test_what_differs_follows_the_file(db: Database, session: AsyncSession) -> None:
    await bring_in(db, COURSE)
    text = COURSE.replace("小蜂甜橙", "大蜂脐橙").replace("15.80,15.8", "16.80,18.8")

    report = await bring_in(db, text.replace("饮料", "茶水"))

    assert report.tallies["axf_goods"].changed == 1
    assert report.tallies["axf_foodtypes"].changed == 1
    [orange] = [goods for goods in await goods_of(session) if goods.product_no == "902"]
    assert (orange.name_zh, orange.price_fen, orange.market_price_fen) == ("大蜂脐橙", 1680, 1880)
    assert (await search(session, "qicheng")).kind == "found"
    assert (await search(session, "tiancheng")).kind != "found"


async def test_what_the_shop_sold_and_chose_stays(db: Database, session: AsyncSession) -> None:
    await bring_in(db, COURSE)
    await session.execute(update(Goods).values(sales=77, on_sale=False, name_en="Own"))
    await session.execute(update(Stock).values(on_hand=5))
    await session.commit()

    report = await bring_in(db, COURSE)

    assert sums(report)[:2] == (0, 0)
    assert {(g.sales, g.on_sale, g.name_en) for g in await goods_of(session)} == {
        (77, False, "Own")
    }
    assert set(await session.scalars(select(Stock.on_hand))) == {5}


async def test_a_dry_run_reports_and_writes_nothing(db: Database, session: AsyncSession) -> None:
    before = await count_rows(session)

    report = await bring_in(db, COURSE, dry_run=True)

    assert (sums(report), report.is_imported) == ((13, 0, 0), False)
    assert await count_rows(session) == before


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (COURSE[: COURSE.index("蜂农")], 7, "cut off"),
        (COURSE[: COURSE.index("脆苹果")], 4, "cut off"),
        (COURSE.rstrip(" ;\n"), 16, "cut off"),
        (COURSE.replace("15.80,15.8", "x,15.8"), 5, "price"),
        (COURSE.replace('"1",10,0)', '"1",10)'), 7, "14 values for 15 columns"),
        (
            COURSE + f'\n{HEADER} values("9","","","n",0,0,"",1,1,5,0,"","",1,1);',
            18,
            "no food type",
        ),
        ("nothing here", 1, "no row of the course's tables"),
    ],
)
async def test_one_bad_row_and_nothing_is_imported(
    db: Database, session: AsyncSession, text: str, line: int, reason: str
) -> None:
    report = await bring_in(db, text)

    [refusal] = report.refusals
    assert refusal.line == line
    assert reason in refusal.reason
    assert set(await count_rows(session)) == {0}


async def test_goods_may_belong_to_a_type_that_the_shop_has(
    db: Database, session: AsyncSession
) -> None:
    await make_type(session, number=700001)
    await make_type(session, number=700002)
    await session.commit()

    report = await bring_in(db, COURSE[: COURSE.index("insert into axf_foodtypes")])

    assert report.tallies["axf_goods"].new == 4


async def test_every_row_read_is_accounted_for(db: Database) -> None:
    for report in (await bring_in(db, COURSE + DUMP), await bring_in(db, DUMP)):
        for tally in report.tallies.values():
            parts = (tally.new, tally.changed, tally.unchanged, tally.skipped, tally.refused)
            assert tally.read == sum(parts)


async def test_hundreds_of_goods_come_in_within_seconds(
    db: Database, session: AsyncSession
) -> None:
    rows = [
        f'{HEADER} values("N{n}","","","蜂蜜脆苹果第{n}号",0,0,"500g",9.9,9.9,700001,0,"","",9,1);'
        for n in range(830)
    ]

    report = await bring_in(db, COURSE + "\n".join(rows))

    assert report.tallies["axf_goods"].new == 834
    assert await session.scalar(select(func.count()).select_from(Stock)) == 834
