"""Closing an account: what is personal goes, what the books need stays without a name."""

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import N_, InvalidInput
from app.models import (
    Address,
    CartLine,
    Coupon,
    IdempotencyKey,
    Order,
    OrderLine,
    PointsLot,
    Refund,
    Review,
    ReviewPhoto,
    User,
    UserTicket,
)
from app.models.base import utcnow
from app.services import outbox
from app.services.interests import forget_interests
from app.services.messages import forget_messages
from app.services.passwords import Confirmed, change_user, confirm_password
from app.services.pictures import drop_all_pictures
from app.services.points.books import Reason, list_open, open_books, take

TOPIC = "account_closed"
# A request that was let in just before the account closed has ended by then.
LATE = timedelta(minutes=2)
_OPEN_ORDERS = ("unpaid", "paid", "picking", "shipping")
_SETTLED_REFUNDS = ("done", "rejected")
# The tickets last: signed out when all is done.
_PERSONAL = (Address, CartLine, IdempotencyKey, UserTicket)


async def find_obstacle(session: AsyncSession, user_id: int) -> str | None:
    """Why the account cannot be closed just now, as a source text; None when it can."""
    is_mine = Order.user_id == user_id
    if await session.scalar(select(exists().where(is_mine, Order.status.in_(_OPEN_ORDERS)))):
        return N_("An order of yours is still on its way or not paid. Please wait, or cancel it.")
    money = select(Refund.id).join(Order, Order.id == Refund.order_id)
    money = money.where(is_mine, Refund.status.not_in(_SETTLED_REFUNDS))
    if await session.scalar(select(money.exists())):
        return N_("A refund of yours is still open. Please wait until the money is back.")
    return None


async def close_account(
    db: Database, user_id: int, password: str, address: str, *, secret: str
) -> None:
    """Raises InvalidInput while there is an obstacle, or when the password is not right."""
    confirmed = await confirm_password(db, user_id, password, address, secret=secret)
    await db.write(_close, confirmed, now=utcnow())


async def _close(session: AsyncSession, confirmed: Confirmed, *, now: datetime) -> None:
    user_id = confirmed.user_id
    # The user's row first, as placing an order does: one of the two waits for the other.
    await change_user(session, confirmed, closed_at=now, **_nobody(user_id))
    obstacle = await find_obstacle(session, user_id)
    if obstacle is not None:
        raise InvalidInput.of("", obstacle)
    await strip_account(session, user_id, now)
    await outbox.put(session, TOPIC, str(user_id), {"user_id": user_id}, at=now + LATE)


def _nobody(user_id: int) -> dict[str, object]:
    """The row stays for the orders' sake. Nobody can register the name that it gets, so the old
    one is free and the new one never taken."""
    return {
        "username": f"closed:{user_id}",
        "username_key": f"closed:{user_id}",
        "password_hash": "!",
        "is_active": False,
        "is_staff": False,
        "large_text": False,
        **dict.fromkeys(("email", "nickname", "avatar", "locale", "theme")),
    }


async def strip_account(session: AsyncSession, user_id: int, now: datetime) -> None:
    """Leave goods and money only. Right also when it runs again."""
    await _take_names_off_orders(session, user_id)
    # What was said of goods helps others and stays, as somebody's.
    await session.execute(update(Review).where(Review.user_id == user_id).values(anonymous=True))
    unused = Coupon.user_id == user_id, Coupon.status == "ready"
    await session.execute(update(Coupon).where(*unused).values(status="void"))
    await _take_points_back(session, user_id, now)
    await _clear_personal(session, user_id)


async def _take_names_off_orders(session: AsyncSession, user_id: int) -> None:
    """Goods and money stay: the shop must be able to show what it sold."""
    mine = select(Order.id).where(Order.user_id == user_id)
    blank = dict.fromkeys(("receiver", "phone", "region", "area", "room", "note"), "")
    await session.execute(update(Order).where(Order.user_id == user_id).values(blank))
    await session.execute(
        update(OrderLine).where(OrderLine.order_id.in_(mine), OrderLine.note != "").values(note="")
    )
    await session.execute(
        update(Refund)
        .where(Refund.order_id.in_(mine), Refund.actor == f"user:{user_id}")
        .values(reason="")
    )


async def _take_points_back(session: AsyncSession, user_id: int, now: datetime) -> None:
    """Points end with the account, and the ledger says so."""
    await open_books(session, user_id, now)
    lots = await list_open(session, user_id)
    left = sum(lot.left_n for lot in lots)
    if left:
        await take(session, user_id, lots, left, Reason("taken_back", f"closed:{user_id}", now))
    pending = PointsLot.user_id == user_id, PointsLot.status == "pending"
    await session.execute(update(PointsLot).where(*pending).values(status="void", left_n=0))


async def _clear_personal(session: AsyncSession, user_id: int) -> None:
    """Delete what only the shopper needed. Photos may show faces and homes, so they go, too."""
    theirs = select(Review.id).where(Review.user_id == user_id)
    await session.execute(delete(ReviewPhoto).where(ReviewPhoto.review_id.in_(theirs)))
    await drop_all_pictures(session, user_id)
    await forget_interests(session, user_id)
    await forget_messages(session, user_id)
    for model in _PERSONAL:
        await session.execute(delete(model).where(model.user_id == user_id))


async def clear_late(db: Database, payload: outbox.Payload) -> None:
    """What a request that was already under way wrote after the account had closed."""
    await db.write(_clear_late, int(payload["user_id"]), now=utcnow())


async def _clear_late(session: AsyncSession, user_id: int, *, now: datetime) -> None:
    is_closed = select(User.id).where(User.id == user_id, User.closed_at.is_not(None))
    if await session.scalar(is_closed.with_for_update()) is not None:
        await strip_account(session, user_id, now)
