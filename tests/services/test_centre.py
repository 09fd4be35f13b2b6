"""The user centre's numbers, and what a shopper usually buys."""

from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, Member, Order, OrderLine, PointsLot, User
from app.models.base import utcnow
from app.services.centre import get_centre
from app.services.favourites import add_favourite
from app.services.messages import tell
from tests.factories import make_address, make_coupon, make_goods, make_ticket, make_user
from tests.refunding import make_delivered, make_paid
from tests.shipping import make_picked, pack_and_send
from tests.shopping import put_in_cart

NOW = utcnow()
HOUR = timedelta(hours=1)


async def test_a_newcomer_has_nothing_yet(session: AsyncSession, user: User) -> None:
    centre = await get_centre(session, user.id, now=NOW)

    assets = centre.assets
    assert (assets.coupons, assets.points, assets.favourites) == (0, 0, 0)
    assert (assets.addresses, assets.devices, assets.unread) == (0, 0, 0)
    assert assets.way_no is None
    assert set(centre.counts.values()) == {0}
    assert centre.usual == ()


async def test_everything_is_counted_and_nothing_of_others(
    session: AsyncSession, user: User, other: User
) -> None:
    goods = await make_goods(session)
    for shopper, times in ((user, 1), (other, 2)):
        await make_address(session, shopper)
        for i in range(times):
            await make_ticket(session, shopper)
            await make_coupon(session, shopper)
            await tell(session, shopper.id, "back_in_stock", f"k{i}", now=NOW)
        await add_favourite(session, shopper.id, goods.id, now=NOW)
        session.add(Member(user_id=shopper.id, points=100 * times))
    await session.flush()

    mine = (await get_centre(session, user.id, now=utcnow())).assets
    theirs = (await get_centre(session, other.id, now=utcnow())).assets

    assert (mine.coupons, mine.points, mine.favourites) == (1, 100, 1)
    assert (mine.addresses, mine.devices, mine.unread) == (1, 1, 1)
    assert (theirs.coupons, theirs.points, theirs.devices, theirs.unread) == (2, 200, 2, 2)


async def test_what_has_run_out_does_not_count(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    await make_ticket(session, user, life=HOUR)
    await make_coupon(session, user)
    await add_favourite(session, user.id, goods.id, now=NOW)
    goods.on_sale = False
    session.add(Member(user_id=user.id, points=100))
    session.add(
        PointsLot(
            user_id=user.id,
            kind="gift",
            ref="g",
            earned_n=30,
            kept_n=30,
            left_n=30,
            status="open",
            open_at=NOW,
            expires_at=NOW + HOUR,
        )
    )
    await session.flush()

    assets = (await get_centre(session, user.id, now=utcnow() + timedelta(days=2))).assets

    assert (assets.coupons, assets.points, assets.favourites, assets.devices) == (0, 70, 0, 0)


async def test_the_newest_order_on_its_way_is_shown(session: AsyncSession, user: User) -> None:
    first, second = [await make_picked(session, 1, user=user) for _ in range(2)]
    await make_picked(session, 1)
    for picked in (second, first):
        await pack_and_send(session, picked.id)
    ends = NOW + HOUR
    slot = {"slot_starts_at": NOW, "slot_ends_at": ends}
    await session.execute(update(Order).where(Order.id == second.id).values(**slot))

    centre = await get_centre(session, user.id, now=NOW)

    assert centre.assets.way_no == second.no
    assert (centre.assets.way_starts_at, centre.assets.way_ends_at) == (NOW, ends)
    assert centre.counts["to_receive"] == 2


async def test_what_was_bought_most_often_comes_first(session: AsyncSession) -> None:
    once, often = await make_goods(session), await make_goods(session, stock=50)
    gone, off_sale = await make_goods(session, stock=1), await make_goods(session)
    buyer, _ = await make_paid(session, (often, 1), (once, 5), (gone, 1), (off_sale, 1))
    await _copy_order(session, buyer, often)
    off_sale.on_sale = False
    await put_in_cart(session, buyer, often, 2)
    await session.flush()

    usual = (await get_centre(session, buyer.id, now=utcnow())).usual

    assert [(item.card.id, item.quantity) for item in usual] == [(often.id, 2), (once.id, 0)]


async def _copy_order(session: AsyncSession, buyer: User, goods: Goods) -> None:
    """One more order for one piece."""
    picked = await make_picked(session, 1, user=buyer)
    line = update(OrderLine).where(OrderLine.order_id == picked.id)
    await session.execute(line.values(goods_id=goods.id))


async def test_orders_that_were_not_bought_do_not_count(session: AsyncSession) -> None:
    goods = await make_goods(session)
    buyer, order = await make_delivered(session, (goods, 1))
    assert len((await get_centre(session, buyer.id, now=utcnow())).usual) == 1

    await session.execute(
        update(Order).where(Order.id == order.id).values(status="closed", close_reason="admin")
    )

    assert (await get_centre(session, buyer.id, now=utcnow())).usual == ()
    stranger = await make_user(session)
    assert (await get_centre(session, stranger.id, now=utcnow())).usual == ()
