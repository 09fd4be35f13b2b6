"""The page of points: what there is, what will come and go, and every change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Member, Order, OrderLine, PointsEntry, PointsLot
from app.services.points.check_ins import Week, get_week
from app.services.points.rules import last_day
from app.services.points.spending import Purse, get_purse
from app.services.vip import LEVELS, Level

SHOWN = 20
SHOWN_COMING = 10

Rows = Sequence[Row[*tuple[Any, ...]]]  # Any: the columns of a query


@dataclass(frozen=True, slots=True)
class Coming:
    """Points of an order that can be used from `open_at` on."""

    n: int
    open_at: datetime
    order_no: str


@dataclass(frozen=True, slots=True)
class Going:
    """The points that run out next; `day` is the last on which they can be used."""

    n: int
    day: date


@dataclass(frozen=True, slots=True)
class Entry:
    """A change of the balance; `source` is the kind of lot that it is about."""

    id: int
    kind: str
    source: str
    n: int
    at: datetime
    order_no: str | None


@dataclass(frozen=True, slots=True)
class PointsPage:
    """`next_before` is where the next page of entries begins, if there is one."""

    purse: Purse
    level: Level
    coming: tuple[Coming, ...]
    going: Going | None
    week: Week
    entries: tuple[Entry, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True)
class OrderPoints:
    """What an order brings, from `open_at` on if it brings any, and what it gave back."""

    n: int
    open_at: datetime | None
    returned: int


async def get_page(
    session: AsyncSession, user_id: int, *, before: int | None, now: datetime
) -> PointsPage:
    """All of it, in seven statements at most."""
    purse = await get_purse(session, user_id, now)
    level = await session.scalar(select(Member.level).where(Member.user_id == user_id))
    pending = await _list_pending(session, user_id)
    rows = await _list_entries(session, user_id, before)
    shown = rows[:SHOWN]
    refs = [lot.ref for lot in pending] + [row.ref for row in shown]
    numbers = await _number_orders(session, user_id, refs)
    entries = [
        Entry(row.id, row.kind, row.source, int(row.n), row.at, numbers.get(_order_of(row.ref)))
        for row in shown
    ]
    coming = [
        Coming(lot.left_n, lot.open_at, numbers.get(_order_of(lot.ref), "")) for lot in pending
    ]
    return PointsPage(
        purse=purse,
        level=LEVELS[level or 0],
        coming=tuple(coming),
        going=await _find_going(session, user_id, now),
        week=await get_week(session, user_id, now),
        entries=tuple(entries),
        next_before=shown[-1].first_id if len(rows) > SHOWN else None,
    )


async def get_order_points(session: AsyncSession, order_id: int) -> OrderPoints:
    lot = (PointsLot.kind == "order", PointsLot.ref == f"order:{order_id}")
    brought = select(PointsLot.kept_n).where(*lot).scalar_subquery()
    open_at = select(PointsLot.open_at).where(*lot).scalar_subquery()
    returned = select(func.sum(OrderLine.returned_points)).where(OrderLine.order_id == order_id)
    row = (await session.execute(select(brought, open_at, returned.scalar_subquery()))).one()
    return OrderPoints(row[0] or 0, row[1], int(row[2] or 0))


async def _list_pending(session: AsyncSession, user_id: int) -> Rows:
    rows = await session.execute(
        select(PointsLot.left_n, PointsLot.open_at, PointsLot.ref)
        .where(PointsLot.user_id == user_id, PointsLot.status == "pending")
        .order_by(PointsLot.open_at, PointsLot.id)
        .limit(SHOWN_COMING)
    )
    return rows.all()


async def _find_going(session: AsyncSession, user_id: int, now: datetime) -> Going | None:
    row = (
        await session.execute(
            select(PointsLot.expires_at, func.sum(PointsLot.left_n))
            .where(
                PointsLot.user_id == user_id, PointsLot.status == "open", PointsLot.expires_at > now
            )
            .group_by(PointsLot.expires_at)
            .order_by(PointsLot.expires_at)
            .limit(1)
        )
    ).one_or_none()
    return Going(int(row[1]), last_day(row[0])) if row else None


async def _list_entries(session: AsyncSession, user_id: int, before: int | None) -> Rows:
    """Latest first. What one event did to several lots is one row; it stands together, since a
    shopper's changes happen one after the other. Settling a debt changes no balance."""
    query = (
        select(
            func.max(PointsEntry.id).label("id"),
            func.min(PointsEntry.id).label("first_id"),
            PointsEntry.kind.label("kind"),
            PointsEntry.ref.label("ref"),
            func.max(PointsLot.kind).label("source"),
            func.sum(PointsEntry.n).label("n"),
            func.max(PointsEntry.created_at).label("at"),
        )
        .join(PointsLot, PointsLot.id == PointsEntry.lot_id)
        .where(PointsEntry.user_id == user_id, PointsEntry.kind != "settled")
        .group_by(PointsEntry.kind, PointsEntry.ref)
        .order_by(func.max(PointsEntry.id).desc())
        .limit(SHOWN + 1)
    )
    if before is not None:
        query = query.where(PointsEntry.id < before)
    return (await session.execute(query)).all()


def _order_of(ref: str) -> int:
    """The order's id in "order:7" or "order:7:500"; 0 when it is about none."""
    kind, _, rest = ref.partition(":")
    return int(rest.partition(":")[0]) if kind == "order" else 0


async def _number_orders(session: AsyncSession, user_id: int, refs: list[str]) -> dict[int, str]:
    ids = {_order_of(ref) for ref in refs} - {0}
    if not ids:
        return {}
    rows = await session.execute(
        select(Order.id, Order.no).where(Order.user_id == user_id, Order.id.in_(ids))
    )
    return {row[0]: row[1] for row in rows}
