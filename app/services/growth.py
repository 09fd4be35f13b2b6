"""Growth: what a shopper paid for completed orders within a year, and the level it carries."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import upsert
from app.models import GrowthEntry, Member, Order, Refund, User
from app.models.refund import BESIDE
from app.services.happenings import Happening
from app.services.members import lock_member
from app.services.messages import tell
from app.services.vip import LEVELS, YEAR, level_of

BATCH = 50
PAGE = "/axf/vip/"


def counts_at(now: datetime) -> ColumnElement[bool]:
    """Of a GrowthEntry: whether it still counts."""
    return GrowthEntry.at > now - YEAR


async def get_growth(session: AsyncSession, user_id: int, now: datetime) -> int:
    """In fen; as it is and not as this transaction saw it, once the member's row is locked."""
    total = await session.scalar(
        select(func.coalesce(func.sum(GrowthEntry.fen), 0)).where(
            GrowthEntry.user_id == user_id, counts_at(now)
        )
    )
    return int(total or 0)  # MariaDB's SUM is a Decimal


async def count_completed(session: AsyncSession, happening: Happening) -> None:
    """Add what an order, just completed, has cost in the end; the level rises at once."""
    order = (
        await session.execute(
            select(Order.user_id, Order.pay_fen).where(Order.id == happening.order_id)
        )
    ).one()
    back_fen = await session.scalar(
        select(func.coalesce(func.sum(Refund.amount_fen), 0)).where(
            Refund.order_id == happening.order_id,
            Refund.status == "done",
            Refund.kind.not_in(BESIDE),
        )
    )
    fen = order.pay_fen - int(back_fen or 0)
    if fen:
        member = await lock_member(session, order.user_id)
        order_id, now = happening.order_id, happening.now
        ref = f"order:{order_id}"
        await _write(session, _Entry(order.user_id, order_id, "completed", ref, fen, now))
        await _rise(session, member, ref, now)


async def count_refunded(session: AsyncSession, happening: Happening) -> None:
    """Take away what was given back after the order was completed; its level is kept.

    What came back before that was never added. The entry leaves the year together with the
    order's own, so that growth never rises by the passing of time.
    """
    row = (
        await session.execute(
            select(Order.user_id, Order.completed_at, Refund.amount_fen)
            .join(Refund, Refund.order_id == Order.id)
            .where(
                Order.id == happening.order_id,
                Order.status == "completed",
                Refund.no == happening.note,
                Refund.kind.not_in(BESIDE),
            )
        )
    ).one_or_none()
    if row is not None:
        await lock_member(session, row.user_id)
        user_id, at, fen = row
        assert at is not None  # noqa: S101 - the order is completed
        entry = _Entry(user_id, happening.order_id, "refunded", happening.note, -fen, at)
        await _write(session, entry)


@dataclass(frozen=True, slots=True)
class _Entry:
    """The values of a GrowthEntry."""

    user_id: int
    order_id: int
    kind: str
    ref: str
    fen: int
    at: datetime


async def _write(session: AsyncSession, entry: _Entry) -> None:
    """The unique key of kind and ref makes it count once."""
    await upsert(
        session,
        GrowthEntry,
        asdict(entry),
        conflict_on=("kind", "ref"),
        update={"ref": entry.ref},
    )


async def _rise(session: AsyncSession, member: Member, ref: str, now: datetime) -> None:
    level = level_of(await get_growth(session, member.user_id, now))
    if level.number > member.level:
        await _set_level(session, member.user_id, level.number, now)
        await _tell(session, member.user_id, level.number, "level_up", ref, now=now)


async def settle_levels(session: AsyncSession, now: datetime, *, limit: int = BATCH) -> list[str]:
    """Look again at the levels whose year is over; a line about each.

    What the growth of the last year carries is kept for another year; otherwise it goes down by
    one, and that one lives a year, too. Any number of workers may do this at once: SKIP LOCKED
    gives each its own shoppers, in the order of their ids.
    """
    is_due = (Member.level > 0, Member.level_until <= now)
    due = await session.scalars(
        select(User.id)
        .where(User.id.in_(select(Member.user_id).where(*is_due)))
        .order_by(User.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [await _settle(session, user_id, now) for user_id in due.all()]


async def _settle(session: AsyncSession, user_id: int, now: datetime) -> str:
    member = await lock_member(session, user_id)
    before, until = member.level, member.level_until
    if until is None or until > now:
        return f"user {user_id}: level {before} was seen to by another worker"
    carried = level_of(await get_growth(session, member.user_id, now)).number
    level = max(carried, before - 1)
    await _set_level(session, member.user_id, level, now)
    if level < before:
        key = f"{before}:{until.isoformat()}"
        await _tell(session, member.user_id, level, "level_down", key, now=now)
    return f"user {member.user_id}: level {before} -> {level}"


async def _set_level(session: AsyncSession, user_id: int, level: int, now: datetime) -> None:
    """The member's row is locked. Who has no level has none to lose either."""
    await session.execute(
        update(Member)
        .where(Member.user_id == user_id)
        .values(level=level, level_until=now + YEAR if level else None),
        execution_options={"synchronize_session": False},
    )


async def _tell(
    session: AsyncSession, user_id: int, level: int, kind: str, key: str, *, now: datetime
) -> None:
    params = {"level_text": LEVELS[level].name, "end_at": (now + YEAR).isoformat()}
    await tell(session, user_id, kind, key, params=params, link=PAGE, now=now)
