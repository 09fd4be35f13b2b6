"""Parcels that came back: what of them can be sold again, and the shopper's money."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import N_, Conflict
from app.models import OrderLine, ShipmentLine
from app.services.refunds import ask_refund
from app.services.shipment_moves import move_parcel, settle, take_parcel


async def fail_parcel(
    session: AsyncSession,
    shipment_no: str,
    restock: Mapping[int, int],
    *,
    reason: str,
    ship_fen: int = 0,
    actor: str,
    now: datetime,
) -> None:
    """It could not be delivered and is back: its money is refunded.

    `restock` says how many pieces of which lines can be sold again; of the others none.
    """
    parcel, order_status = await take_parcel(session, shipment_no)
    await move_parcel(session, parcel, "fail", now=now)
    lines = await _list_refundable(session, parcel.id)
    if unknown := set(restock) - set(lines):
        raise Conflict(N_("Line %(line)s is not in this parcel"), line=min(unknown))
    for line_id, count in restock.items():
        if not 0 <= count <= lines[line_id]:
            raise Conflict(N_("More goes back on the shelf than was in the parcel"))
    await settle(session, parcel.order_id, order_status, actor=actor, now=now)
    await ask_refund(
        session,
        parcel.order_id,
        "failed",
        {line_id: (count, restock.get(line_id, 0)) for line_id, count in lines.items()},
        ship_fen=ship_fen,
        reason=reason,
        actor=actor,
        now=now,
    )


async def _list_refundable(session: AsyncSession, shipment_id: int) -> dict[int, int]:
    """Pieces of a parcel whose money was not given back already, by line."""
    rows = await session.execute(
        select(
            ShipmentLine.line_id,
            ShipmentLine.quantity,
            OrderLine.quantity - OrderLine.refunded_quantity,
        )
        .join(OrderLine, OrderLine.id == ShipmentLine.line_id)
        .where(ShipmentLine.shipment_id == shipment_id)
    )
    return {line_id: min(count, left) for line_id, count, left in rows if left}
