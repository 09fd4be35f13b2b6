"""The demo shoppers' points: a welcome, what their orders brought, and a week of checking in."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order, OrderLine, PointsLot, User
from app.services.happenings import Happening
from app.services.members import lock_member
from app.services.points import earning
from app.services.points.books import Gain, Part, Reason, add_open, open_books, open_lot
from app.services.points.check_ins import check_in
from app.services.points.rules import OPEN_AFTER, check_in_points, points_for
from app.services.vip import LEVELS

# Who comes by every day, and was given so much that they have so many points in all.
REGULAR = "xiaoman"
BALANCE = 1_280
DAYS_IN_A_ROW = 5
# A part of the welcome is only for the beginning.
BRIEF_N, BRIEF_DAYS, LONG_DAYS = 200, 60, 365
# Before that the shop gave no points.
BEGAN = timedelta(days=21)

Step = tuple[datetime, Callable[[], Awaitable[None]]]


async def add_points(session: AsyncSession, user: User, *, now: datetime) -> None:
    """Carried out in the order in which it happened, by the ordinary services."""
    began = now - BEGAN
    deliveries = await _list_deliveries(session, user.id, began)
    steps = _plan_orders(session, user.id, deliveries, now)
    if user.username == REGULAR:
        days = [now - timedelta(days=days) for days in range(DAYS_IN_A_ROW, 0, -1)]
        steps += [(at, _check_in(session, user.id, at)) for at in days]
        opened = [order_id for order_id, at in deliveries if at + OPEN_AFTER <= now]
        rate_bp = LEVELS[(await lock_member(session, user.id)).level].points_bp
        brought = sum([await _points_of(session, order_id, rate_bp) for order_id in opened])
        checked = sum(check_in_points(day + 1) for day in range(DAYS_IN_A_ROW))
        n = BALANCE - brought - checked
        steps.append((began, _welcome(session, user.id, n, began)))
    for at, step in sorted(steps, key=lambda step: step[0]):
        await open_books(session, user.id, at)
        await step()


async def _list_deliveries(
    session: AsyncSession, user_id: int, began: datetime
) -> list[tuple[int, datetime]]:
    rows = await session.execute(
        select(Order.id, Order.delivered_at).where(Order.user_id == user_id).order_by(Order.id)
    )
    return [(row[0], row[1]) for row in rows if row[1] and row[1] >= began]


async def _points_of(session: AsyncSession, order_id: int, rate_bp: int) -> int:
    paid = select(func.sum(OrderLine.pay_fen)).where(OrderLine.order_id == order_id)
    return points_for(int(await session.scalar(paid) or 0), rate_bp)


def _plan_orders(
    session: AsyncSession, user_id: int, deliveries: list[tuple[int, datetime]], now: datetime
) -> list[Step]:
    steps: list[Step] = []
    for order_id, at in deliveries:
        steps.append((at, _promise(session, order_id, at)))
        if at + OPEN_AFTER <= now:
            steps.append((at + OPEN_AFTER, _open(session, user_id, order_id, at + OPEN_AFTER)))
    return steps


def _promise(session: AsyncSession, order_id: int, at: datetime) -> Callable[[], Awaitable[None]]:
    return lambda: earning.promise(session, Happening(order_id, "delivered", "", at))


def _open(
    session: AsyncSession, user_id: int, order_id: int, at: datetime
) -> Callable[[], Awaitable[None]]:
    async def step() -> None:
        ref = f"order:{order_id}"
        lot = (
            await session.execute(
                select(PointsLot.id, PointsLot.left_n).where(
                    PointsLot.kind == "order", PointsLot.ref == ref, PointsLot.status == "pending"
                )
            )
        ).one_or_none()
        if lot:
            await open_lot(session, user_id, Part(*lot), Reason("earned", ref, at))

    return step


def _check_in(session: AsyncSession, user_id: int, at: datetime) -> Callable[[], Awaitable[None]]:
    return lambda: check_in(session, user_id, at)


def _welcome(
    session: AsyncSession, user_id: int, n: int, at: datetime
) -> Callable[[], Awaitable[None]]:
    async def step() -> None:
        for part, days in ((BRIEF_N, BRIEF_DAYS), (n - BRIEF_N, LONG_DAYS)):
            if part > 0:
                ref = f"welcome:{user_id}:{days}"
                gain = Gain(user_id, "gift", ref, part, at, at + timedelta(days=days))
                await add_open(session, gain, "earned", at)

    return step
