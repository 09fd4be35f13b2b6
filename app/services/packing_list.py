"""An order as those see it who pack it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound, Words
from app.models import Order, OrderLine
from app.services.shipment_queries import Parcel, list_shipments
from app.services.shipments import list_unsent


@dataclass(frozen=True, slots=True)
class PackingLine:
    line_id: int
    name: Words
    quantity: int
    unsent: int


@dataclass(frozen=True, slots=True)
class PackingList:
    order_id: int
    no: str
    status: str
    lines: tuple[PackingLine, ...]
    parcels: tuple[Parcel, ...]


async def get_packing_list(session: AsyncSession, order_no: str) -> PackingList:
    order = (
        await session.execute(select(Order.id, Order.status).where(Order.no == order_no))
    ).one_or_none()
    if order is None:
        raise NotFound
    unsent = await list_unsent(session, order.id)
    rows = await session.execute(
        select(OrderLine.id, OrderLine.name_zh, OrderLine.name_en, OrderLine.quantity)
        .where(OrderLine.order_id == order.id)
        .order_by(OrderLine.id)
    )
    lines = tuple(
        PackingLine(id_, Words(zh, en), count, unsent[id_].pieces if id_ in unsent else 0)
        for id_, zh, en, count in rows
    )
    return PackingList(
        order.id, order_no, order.status, lines, await list_shipments(session, order.id)
    )
