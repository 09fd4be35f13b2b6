"""The demo shop's coupons: each tab has some, one paid a part of an order, and all is counted."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Coupon, CouponTemplate, Order, User
from app.models.base import utcnow
from app.services.coupon_pages import count_tabs, list_offers
from app.services.demo.files import read_shoppers
from app.services.demo.loading import load
from app.services.quote import Delivery
from tests.couponing import make_offer_of
from tests.shopping import wrong_books

HASHES = {shopper.username: "!" for shopper in read_shoppers()}


async def open_shop(session: AsyncSession) -> None:
    await load(session, password_hashes=HASHES, delivery=Delivery(500, 3900), now=utcnow())


async def xiaoman(session: AsyncSession) -> int:
    return (await session.scalars(select(User.id).where(User.username == "xiaoman"))).one()


async def test_xiaoman_has_coupons_of_every_state(session: AsyncSession) -> None:
    await open_shop(session)

    counts = await count_tabs(session, await xiaoman(session), utcnow())

    assert counts == {"ready": 3, "held": 0, "used": 1, "expired": 1}


async def test_the_used_one_took_something_off_its_order(session: AsyncSession) -> None:
    await open_shop(session)

    row = await session.execute(
        select(Order.off_fen, CouponTemplate.source_key)
        .join(Coupon, Coupon.order_id == Order.id)
        .join(CouponTemplate, CouponTemplate.id == Coupon.template_id)
    )

    assert [tuple(found) for found in row] == [(1000, "welcome")]
    for about in ("coupon", "order_line_offs", "orders.pay", "order_lines.sums"):
        assert await wrong_books(session, about=about) == []


async def test_the_centre_has_something_of_everything(session: AsyncSession) -> None:
    await open_shop(session)

    offers = await list_offers(session, await xiaoman(session), utcnow())

    states = {offer.state for offer in offers}
    assert {"claim", "use", "soon"} <= states
    assert 83 in {offer.claimed_percent for offer in offers}
    assert {offer.terms.scope.kind for offer in offers} == {"all", "type", "child"}
    named = [offer.terms.scope for offer in offers if not offer.terms.scope.is_all]
    assert all(scope.names for scope in named)


@pytest.mark.parametrize("is_ours", [True, False])
async def test_what_the_shop_offers_already_stays(session: AsyncSession, is_ours: bool) -> None:
    if is_ours:
        await make_offer_of(session, key="welcome", title="Mine")
    await open_shop(session)
    await open_shop(session)

    count = await session.scalar(select(func.count()).select_from(CouponTemplate))
    assert count == 8
    title = select(CouponTemplate.title_en).where(CouponTemplate.source_key == "welcome")
    assert await session.scalar(title) == ("Mine" if is_ours else "Welcome gift")
