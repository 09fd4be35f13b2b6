"""Orders that wait to be packed, and how they and their parcels stand."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import (
    Goods,
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    Shipment,
    ShipmentLine,
    User,
)
from app.models.base import utcnow
from app.services.numbers import new_order_no, new_payment_no
from app.services.shipment_moves import send_out
from app.services.shipments import ship
from app.services.stock import claim_stock, note_allocated
from tests.factories import make_goods, make_user

STAFF = "staff:test"


class Picked(NamedTuple):
    """An order that is being packed."""

    id: int
    no: str
    user_id: int
    goods: list[int]
    lines: list[int]


async def make_picked(
    session: AsyncSession, *quantities: int, user: User | None = None, of: Sequence[Goods] = ()
) -> Picked:
    """Paid and being packed: one line at ¥9.90 a piece for each quantity, of ten in stock.

    Written as it stands, so that these tests are about parcels alone.
    """
    user = user or await make_user(session)
    goods = of or [await make_goods(session) for _ in quantities]
    goods_fen = 990 * sum(quantities)
    order = Order(
        no=new_order_no(),
        user_id=user.id,
        status="picking",
        goods_fen=goods_fen,
        ship_fen=500,
        pay_fen=goods_fen + 500,
        quantity=sum(quantities),
        receiver="林小满",
        phone="13800006021",
        region="北京市 朝阳区",
        area="望京 SOHO T3",
        room="B 座 2307",
        paid_at=utcnow(),
    )
    session.add(order)
    await session.flush()
    lines = [
        await _add_line(session, order.id, good, quantity)
        for good, quantity in zip(goods, quantities, strict=True)
    ]
    session.add(_payment_of(order))
    for seq, status in enumerate(("unpaid", "paid", "picking"), start=1):
        kind = "placed" if seq == 1 else status
        session.add(
            OrderEvent(order_id=order.id, seq=seq, kind=kind, to_status=status, actor=STAFF)
        )
    await session.flush()
    return Picked(order.id, order.no, user.id, [good.id for good in goods], lines)


async def _add_line(session: AsyncSession, order_id: int, good: Goods, quantity: int) -> int:
    line = OrderLine(
        order_id=order_id,
        goods_id=good.id,
        name_zh=good.name_zh,
        name_en=good.name_en,
        spec=good.spec,
        picture=good.picture,
        tint=good.tint,
        quantity=quantity,
        unit_fen=990,
        gross_fen=990 * quantity,
        pay_fen=990 * quantity,
    )
    session.add(line)
    await claim_stock(session, {good.id: quantity})
    await note_allocated(session, order_id, {good.id: quantity}, actor=STAFF)
    await session.flush()
    return line.id


def _payment_of(order: Order) -> Payment:
    return Payment(
        no=new_payment_no(),
        order_id=order.id,
        paid_for=order.id,
        provider="sandbox",
        provider_ref=f"R-{order.no}",
        status="paid",
        amount_fen=order.pay_fen,
        received_fen=order.pay_fen,
        received_at=utcnow(),
    )


async def pack(session: AsyncSession, order_id: int, lines: dict[int, int] | None = None) -> str:
    """A parcel for a rider; its number."""
    return await ship(
        session,
        order_id,
        kind="rider",
        rider="王师傅",
        rider_phone="13911112222",
        lines=lines,
        actor=STAFF,
        now=utcnow(),
    )


async def pack_and_send(
    session: AsyncSession, order_id: int, lines: dict[int, int] | None = None
) -> str:
    no = await pack(session, order_id, lines)
    await send_out(session, no, now=utcnow())
    return no


async def pack_for_courier(
    session: AsyncSession, order_id: int, tracking_no: str = "SF1000200030004"
) -> str:
    return await ship(
        session,
        order_id,
        kind="courier",
        carrier="sf",
        tracking_no=tracking_no,
        actor=STAFF,
        now=utcnow(),
    )


async def parcel_of(session: AsyncSession, no: str) -> Shipment:
    query = select(Shipment).where(Shipment.no == no).execution_options(populate_existing=True)
    return (await session.scalars(query)).one()


async def contents_of(session: AsyncSession, no: str) -> dict[int, int]:
    rows = await session.execute(
        select(ShipmentLine.line_id, ShipmentLine.quantity)
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .where(Shipment.no == no)
    )
    return {row[0]: row[1] for row in rows}
