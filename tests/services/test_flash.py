"""Flash sales: the price while they run, and pieces that are claimed and put back."""

from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, Order, OrderLine, User
from app.models.base import utcnow
from app.services import flash
from app.services.cart import get_cart, quote_of
from app.services.catalogue import get_goods, list_cards_of, list_similar
from app.services.flash_pages import get_flash_page
from app.services.home import GOODS_OF_A_SHOW, get_home
from tests.factories import make_block, make_goods, make_type
from tests.flash_sales import make_offer, make_sale, sold_of, taken_of
from tests.shopping import DELIVERY, put_in_cart

TICK = timedelta(microseconds=1)


async def test_a_card_knows_the_running_offer(session: AsyncSession, goods: Goods) -> None:
    sale = await make_sale(session)
    item = await make_offer(session, goods, sale=sale, price=500, quota=30, sold=4, per_user=2)

    card = (await get_goods(session, goods.id)).card

    assert (card.flash_item_id, card.flash_price_fen, card.price_fen) == (item.id, 500, 990)
    assert (card.flash_left, card.flash_per_user, card.flash_ends_at) == (26, 2, sale.ends_at)
    assert card.is_flash


async def test_the_price_by_weight_follows_the_flash_price(session: AsyncSession) -> None:
    goods, plain = await make_goods(session, price=990), await make_goods(session, price=990)
    goods.unit_price_fen = plain.unit_price_fen = 1980
    await make_offer(session, goods, price=500)

    cards = await list_cards_of(session, [goods.id, plain.id])

    assert cards[goods.id].unit_price_now_fen == 1000
    assert cards[plain.id].unit_price_now_fen == 1980


async def test_without_a_running_offer_there_is_none(session: AsyncSession, goods: Goods) -> None:
    now = utcnow()
    over = await make_sale(session, ends_at=now - timedelta(seconds=1))
    later = await make_sale(session, starts_at=now + timedelta(minutes=1))
    await make_offer(session, goods, sale=over)
    await make_offer(session, goods, sale=later)
    await make_offer(session, goods, price=400, quota=3, sold=3)
    await make_offer(session, goods, price=990)

    card = (await list_cards_of(session, [goods.id]))[goods.id]

    assert (card.flash_item_id, card.flash_price_fen, card.flash_ends_at) == (None, 0, None)
    assert (card.flash_left, card.flash_per_user, card.is_flash) == (0, 0, False)


async def test_of_two_running_offers_the_lower_price_counts_and_nothing_doubles(
    session: AsyncSession, goods: Goods
) -> None:
    similar = await make_goods(session, food_type=await make_type(session))
    similar.type_id = goods.type_id
    for thing in (goods, similar):
        await make_offer(session, thing, price=700)
        await make_offer(session, thing, price=600)
        await make_offer(session, thing, price=600)

    detail = await get_goods(session, goods.id)
    others = await list_similar(session, detail)

    assert detail.card.flash_price_fen == 600
    assert [(card.id, card.flash_price_fen) for card in others] == [(similar.id, 600)]


@pytest.mark.parametrize(
    ("edge", "shift", "charged"),
    [
        ("start", -TICK, 990),
        ("start", TICK * 0, 500),
        ("end", -TICK, 500),
        ("end", TICK * 0, 990),
        ("end", TICK, 990),
    ],
)
async def test_the_flash_price_is_charged_from_the_start_until_the_end(
    session: AsyncSession,
    user: User,
    goods: Goods,
    *,
    edge: str,
    shift: timedelta,
    charged: int,
) -> None:
    sale = await make_sale(session)
    item = await make_offer(session, goods, sale=sale, price=500)
    await put_in_cart(session, user, goods)
    moment = (sale.starts_at if edge == "start" else sale.ends_at) + shift

    quote = quote_of(await get_cart(session, user.id, moment), DELIVERY)
    short = await flash.claim(session, user.id, {item.id: 1}, moment)

    assert quote.goods_fen == charged
    assert quote.lines[0].flash_item_id == (item.id if charged == 500 else None)
    assert short == ([] if charged == 500 else [item.id])
    assert await sold_of(session, item.id) == (charged == 500)


async def test_a_line_says_what_the_shopper_can_have(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    item = await make_offer(session, goods, quota=10, per_user=3)
    await flash.claim(session, user.id, {item.id: 1}, utcnow())
    await put_in_cart(session, user, goods, 3)

    (line,) = (await get_cart(session, user.id)).lines

    assert (line.flash_taken, line.flash_most, line.is_over_flash) == (1, 2, True)
    assert (line.unit_fen, line.flash_item_id, line.had_flash_share) == (500, item.id, False)


async def test_whoever_had_their_share_pays_the_normal_price(
    session: AsyncSession, user: User, other: User, goods: Goods
) -> None:
    item = await make_offer(session, goods, per_user=1)
    await flash.claim(session, user.id, {item.id: 1}, utcnow())
    for shopper in (user, other):
        await put_in_cart(session, shopper, goods)

    (line,) = (await get_cart(session, user.id)).lines
    (fresh,) = (await get_cart(session, other.id)).lines

    assert (line.unit_fen, line.flash_item_id, line.had_flash_share) == (990, None, True)
    assert (fresh.unit_fen, fresh.flash_item_id, fresh.had_flash_share) == (500, item.id, False)


async def test_a_line_remembers_that_its_flash_price_is_gone(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    sale = await make_sale(session)
    await make_offer(session, goods, sale=sale, price=500)
    line = await put_in_cart(session, user, goods)
    line.seen_price_fen = 500
    await session.flush()

    (now,) = (await get_cart(session, user.id)).lines
    (later,) = (await get_cart(session, user.id, sale.ends_at)).lines

    assert (now.flash_is_over, now.price_changed) == (False, False)
    assert (later.flash_is_over, later.price_changed, later.unit_fen) == (True, True, 990)


async def test_a_claim_counts_on_the_item_and_for_the_shopper(
    session: AsyncSession, user: User, other: User, goods: Goods
) -> None:
    item = await make_offer(session, goods, quota=5, per_user=3)
    now = utcnow()

    results = [
        await flash.claim(session, user.id, {item.id: 2}, now),
        await flash.claim(session, user.id, {item.id: 1}, now),
        await flash.claim(session, other.id, {item.id: 2}, now),
    ]

    assert results == [[], [], []]
    assert await sold_of(session, item.id) == 5
    assert await taken_of(session, item.id) == {user.id: 3, other.id: 2}


async def test_what_falls_short_is_named_in_words(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    over = await make_sale(session, ends_at=utcnow() - timedelta(seconds=1))
    greedy = await make_offer(session, goods, per_user=1)
    few = await make_offer(session, goods, quota=3, sold=2, per_user=9)
    none = await make_offer(session, goods, quota=3, sold=3)
    late = await make_offer(session, goods, sale=over)
    good = await make_offer(session, goods)
    now = utcnow()
    wanted = {late.id: 1, good.id: 1, greedy.id: 2, few.id: 2, none.id: 1}

    short = await flash.claim(session, user.id, wanted, now)
    reasons = await flash.explain(session, user.id, {id_: wanted[id_] for id_ in short}, now)

    assert {id_: message.text for id_, message in reasons.items()} == {
        greedy.id: "At most %(most)s of %(name)s per shopper at the flash price",
        few.id: "Only %(left)s of %(name)s left at the flash price",
        none.id: "%(name)s is sold out at the flash price",
        late.id: "%(name)s is not in a flash sale now",
    }
    assert reasons[few.id].params["left"] == 1


async def test_a_closed_order_puts_back_what_it_took(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    item = await make_offer(session, goods, per_user=5)
    plain = await make_goods(session)
    await flash.claim(session, user.id, {item.id: 3}, utcnow())
    orders = [
        await order_with(session, user, [(goods, 2, item.id), (plain, 1, None)]),
        await order_with(session, user, [(goods, 1, item.id)]),
    ]

    await flash.release(session, orders[:1])
    first = (await sold_of(session, item.id), await taken_of(session, item.id))
    await flash.release(session, orders[1:])

    assert first == (1, {user.id: 1})
    assert (await sold_of(session, item.id), await taken_of(session, item.id)) == (0, {})


async def order_with(
    session: AsyncSession, user: User, lines: list[tuple[Goods, int, int | None]]
) -> int:
    """An order of these goods, pieces and offers; its sums are beside the point."""
    order = Order(
        no=f"F{user.id}-{lines[0][1]}",
        user_id=user.id,
        goods_fen=0,
        ship_fen=0,
        pay_fen=0,
        quantity=1,
        receiver="",
        phone="",
        area="",
        room="",
    )
    session.add(order)
    await session.flush()
    rows = [
        {"order_id": order.id, "goods_id": goods.id, "quantity": quantity, "flash_item_id": item}
        | {"name_zh": "", "name_en": "", "spec": "", "picture": "", "tint": ""}
        | {"unit_fen": 0, "gross_fen": 0, "pay_fen": 0}
        for goods, quantity, item in lines
    ]
    await session.execute(insert(OrderLine), rows)
    return order.id


async def test_the_page_shows_running_sales_and_upcoming_ones(session: AsyncSession) -> None:
    now = utcnow()
    goods = [await make_goods(session) for _ in range(4)]
    noon, over = await make_sale(session), await make_sale(session, ends_at=now)
    night = await make_sale(session, starts_at=now + timedelta(minutes=1))
    for sale in (noon, over, night):
        await make_offer(session, goods[0], sale=sale, price=500)
    await make_offer(session, goods[1], sale=noon, quota=3, sold=3)
    goods[2].on_sale = False
    await make_offer(session, goods[2], sale=noon)
    await make_offer(session, goods[3], sale=noon, price=990)

    page = await get_flash_page(session)

    (running,), (upcoming,) = page.running, page.upcoming
    assert (running.id, upcoming.id) == (noon.id, night.id)
    assert [(offer.card.id, offer.at_hand) for offer in running.offers] == [
        (goods[0].id, 10),
        (goods[1].id, 0),
    ]
    assert [offer.price_fen for offer in upcoming.offers] == [500]


async def test_the_page_shows_a_good_only_at_the_price_that_is_charged(
    session: AsyncSession, goods: Goods
) -> None:
    dear, cheap = await make_sale(session), await make_sale(session)
    await make_offer(session, goods, sale=dear, price=700)
    await make_offer(session, goods, sale=cheap, price=600)

    page = await get_flash_page(session)

    assert [sale.id for sale in page.running] == [cheap.id]


async def test_the_home_page_shows_what_can_be_bought_at_once(session: AsyncSession) -> None:
    soon = await make_sale(session, ends_at=utcnow() + timedelta(minutes=5))
    goods = [await make_goods(session) for _ in range(GOODS_OF_A_SHOW + 2)]
    for thing in goods[1:]:
        await make_offer(session, thing)
    await make_offer(session, goods[0], sale=soon)
    await make_offer(session, await make_goods(session, stock=0))
    await make_offer(session, await make_goods(session, on_sale=False))
    await make_block(session, "mainshow", goods=goods[:2])

    home = await get_home(session)

    assert [card.id for card in home.flash] == [thing.id for thing in goods[:GOODS_OF_A_SHOW]]
    assert [card.id for card in home.mainshow[0].goods] == [thing.id for thing in goods[:2]]


async def test_a_must_buy_shows_the_flash_price(session: AsyncSession, goods: Goods) -> None:
    await make_offer(session, goods, price=500)
    await make_offer(session, goods, price=600)
    await make_block(session, "mustbuy", link_goods=goods)

    (block,) = (await get_home(session)).mustbuy

    assert block.price_fen == 500
