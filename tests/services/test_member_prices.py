"""Who pays a member price, when, and what the cart, the bill and the order say of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import CheckoutRefused
from app.models import CartLine, Goods, Member, OrderLine, User
from app.models.base import utcnow
from app.services import cart as carts
from app.services import cart_changes as changes
from app.services import flash
from app.services.cart_pages import get_cart_page
from app.services.catalogue import get_goods, list_cards_of
from app.services.flash_pages import get_flash_page
from app.services.home import get_home
from app.services.quote import Delivery, QuoteLine, quote
from tests.factories import make_block, make_coupon, make_goods, make_user
from tests.flash_sales import make_offer, make_sale, sold_of
from tests.membership import make_member
from tests.shopping import DELIVERY, look, make_buyer, order_of, place, wrong_books


async def make_marked(session: AsyncSession, *, price: int = 1000, member: int = 900) -> Goods:
    goods = await make_goods(session, price=price)
    goods.member_price_fen = member
    await session.flush()
    return goods


async def unit_of(session: AsyncSession, user_id: int) -> int:
    (line,) = (await look(session, user_id)).lines
    return line.unit_fen


@pytest.mark.parametrize(("level", "unit_fen"), [(None, 1000), (0, 1000), (1, 900), (4, 900)])
async def test_members_pay_the_member_price(
    session: AsyncSession, level: int | None, unit_fen: int
) -> None:
    goods = await make_marked(session)
    buyer = await make_buyer(session, (goods, 2))
    if level is not None:
        await make_member(session, buyer, level)

    shown = await look(session, buyer.id)
    order = await order_of(session, (await place(session, buyer.id)).no)

    assert [line.unit_fen for line in shown.lines] == [unit_fen]
    assert shown.quote.goods_fen == order.goods_fen == 2 * unit_fen
    line = (await session.scalars(select(OrderLine))).one()
    assert (line.unit_fen, line.pay_fen) == (unit_fen, 2 * unit_fen)
    assert await wrong_books(session) == []


@pytest.mark.parametrize("member", [0, 1000, 1200])
async def test_a_member_price_that_is_not_lower_is_none(session: AsyncSession, member: int) -> None:
    goods = await make_marked(session, member=member)
    buyer = await make_buyer(session, (goods, 1))
    await make_member(session, buyer, 1)

    shown = await look(session, buyer.id)

    assert shown.lines[0].unit_fen == 1000
    assert shown.lines[0].card.member_price_fen == 0
    assert [step.name for step in shown.quote.steps] == ["goods", "delivery"]


@pytest.mark.parametrize(
    ("member", "flash", "unit_fen", "is_flash"),
    [(900, 800, 800, True), (800, 900, 800, False), (800, 800, 800, False)],
)
async def test_the_lowest_of_all_prices_is_charged(
    session: AsyncSession, member: int, flash: int, unit_fen: int, is_flash: bool
) -> None:
    goods = await make_marked(session, member=member)
    item = await make_offer(session, goods, price=flash)
    buyer = await make_buyer(session, (goods, 1))
    await make_member(session, buyer, 1)

    await place(session, buyer.id)

    line = (await session.scalars(select(OrderLine))).one()
    assert (line.unit_fen, line.flash_item_id) == (unit_fen, item.id if is_flash else None)
    assert await sold_of(session, item.id) == int(is_flash)
    assert await wrong_books(session) == []


async def test_after_their_flash_share_members_pay_the_member_price(session: AsyncSession) -> None:
    goods = await make_marked(session)
    await make_offer(session, goods, price=500)
    buyer = await make_buyer(session, (goods, 1))
    await make_member(session, buyer, 1)
    await place(session, buyer.id)

    await changes.add_goods(session, buyer.id, goods.id)

    (line,) = (await carts.get_cart(session, buyer.id)).lines
    assert (line.unit_fen, line.seen_price_fen, line.price_changed) == (900, 900, False)


async def test_a_member_price_takes_coupons(session: AsyncSession) -> None:
    goods = await make_marked(session)
    buyer = await make_buyer(session, (goods, 2))
    await make_member(session, buyer, 1)
    await make_coupon(session, buyer, amount=500, least=1800)

    shown = await look(session, buyer.id)

    assert shown.quote.pay_fen == 1800 - 500 + DELIVERY.fee_fen


def test_the_bill_says_what_each_lane_saved() -> None:
    lines = [
        QuoteLine.at_best(1, 2, 1000, member_fen=900),
        QuoteLine.at_best(2, 1, 1000, member_fen=900, flash_item_id=7, flash_fen=600),
        QuoteLine.at_best(3, 1, 1000),
    ]

    bill = quote(lines, Delivery(500, 0))

    assert [(step.name, step.amount_fen) for step in bill.steps] == [
        ("goods", 4000),
        ("member", -200),
        ("flash", -400),
        ("delivery", 0),
    ]
    assert bill.saved_fen == 600
    assert sum(step.amount_fen for step in bill.steps) == bill.pay_fen == 3400


def test_another_price_is_another_offer() -> None:
    def of(member_fen: int) -> str:
        return quote([QuoteLine.at_best(1, 1, 1000, member_fen=member_fen)], DELIVERY).hash

    assert len({of(0), of(900), of(800)}) == 3


@pytest.mark.parametrize(("before", "after"), [(0, 1), (1, 0)])
async def test_a_level_that_changed_since_is_refused_with_both_prices(
    session: AsyncSession, before: int, after: int
) -> None:
    goods = await make_marked(session)
    buyer = await make_buyer(session, (goods, 1))
    member = await make_member(session, buyer, before)
    seen = await look(session, buyer.id)
    member.level = after
    await session.flush()

    with pytest.raises(CheckoutRefused) as refused:
        await place(session, buyer.id, agreed=seen.shown)

    message = refused.value.fields[f"goods-{goods.id}"]
    assert message.text == "%(name)s costs %(new)s now, not %(old)s"


async def test_every_change_of_a_line_notes_the_price_that_was_seen(session: AsyncSession) -> None:
    goods = await make_marked(session)
    buyer, stranger = await make_user(session), await make_user(session)
    await make_member(session, buyer, 1)

    async def seen() -> list[int]:
        await session.flush()
        return list(await session.scalars(select(CartLine.seen_price_fen).order_by(CartLine.id)))

    for user in (buyer, stranger):
        await changes.add_goods(session, user.id, goods.id)
    assert await seen() == [900, 1000]
    for change in (changes.add_goods, changes.take_goods):
        await session.execute(update(CartLine).values(seen_price_fen=1))
        for user in (buyer, stranger):
            await change(session, user.id, goods.id)
        assert await seen() == [900, 1000]


async def test_every_list_shows_the_viewers_price(session: AsyncSession, user: User) -> None:
    goods = await make_marked(session)
    await make_block(session, "mustbuy", link_goods=goods)
    await make_block(session, "mainshow", goods=[goods])
    await make_member(session, user, 1)

    for viewer, price in ((None, 1000), (user.id, 900)):
        home = await get_home(session, viewer)
        cards = [
            (await get_goods(session, goods.id, viewer)).card,
            (await list_cards_of(session, [goods.id], viewer))[goods.id],
            home.mainshow[0].goods[0],
        ]
        assert [card.now_fen for card in cards] == [price] * 3
        assert [card.member_price_fen for card in cards] == [900] * 3
        assert home.mustbuy[0].price_fen == price


async def test_the_price_by_weight_follows_the_member_price(
    session: AsyncSession, user: User
) -> None:
    goods = await make_marked(session)
    goods.unit_price_fen = 500
    await make_member(session, user, 1)

    card = (await get_goods(session, goods.id, user.id)).card

    assert card.unit_price_now_fen == 450


async def test_an_add_on_closes_the_gap_at_the_members_price(session: AsyncSession) -> None:
    basket, near = await make_goods(session, price=3000), await make_marked(session)
    buyer = await make_buyer(session, (basket, 1))
    await make_member(session, buyer, 1)

    for missing, expected in ((900, [near.id]), (901, [])):
        delivery = Delivery(500, 3000 + missing)
        page = await get_cart_page(session, buyer.id, delivery)
        assert [card.id for card in page.add_ons] == expected


async def make_early(session: AsyncSession, minutes: float = 4) -> tuple[Goods, int]:
    """A good at ¥10 whose sale at ¥5 begins in a few minutes, and the offer's id."""
    goods = await make_goods(session, price=1000)
    sale = await make_sale(session, starts_at=utcnow() + timedelta(minutes=minutes))
    return goods, (await make_offer(session, goods, sale=sale, price=500)).id


@pytest.mark.parametrize(
    ("level", "minutes", "unit_fen"),
    [(0, 4, 1000), (1, 4, 1000), (2, 4, 500), (4, 4, 500), (2, 5.1, 1000), (1, -1, 500)],
)
async def test_flash_sales_open_five_minutes_early_from_gold_on(
    session: AsyncSession, level: int, minutes: float, unit_fen: int
) -> None:
    goods, item_id = await make_early(session, minutes)
    buyer = await make_buyer(session, (goods, 1))
    await make_member(session, buyer, level)
    is_sold = unit_fen == 500

    await place(session, buyer.id)

    line = (await session.scalars(select(OrderLine))).one()
    assert (line.unit_fen, line.flash_item_id) == (unit_fen, item_id if is_sold else None)
    assert await sold_of(session, item_id) == int(is_sold)


async def test_two_shoppers_in_one_minute_each_pay_their_own_price(session: AsyncSession) -> None:
    goods, item_id = await make_early(session)
    gold, silver = await make_buyer(session, (goods, 1)), await make_buyer(session, (goods, 1))
    await make_member(session, gold, 2)
    await make_member(session, silver, 1)

    assert [await unit_of(session, user.id) for user in (gold, silver)] == [500, 1000]
    assert (await get_goods(session, goods.id)).card.is_flash is False
    assert (await get_goods(session, goods.id, silver.id)).card.is_flash is False
    assert (await get_goods(session, goods.id, gold.id)).card.flash_item_id == item_id


async def test_nobody_claims_early_what_is_not_open_for_them(session: AsyncSession) -> None:
    goods, item_id = await make_early(session)
    gold, silver = await make_buyer(session, (goods, 1)), await make_buyer(session, (goods, 1))
    for user, level in ((gold, 2), (silver, 1)):
        await make_member(session, user, level)
    # What a gold member agreed to, sent in by a silver one.
    seen = await look(session, gold.id)

    with pytest.raises(CheckoutRefused) as refused:
        await place(session, silver.id, agreed=seen.shown)

    assert f"goods-{goods.id}" in refused.value.fields
    assert await sold_of(session, item_id) == 0


async def test_the_claim_itself_looks_at_the_level(session: AsyncSession) -> None:
    _, item_id = await make_early(session)
    gold, silver = await make_user(session), await make_user(session)
    await make_member(session, gold, 2)
    await make_member(session, silver, 1)
    now = utcnow()

    assert await flash.claim(session, silver.id, {item_id: 1}, now) == [item_id]
    reasons = await flash.explain(session, silver.id, {item_id: 1}, now)
    assert reasons[item_id].text == "%(name)s is not in a flash sale now"
    assert await flash.claim(session, gold.id, {item_id: 1}, now - timedelta(minutes=2)) == [
        item_id
    ]
    assert await flash.claim(session, gold.id, {item_id: 1}, now) == []
    assert await sold_of(session, item_id) == 1


async def test_the_flash_page_opens_earlier_for_gold(session: AsyncSession, user: User) -> None:
    await make_early(session)
    await make_member(session, user, 2)

    early = await get_flash_page(session, viewer=user.id)
    others = await get_flash_page(session)

    assert [sale.is_early for sale in early.running] == [True]
    assert early.upcoming == ()
    assert others.running == ()
    assert [sale.is_early for sale in others.upcoming] == [False]
    assert early.running[0].opens_at == others.upcoming[0].opens_at - timedelta(minutes=5)


async def test_an_offer_that_is_not_lower_than_the_member_price_is_not_shown(
    session: AsyncSession, user: User
) -> None:
    goods = await make_marked(session, member=500)
    await make_offer(session, goods, price=600)
    await make_member(session, user, 1)

    assert (await get_flash_page(session, viewer=user.id)).running == ()
    assert len((await get_flash_page(session)).running) == 1


async def test_a_level_of_somebody_else_changes_nothing(session: AsyncSession, user: User) -> None:
    goods = await make_marked(session)
    await make_member(session, await make_user(session), 4)

    card = (await get_goods(session, goods.id, user.id)).card

    assert (card.pays_member, card.now_fen, card.member_price_fen) == (False, 1000, 900)
    assert await session.get(Member, user.id) is None
