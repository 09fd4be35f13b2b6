"""A shopper who pays with points, earns some, and gives a part of it all back."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order, User
from app.models.base import utcnow
from app.services.checkout import Choice
from app.services.points.check_ins import check_in
from app.services.points.jobs import open_due
from app.services.refund_sending import begin_sending, end_sending
from app.services.refunds import ask_refund
from app.services.shipment_moves import deliver, send_out
from tests.factories import make_goods
from tests.points import give_points
from tests.refunding import STAFF, lines_of, pay, send
from tests.shopping import look, make_buyer, order_of, place

OPEN = timedelta(days=7, seconds=1)


async def use_points(session: AsyncSession, user: User, *, key: str = "key-points-000001") -> Order:
    """Place with as many points as can be used."""
    seen = await look(session, user.id)
    choice = Choice(seen.slot.id if seen.slot else None, frozenset(), use_points=True)
    return await order_of(session, (await place(session, user.id, key=key, choice=choice)).no)


async def refund(session: AsyncSession, order: Order, line: int, pieces: int, kind: str) -> None:
    """Ask for it and see it done."""
    no = await ask_refund(session, order.id, kind, {line: (pieces, 0)}, actor=STAFF, now=utcnow())
    if no:
        assert await begin_sending(session, no)
        await end_sending(session, no, "B1", now=utcnow())


async def bring(session: AsyncSession, user: User, order: Order) -> None:
    await pay(session, user.id, order.no)
    parcel = await send(session, order)
    await send_out(session, parcel, now=utcnow())
    await deliver(session, parcel, actor=STAFF, now=utcnow())


async def add_points_story(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 2))
    await give_points(session, user.id, 1_200)
    await check_in(session, user.id, utcnow())
    order = await use_points(session, user)
    await bring(session, user, order)
    await open_due(session, utcnow() + OPEN)
    await refund(session, order, (await lines_of(session, order))[0].id, 1, "quality")
