"""A coupon from the click that claims it to the fen on the order, and back again."""

import re
from datetime import timedelta

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import (
    Coupon,
    CouponTemplate,
    Goods,
    Order,
    OrderLine,
    OrderLineOff,
    User,
    UserMessage,
)
from app.models.base import utcnow
from app.services.coupon_news import warn_expiring
from app.services.refunds import ask_refund
from app.services.shipment_moves import deliver, send_out
from app.services.sweep import close_due
from tests.couponing import have_coupon, make_offer_of
from tests.factories import make_address, make_goods, make_type
from tests.refunding import pay, send
from tests.shopping import put_in_cart, wrong_books

DAY = timedelta(days=1)


@pytest.fixture
async def shop(session: AsyncSession, user: User) -> tuple[CouponTemplate, Goods, Goods]:
    """¥10 off ¥30 of fruit; a cart with three apples of ¥11 and milk of ¥8."""
    fruit = await make_type(session)
    apple = await make_goods(session, price=1100, food_type=fruit)
    milk = await make_goods(session, price=800)
    template = await make_offer_of(
        session, amount=1000, least=3000, scope="type", refs=(fruit.id,), total=1
    )
    await make_address(session, user)
    await put_in_cart(session, user, apple, 3)
    await put_in_cart(session, user, milk)
    await session.commit()
    return template, apple, milk


Shop = tuple[CouponTemplate, Goods, Goods]


async def claim_and_order(client: AsyncClient, session: AsyncSession, shop: Shop) -> Order:
    """By the buttons: claim, look at the check-out, which proposes it, and place the order."""
    await client.post(f"/axf/coupons/{shop[0].id}/claim/")
    page = (await client.get("/axf/checkout/")).text
    fields = dict(re.findall(r'<input type="hidden" name="(key|agreed)" value="([^"]+)"', page))
    fields |= dict(re.findall(r'name="(coupon)" value="(\d+)" checked', page))
    assert "coupon" in fields
    await client.post("/axf/orders/", data=fields)
    return (await session.scalars(select(Order).order_by(Order.id.desc()))).first()  # type: ignore[return-value]


async def state(session: AsyncSession) -> tuple[str, int | None]:
    row = (await session.execute(select(Coupon.status, Coupon.order_id))).one()
    return row[0], row[1]


async def shares(session: AsyncSession, order_id: int) -> dict[int, int]:
    """What came off, by good."""
    rows = await session.execute(
        select(OrderLine.goods_id, OrderLineOff.amount_fen)
        .join(OrderLine, OrderLine.id == OrderLineOff.line_id)
        .where(OrderLine.order_id == order_id, OrderLineOff.source.startswith("coupon:"))
    )
    return {row[0]: row[1] for row in rows}


async def news(session: AsyncSession) -> list[str]:
    found = await session.scalars(
        select(UserMessage.kind).where(UserMessage.kind.startswith("coupon"))
    )
    return list(found)


async def test_from_the_click_to_the_fen_and_back(
    client: AsyncClient, session: AsyncSession, shop: Shop
) -> None:
    order = await claim_and_order(client, session, shop)

    assert (order.goods_fen, order.off_fen, order.ship_fen) == (4100, 1000, 0)
    assert order.pay_fen == 3100
    assert await shares(session, order.id) == {shop[1].id: 1000}
    assert await state(session) == ("held", order.id)
    assert await wrong_books(session) == []

    await client.post(f"/axf/orders/{order.no}/cancel/")

    assert await state(session) == ("ready", None)
    assert await news(session) == ["coupon_back"]
    assert await wrong_books(session) == []
    assert 'id="mine-' in (await client.get("/axf/coupons/mine/")).text


async def test_a_paid_order_that_is_cancelled_gives_it_back_once(
    client: AsyncClient, session: AsyncSession, user: User, shop: Shop
) -> None:
    order = await claim_and_order(client, session, shop)
    await pay(session, user.id, order.no)
    assert await state(session) == ("used", order.id)

    for _ in range(2):
        await client.post(f"/axf/orders/{order.no}/cancel/")

    assert await state(session) == ("ready", None)
    assert await news(session) == ["coupon_back"]
    assert await wrong_books(session) == []


async def test_an_order_that_is_not_paid_in_time_gives_it_back(
    client: AsyncClient, session: AsyncSession, shop: Shop
) -> None:
    order = await claim_and_order(client, session, shop)

    await close_due(session, utcnow() + DAY)

    assert await state(session) == ("ready", None)
    assert await news(session) == ["coupon_back"]
    assert order.no in (await session.scalars(select(UserMessage.params))).all()[-1]


async def test_an_order_without_coupons_says_nothing_of_them(
    client: AsyncClient, session: AsyncSession, shop: Shop
) -> None:
    page = (await client.get("/axf/checkout/")).text
    fields = dict(re.findall(r'<input type="hidden" name="(key|agreed)" value="([^"]+)"', page))
    await client.post("/axf/orders/", data=fields)
    no = await session.scalar(select(Order.no))

    await client.post(f"/axf/orders/{no}/cancel/")

    assert await news(session) == []


async def test_a_refund_of_a_part_leaves_the_shares_and_keeps_the_coupon(
    client: AsyncClient, session: AsyncSession, user: User, shop: Shop
) -> None:
    order = await claim_and_order(client, session, shop)
    await pay(session, user.id, order.no)
    parcel = await send(session, order)
    await send_out(session, parcel, now=utcnow())
    await deliver(session, parcel, actor="staff:test", now=utcnow())
    apples = (
        await session.scalars(
            select(OrderLine).where(
                OrderLine.order_id == order.id, OrderLine.goods_id == shop[1].id
            )
        )
    ).one()

    await ask_refund(
        session, order.id, "goodwill", {apples.id: (1, 0)}, actor="staff:test", now=utcnow()
    )

    assert await state(session) == ("used", order.id)
    assert await shares(session, order.id) == {shop[1].id: 1000}
    await session.refresh(apples)
    # A third of the ¥23 that three apples cost after the coupon.
    assert apples.refunded_fen == 766
    assert await wrong_books(session) == []


async def test_whoever_lacks_something_can_neither_use_nor_force_it(
    client: AsyncClient, session: AsyncSession, user: User, other: User, shop: Shop
) -> None:
    theirs = await have_coupon(session, other, shop[0])
    await session.commit()
    page = (await client.get("/axf/checkout/")).text
    fields = dict(re.findall(r'<input type="hidden" name="(key|agreed)" value="([^"]+)"', page))

    await client.post("/axf/orders/", data=fields | {"coupon": str(theirs.id)})

    assert await state(session) == ("ready", None)
    assert await session.scalar(select(Order.off_fen)) in {0, None}


async def test_who_has_a_coupon_that_runs_out_hears_of_it_once(
    session: AsyncSession, user: User
) -> None:
    now = utcnow()
    for ends in (2 * DAY, 4 * DAY, -DAY):
        await have_coupon(session, user, await make_offer_of(session), ends=ends, now=now)
    fresh = await have_coupon(session, user, await make_offer_of(session), ends=DAY, now=now)
    await session.execute(update(Coupon).where(Coupon.id == fresh.id).values(created_at=now))

    assert len(await warn_expiring(session, now)) == 1
    assert await warn_expiring(session, now) == []
    assert await news(session) == ["coupon_expiring"]
