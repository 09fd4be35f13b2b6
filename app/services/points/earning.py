"""Points that an order brings: promised when it came, and less of them for what is refunded."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Again, count_changed
from app.models import OrderLine, PointsLot, Refund, RefundLine
from app.services.happenings import Happening
from app.services.messages import tell
from app.services.points import rules
from app.services.points.books import Gain, Reason, add_pending, list_open, open_books, take
from app.services.points.spending import Owner, find_owner, give_back, give_back_refunded
from app.services.vip import LEVELS


async def promise(session: AsyncSession, happening: Happening) -> None:
    """The order has come: its points can be used in a week. Again is no harm."""
    now = happening.now
    owner = await find_owner(session, happening.order_id)
    member = await open_books(session, owner.user_id, now)
    if await _find_lot(session, owner.order_id) is not None:
        return
    rate_bp = LEVELS[member.level].points_bp
    n = rules.points_for(await _sum_kept(session, owner.order_id), rate_bp)
    if not n:
        return
    open_at = now + rules.OPEN_AFTER
    gain = Gain(
        owner.user_id,
        "order",
        f"order:{owner.order_id}",
        n,
        open_at,
        rules.expiry_of(open_at),
        rate_bp,
    )
    await add_pending(session, gain, now)


async def settle_refund(session: AsyncSession, happening: Happening) -> None:
    """Some pieces were given back for good: so are the points that paid for them, and those that
    they had brought go. Again is no harm."""
    owner = await find_owner(session, happening.order_id)
    lot = await _find_lot(session, owner.order_id)
    if not owner.points and lot is None:
        return
    await open_books(session, owner.user_id, happening.now)
    if owner.points:
        await give_back_refunded(session, owner, happening.now)
    lot = await _find_lot(session, owner.order_id)
    if lot is not None:
        await _take_back(session, owner, lot, happening.note, happening.now)


async def give_all_back(session: AsyncSession, happening: Happening) -> None:
    """Nothing of the order arrived."""
    await give_back(session, [happening.order_id], happening.now)


async def _find_lot(session: AsyncSession, order_id: int) -> PointsLot | None:
    query = select(PointsLot).where(PointsLot.kind == "order", PointsLot.ref == f"order:{order_id}")
    found = await session.scalars(query, execution_options={"populate_existing": True})
    return found.one_or_none()


async def _sum_kept(session: AsyncSession, order_id: int) -> int:
    """What was paid for the goods, in fen, without what goes or went back."""
    query = select(func.sum(OrderLine.pay_fen - OrderLine.refunded_fen))
    return int(await session.scalar(query.where(OrderLine.order_id == order_id)) or 0)


async def _take_back(
    session: AsyncSession, owner: Owner, lot: PointsLot, refund_no: str, now: datetime
) -> None:
    paid = select(func.sum(OrderLine.pay_fen)).where(OrderLine.order_id == owner.order_id)
    back = (
        select(func.sum(RefundLine.amount_fen))
        .join(Refund, Refund.id == RefundLine.refund_id)
        .where(Refund.order_id == owner.order_id, Refund.status == "done")
    )
    fen = int(await session.scalar(paid) or 0) - int(await session.scalar(back) or 0)
    n = lot.kept_n - rules.points_for(fen, lot.rate_bp)
    if n <= 0:
        return
    if lot.status in ("pending", "void"):
        await _keep_less(session, lot, n)
        return
    lots = await list_open(session, owner.user_id)
    lots.sort(key=lambda part: part.lot_id != lot.id)
    ref = f"order:{owner.order_id}:{refund_no}"
    reason = Reason("taken_back", ref, now)
    await take(session, owner.user_id, lots, n, reason, debtor=lot.id)
    await _keep_less(session, lot, n)
    await tell(
        session,
        owner.user_id,
        "points_taken_back",
        ref,
        params={"n": n},
        link=f"/axf/orders/{owner.no}/",
        now=now,
    )


async def _keep_less(session: AsyncSession, lot: PointsLot, n: int) -> None:
    """The order brings so many points less; what nobody could use yet just goes."""
    values: dict[str, object] = {"kept_n": lot.kept_n - n}
    if lot.status == "pending":
        values |= {"left_n": lot.left_n - n}
        if lot.left_n == n:
            values |= {"status": "void"}
    changed = await count_changed(
        session,
        update(PointsLot)
        .where(PointsLot.id == lot.id, PointsLot.kept_n == lot.kept_n)
        .values(**values),
    )
    if not changed:
        raise Again


async def forfeit_all(session: AsyncSession, user_id: int, now: datetime) -> None:
    """The account closes: nothing can be used any more, and nothing more will come."""
    await open_books(session, user_id, now)
    lots = await list_open(session, user_id)
    n = sum(lot.left_n for lot in lots)
    if n:
        reason = Reason("taken_back", f"closed:{user_id}", now)
        await take(session, user_id, lots, n, reason)
    await count_changed(
        session,
        update(PointsLot)
        .where(PointsLot.user_id == user_id, PointsLot.status == "pending")
        .values(status="void", left_n=0),
    )
