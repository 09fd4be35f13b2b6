"""The books of points. Every change is a lot that changes, an entry that says why, and a balance.

Whoever calls anything here has opened the shopper's books before (`open_books`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Again, count_changed
from app.models import Member, PointsEntry, PointsLot
from app.services.members import lock_member
from app.services.messages import tell
from app.services.points.rules import last_day

PAGE = "/axf/points/"


@dataclass(frozen=True, slots=True)
class Gain:
    """Points that somebody gets: a lot to be."""

    user_id: int
    kind: str
    ref: str
    n: int
    open_at: datetime
    expires_at: datetime
    rate_bp: int = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """What a lot still has."""

    lot_id: int
    left_n: int


@dataclass(frozen=True, slots=True)
class Reason:
    """What an entry says. With the lot it is unique, so that nothing counts twice."""

    kind: str
    ref: str
    at: datetime


async def open_books(session: AsyncSession, user_id: int, now: datetime) -> Member:
    """Lock the shopper's row and write off what has run out: then the balance can be used."""
    member = await lock_member(session, user_id)
    rows = await session.execute(
        select(PointsLot.id, PointsLot.left_n, PointsLot.expires_at)
        .where(
            PointsLot.user_id == user_id, PointsLot.status == "open", PointsLot.expires_at <= now
        )
        .order_by(PointsLot.expires_at, PointsLot.id)
    )
    dead = rows.all()
    if dead:
        await _close_lots(session, [row.id for row in dead], "expired")
        for ref, lots in groupby(dead, key=lambda row: f"day:{last_day(row.expires_at)}"):
            changes = {row.id: -row.left_n for row in lots}
            await _write(session, user_id, Reason("expired", ref, now), changes)
        params = {"n": sum(row.left_n for row in dead)}
        await tell(
            session,
            user_id,
            "points_expired",
            f"lot:{dead[-1].id}",
            params=params,
            link=PAGE,
            now=now,
        )
        await session.refresh(member)
    return member


async def add_pending(session: AsyncSession, gain: Gain, now: datetime) -> int:
    """A lot that will open later; its id."""
    lot = PointsLot(
        user_id=gain.user_id,
        kind=gain.kind,
        ref=gain.ref,
        earned_n=gain.n,
        kept_n=gain.n,
        left_n=gain.n,
        rate_bp=gain.rate_bp,
        status="pending",
        open_at=gain.open_at,
        expires_at=gain.expires_at,
        created_at=now,
    )
    session.add(lot)
    await session.flush()
    return lot.id


async def add_open(session: AsyncSession, gain: Gain, kind: str, now: datetime) -> None:
    """A lot that can be used at once; `kind` is that of its entry."""
    lot = Part(await add_pending(session, gain, now), gain.n)
    await open_lot(session, gain.user_id, lot, Reason(kind, gain.ref, now))


async def open_lot(session: AsyncSession, user_id: int, lot: Part, reason: Reason) -> None:
    """Turn a pending lot into points that can be used; what is owed is settled first."""
    opened = await count_changed(
        session,
        update(PointsLot)
        .where(
            PointsLot.id == lot.lot_id,
            PointsLot.status == "pending",
            PointsLot.left_n == lot.left_n,
        )
        .values(status="open"),
    )
    if not opened:
        raise Again
    await _write(session, user_id, reason, {lot.lot_id: lot.left_n})
    balance = await session.scalar(select(Member.points).where(Member.user_id == user_id))
    if balance is not None and balance < lot.left_n:
        await _settle(session, user_id, lot, reason.at)


async def _settle(session: AsyncSession, user_id: int, new: Part, now: datetime) -> None:
    """Let a lot pay for those that gave back more than they had; the balance stays."""
    total = func.sum(PointsEntry.n)
    rows = await session.execute(
        select(PointsEntry.lot_id, total)
        .where(PointsEntry.user_id == user_id)
        .group_by(PointsEntry.lot_id)
        .having(total < 0)
        .order_by(PointsEntry.lot_id)
    )
    paid = 0
    for lot_id, sum_ in rows.all():
        part = min(-int(sum_), new.left_n - paid)
        if part:
            ours = Reason("settled", f"lot:{lot_id}", now)
            theirs = Reason("settled", f"lot:{new.lot_id}", now)
            await _write(session, user_id, ours, {new.lot_id: -part})
            await _write(session, user_id, theirs, {lot_id: part})
        paid += part
    await _draw(session, [new], paid)


async def list_open(session: AsyncSession, user_id: int) -> list[Part]:
    """What can be used, that which runs out first in front."""
    rows = await session.execute(
        select(PointsLot.id, PointsLot.left_n)
        .where(PointsLot.user_id == user_id, PointsLot.status == "open")
        .order_by(PointsLot.expires_at, PointsLot.id)
    )
    return [Part(*row) for row in rows]


async def take(
    session: AsyncSession,
    user_id: int,
    lots: Sequence[Part],
    n: int,
    reason: Reason,
    *,
    debtor: int | None = None,
) -> None:
    """Take points from lots in their order. What they do not have is owed by the lot `debtor`."""
    taken = await _draw(session, lots, n)
    missing = n - sum(taken.values())
    if missing:
        assert debtor is not None  # noqa: S101 - the caller knew that there is enough
        taken[debtor] = taken.get(debtor, 0) + missing
    changes = {lot: -part for lot, part in taken.items()}
    guard = Member.points >= n if debtor is None else true()
    await _write(session, user_id, reason, changes, guard)


async def _draw(session: AsyncSession, lots: Sequence[Part], n: int) -> dict[int, int]:
    """By lot, what was taken from it: as much of `n` as there is."""
    taken: dict[int, int] = {}
    emptied = []
    for lot in lots:
        part = min(lot.left_n, n - sum(taken.values()))
        if part:
            taken[lot.lot_id] = part
        if part and part == lot.left_n:
            emptied.append(lot.lot_id)
        elif part:
            await _draw_part(session, lot.lot_id, part)
    if emptied:
        await _close_lots(session, emptied, "spent")
    return taken


async def _draw_part(session: AsyncSession, lot_id: int, part: int) -> None:
    drawn = await count_changed(
        session,
        update(PointsLot)
        .where(PointsLot.id == lot_id, PointsLot.status == "open", PointsLot.left_n > part)
        .values(left_n=PointsLot.left_n - part),
    )
    if not drawn:
        raise Again


async def _close_lots(session: AsyncSession, ids: Sequence[int], status: str) -> None:
    closed = await count_changed(
        session,
        update(PointsLot)
        .where(PointsLot.id.in_(ids), PointsLot.status == "open")
        .values(status=status, left_n=0),
    )
    if closed != len(ids):
        raise Again


async def _write(
    session: AsyncSession,
    user_id: int,
    reason: Reason,
    changes: Mapping[int, int],
    *guards: ColumnElement[bool],
) -> None:
    """Entries by lot, and the balance with them."""
    common = {
        "user_id": user_id,
        "kind": reason.kind,
        "ref": reason.ref,
        "created_at": reason.at,
    }
    await session.execute(
        insert(PointsEntry), [common | {"lot_id": lot, "n": n} for lot, n in changes.items()]
    )
    changed = await count_changed(
        session,
        update(Member)
        .where(Member.user_id == user_id, *guards)
        .values(points=Member.points + sum(changes.values())),
    )
    if not changed:
        raise Again
