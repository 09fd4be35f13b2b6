"""The demo shop: complete, consistent in every number, and harmless to what is there already."""

import hashlib
from collections import defaultdict

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.forms import username_key
from app.models import (
    Address,
    Base,
    CartLine,
    ChildType,
    FoodType,
    Goods,
    HomeBlock,
    HomeBlockGoods,
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    Stock,
    StockMove,
    User,
)
from app.models.base import utcnow
from app.services.demo import loading as demo
from app.services.demo.files import read_shelf, read_shoppers
from app.services.devices import list_devices
from app.services.quote import Delivery, QuoteLine, quote
from app.services.search import search
from app.services.vip_pages import get_standing
from tests.conftest import all_at_once
from tests.factories import make_goods, make_type, make_user
from tests.shopping import wrong_books

DELIVERY = Delivery(fee_fen=500, free_from_fen=3900)
HASHES = {shopper.username: "!" for shopper in read_shoppers()}


async def load(session: AsyncSession, hashes: dict[str, str] | None = None) -> demo.Added:
    return await demo.load(
        session,
        password_hashes=HASHES if hashes is None else hashes,
        delivery=DELIVERY,
        now=utcnow(),
    )


async def count(session: AsyncSession, model: type[Base]) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def checksum(session: AsyncSession) -> str:
    """Changes with any value in any table."""
    sums = []
    for table in Base.metadata.sorted_tables:
        rows = [repr(tuple(row)) for row in await session.execute(select(table))]
        sums.append((table.name, sorted(rows)))
    return hashlib.sha256(repr(sums).encode()).hexdigest()


async def test_a_load_brings_the_whole_shop(session: AsyncSession) -> None:
    added = await load(session)

    assert added == demo.Added(
        types=12, goods=239, blocks=27, shoppers=4, orders=20, sales=2, coupons=8
    )
    assert await count(session, FoodType) == 12
    assert await count(session, ChildType) == 53
    assert await count(session, Goods) == 239
    assert await count(session, Stock) == 239
    assert await count(session, User) == 4
    assert await count(session, Order) == 20


async def test_a_second_load_changes_nothing(session: AsyncSession) -> None:
    await load(session)
    before = await checksum(session)

    added = await load(session)

    assert not added
    assert await checksum(session) == before


async def test_two_loads_at_once_make_one_shop(real_db: Database) -> None:
    async def work() -> demo.Added:
        return await real_db.write(load)

    first, second = await all_at_once(work, work)

    assert {bool(first), bool(second)} == {True, False}
    assert await real_db.read(count, Goods) == 239


async def test_what_was_changed_in_the_shop_stays_changed(session: AsyncSession) -> None:
    await load(session)
    await session.execute(update(Goods).where(Goods.product_no == "D0001").values(price_fen=1))

    await load(session)

    assert await session.scalar(select(Goods.price_fen).where(Goods.product_no == "D0001")) == 1


async def test_types_have_the_numbers_of_the_demo(session: AsyncSession) -> None:
    await load(session)

    rows = await session.execute(
        select(FoodType.name_zh, FoodType.number, ChildType.name_zh, ChildType.number)
        .join(ChildType, ChildType.type_id == FoodType.id)
        .order_by(FoodType.position, ChildType.position)
    )
    found = rows.all()
    assert found[0] == ("时令水果", 200100, "国产水果", 200101)
    assert found[5] == ("新鲜蔬菜", 200200, "叶菜类", 200201)
    assert found[-1] == ("日用百货", 201200, "厨房用品", 201204)


async def test_a_good_has_all_its_facts(session: AsyncSession) -> None:
    await load(session)

    good = await session.scalar(select(Goods).where(Goods.name_zh == "赤霞珠干红葡萄酒"))

    assert good is not None
    assert (good.product_no, good.spec, good.price_fen) == ("D0203", "750ml", 6900)
    assert (good.unit_price_per, good.storage, good.min_age) == ("500ml", "常温", 18)
    assert (good.picture, good.tint) == ("1f377", "berry")
    assert good.origin


async def test_some_goods_are_sold_out_and_some_nearly(session: AsyncSession) -> None:
    await load(session)

    rows = await session.execute(
        select(Goods.name_zh, Stock.on_hand - Stock.allocated).join(
            Stock, Stock.goods_id == Goods.id
        )
    )
    left = dict(rows.all())
    assert {name for name, pieces in left.items() if pieces == 0} == read_shelf().sold_out
    assert {name: left[name] for name in read_shelf().few} == read_shelf().few
    assert max(left.values()) <= 200


async def test_sales_and_stock_are_the_same_in_every_demo_shop(session: AsyncSession) -> None:
    await load(session)

    sales, stock = (
        await session.execute(
            select(Goods.sales, Stock.on_hand)
            .join(Stock, Stock.goods_id == Goods.id)
            .where(Goods.product_no == "D0002")
        )
    ).one()
    assert (sales, stock) == (316, 133)


async def test_stock_is_the_sum_of_its_moves(session: AsyncSession) -> None:
    await load(session)

    on_hand: dict[int, int] = defaultdict(int)
    allocated: dict[int, int] = defaultdict(int)
    for move in await session.scalars(select(StockMove)):
        if move.kind in {"received", "shipped"}:
            on_hand[move.goods_id] += move.quantity
        if move.kind in {"allocated", "released", "shipped"}:
            allocated[move.goods_id] += move.quantity
    for stock in await session.scalars(select(Stock)):
        assert stock.on_hand == on_hand[stock.goods_id]
        assert stock.allocated == allocated[stock.goods_id]


async def test_orders_are_the_sum_of_their_lines(session: AsyncSession) -> None:
    await load(session)

    lines = defaultdict(list)
    for line in await session.scalars(select(OrderLine)):
        lines[line.order_id].append(line)
    for order in await session.scalars(select(Order)):
        bill = quote(
            [
                QuoteLine.at_best(line.goods_id, line.quantity, line.unit_fen)
                for line in lines[order.id]
            ],
            DELIVERY,
        )
        assert order.goods_fen == bill.goods_fen == sum(line.gross_fen for line in lines[order.id])
        assert order.off_fen == sum(line.off_fen for line in lines[order.id])
        assert (order.ship_fen, order.pay_fen) == (bill.ship_fen, bill.pay_fen - order.off_fen)
        assert order.quantity == bill.quantity


async def test_an_order_is_where_its_history_ends(session: AsyncSession) -> None:
    await load(session)

    now = utcnow()
    histories = defaultdict(list)
    for event in await session.scalars(
        select(OrderEvent).order_by(OrderEvent.order_id, OrderEvent.seq)
    ):
        histories[event.order_id].append(event)
    for order in await session.scalars(select(Order)):
        events = histories[order.id]
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert [event.from_status for event in events[1:]] == [e.to_status for e in events[:-1]]
        assert (events[0].kind, events[0].at) == ("placed", order.placed_at)
        assert events[-1].to_status == order.status
        assert now - demo.OPENED < events[0].at
        assert [event.at for event in events] == sorted(event.at for event in events)
        assert events[-1].at < now


async def test_every_order_but_the_closed_one_is_paid(session: AsyncSession) -> None:
    await load(session)

    paid = {payment.order_id: payment for payment in await session.scalars(select(Payment))}
    orders = (await session.scalars(select(Order))).all()
    assert {order.status for order in orders} == {
        *("paid", "shipping", "delivered", "completed", "closed")
    }
    assert {order.id for order in orders if order.status != "closed"} == set(paid)
    for order in orders:
        assert (order.paid_at is None) == (order.status == "closed")
        if order.id in paid:
            assert paid[order.id].received_fen == paid[order.id].amount_fen == order.pay_fen
            assert paid[order.id].received_at == order.paid_at
            assert paid[order.id].provider == "sandbox"


async def test_everything_on_the_home_page_leads_somewhere(session: AsyncSession) -> None:
    await load(session)

    types = set(await session.scalars(select(FoodType.number)))
    children = set(
        await session.execute(
            select(FoodType.number, ChildType.number).join(
                ChildType, ChildType.type_id == FoodType.id
            )
        )
    )
    blocks = (await session.scalars(select(HomeBlock))).all()
    for block in blocks:
        assert block.link_type in types
        assert not block.link_child or (block.link_type, block.link_child) in children
        assert (block.kind == "mustbuy") == (block.link_goods_id is not None)
        assert 1 <= len(block.pictures.split()) <= 3
        assert block.title_zh
        assert block.title_en


async def test_a_main_show_shows_four_goods_of_its_type(session: AsyncSession) -> None:
    await load(session)

    rows = await session.execute(
        select(HomeBlock.source_key, HomeBlock.link_type, FoodType.number)
        .join(HomeBlockGoods, HomeBlockGoods.block_id == HomeBlock.id)
        .join(Goods, Goods.id == HomeBlockGoods.goods_id)
        .join(FoodType, FoodType.id == Goods.type_id)
    )
    shows = defaultdict(list)
    for key, link_type, number in rows:
        assert link_type == number
        shows[key].append(number)
    assert [len(goods) for goods in shows.values()] == [4] * 5


async def test_nothing_on_the_home_page_is_sold_out(session: AsyncSession) -> None:
    await load(session)

    shown = select(HomeBlockGoods.goods_id).union(
        select(HomeBlock.link_goods_id).where(HomeBlock.link_goods_id.is_not(None))
    )
    empty = await session.scalars(
        select(Stock.goods_id).where(
            Stock.goods_id.in_(shown), Stock.on_hand - Stock.allocated <= 5
        )
    )
    assert empty.all() == []


async def test_goods_that_are_there_stay_as_they_are(session: AsyncSession) -> None:
    own_type = await make_type(session, number=104749, position=3)
    own = await make_goods(session, food_type=own_type, stock=7)

    added = await load(session)

    assert (added.types, added.goods) == (12, 239)
    first = await session.scalar(select(FoodType.number).order_by(FoodType.position).limit(1))
    assert first == 104749
    await session.refresh(own)
    assert (own.type_id, own.name_zh, own.price_fen) == (own_type.id, "红富士苹果", 990)
    assert await session.scalar(select(Stock.on_hand).where(Stock.goods_id == own.id)) == 7


async def test_a_home_page_of_the_shops_own_is_left_alone(session: AsyncSession) -> None:
    session.add(HomeBlock(kind="nav", source_key="1", title_zh="自家", title_en="Ours"))
    await session.flush()

    await load(session)

    navs = await session.scalars(select(HomeBlock.title_en).where(HomeBlock.kind == "nav"))
    assert navs.all() == ["Ours"]
    shops = select(func.count()).where(HomeBlock.kind == "shop")
    assert await session.scalar(shops) == 5


async def test_without_password_hashes_nobody_is_added(session: AsyncSession) -> None:
    added = await load(session, hashes={})

    assert (added.goods, added.shoppers, added.orders) == (239, 0, 0)
    for model in (User, Address, CartLine, Order, Payment):
        assert await count(session, model) == 0


async def test_shoppers_may_come_later(session: AsyncSession) -> None:
    await load(session, hashes={})

    added = await load(session)

    assert added == demo.Added(shoppers=4, orders=20)


async def test_a_name_that_a_real_shopper_took_is_theirs(session: AsyncSession) -> None:
    real = await make_user(session, username="xiaoman", password_hash="real")

    added = await load(session)

    assert added.shoppers == 3
    await session.refresh(real)
    assert real.password_hash == "real"
    assert await session.scalar(select(Order.id).where(Order.user_id == real.id)) is None


async def test_a_shopper_has_a_cart_and_a_default_address(session: AsyncSession) -> None:
    await load(session)

    user_id = await session.scalar(select(User.id).where(User.username == "xiaoman"))
    cart = await session.execute(
        select(Goods.name_zh, CartLine.quantity, CartLine.seen_price_fen == Goods.price_fen)
        .join(Goods, Goods.id == CartLine.goods_id)
        .where(CartLine.user_id == user_id)
    )
    assert {tuple(row) for row in cart} == {
        ("丹东99草莓", 1, True),
        ("北海道吐司", 2, True),
        ("上海青", 1, True),
    }
    query = select(Address.area, Address.region, Address.tag, Address.default_of.is_not(None))
    book = await session.execute(query.where(Address.user_id == user_id).order_by(Address.id))
    assert [tuple(row) for row in book] == [
        ("望京西园四区", "110105", "home", True),
        ("新华西街 58 号", "110112", "", False),
        ("望京 SOHO T3", "110105", "work", False),
    ]
    regions = await session.scalars(select(Order.region).where(Order.user_id == user_id))
    assert set(regions) == {"北京市 朝阳区"}


def test_the_files_write_usernames_as_they_are_compared() -> None:
    names = [shopper.username for shopper in read_shoppers()]

    assert [username_key(name) for name in names] == names


@pytest.mark.parametrize("typed", ["红富士", "hongfushi", "hfs", "fuji"])
async def test_search_finds_a_demo_good(session: AsyncSession, typed: str) -> None:
    await load(session)

    result = await search(session, typed)

    assert "洛川红富士苹果" in [card.name_zh for card in result.cards]


async def test_each_step_is_reported(session: AsyncSession) -> None:
    heard: list[int] = []

    await demo.load(
        session, password_hashes={}, delivery=DELIVERY, now=utcnow(), on_step=heard.append
    )

    assert heard == list(range(len(demo.STEPS) + 1))


async def test_a_shop_with_any_good_is_not_empty(session: AsyncSession) -> None:
    assert not await demo.has_goods(session)

    await make_goods(session)

    assert await demo.has_goods(session)


async def test_a_shopper_has_a_nickname_and_other_devices(session: AsyncSession) -> None:
    await load(session)

    user = (await session.scalars(select(User).where(User.username == "xiaoman"))).one()
    devices = await list_devices(session, user.id, 0, now=utcnow())
    assert (user.nickname, user.email) == ("林小满", "lin@example.com")
    assert [(device.system, device.browser) for device in devices] == [
        ("Windows", "Edge"),
        ("Android", "WeChat"),
    ]


async def test_the_regular_is_gold_by_completed_orders(session: AsyncSession) -> None:
    await load(session)

    user_id = (await session.scalars(select(User.id).where(User.username == "xiaoman"))).one()
    standing = await get_standing(session, user_id, utcnow())

    assert (standing.level.number, standing.growth_fen // 100) == (2, 2340)
    assert await wrong_books(session) == []
