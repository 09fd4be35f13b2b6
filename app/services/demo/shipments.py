"""The parcels of the demo shoppers' orders, and how they fared."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import OrderLine, Shipment, ShipmentEvent, ShipmentLine
from app.services.demo.placings import Placing
from app.services.numbers import new_handover_code, new_shipment_no
from app.services.shipments import SHOP

RIDERS = (("王师傅", "13800008001"), ("李师傅", "13800008002"), ("赵师傅", "13800008003"))
CARRIER = "sf"
# Orders older than this went by carrier, the newer ones with a rider of our own.
BY_CARRIER_DAYS = 10
# Counted from when the order was sent.
_OUT = timedelta(minutes=2)
_NEWS = (("accepted", timedelta(minutes=3)), ("delivering", timedelta(minutes=9)))
_SIGNED = timedelta(minutes=1)
# Counted from placing; those on their way when the demo is loaded are still expected then.
_ETA = timedelta(minutes=68)


async def add_shipment(session: AsyncSession, order_id: int, placing: Placing) -> None:
    """One parcel with everything in it. The order's lines are in the database already."""
    shipment = _make_shipment(order_id, placing)
    session.add(shipment)
    await session.flush()
    lines = await session.execute(
        select(OrderLine.id, OrderLine.quantity).where(OrderLine.order_id == order_id)
    )
    session.add_all(
        ShipmentLine(shipment_id=shipment.id, line_id=line_id, quantity=quantity)
        for line_id, quantity in lines
    )
    session.add_all(_make_events(shipment, placing))


def _make_shipment(order_id: int, placing: Placing) -> Shipment:
    is_delivered = "delivered" in placing.path
    sent_at = placing.when("shipping")
    shipment = Shipment(
        no=new_shipment_no(),
        order_id=order_id,
        kind="rider",
        status="delivered" if is_delivered else "out",
        eta=placing.placed_at + _ETA,
        created_at=sent_at,
        delivered_at=placing.when("delivered") if is_delivered else None,
    )
    if placing.order.days >= BY_CARRIER_DAYS:
        shipment.kind, shipment.carrier, shipment.track_status = "courier", CARRIER, "signed"
        shipment.tracking_no = f"SF{order_id:013}"
    else:
        shipment.rider, shipment.rider_phone = RIDERS[order_id % len(RIDERS)]
        shipment.handover_code = new_handover_code()
    return shipment


def _make_events(shipment: Shipment, placing: Placing) -> list[ShipmentEvent]:
    sent_at = placing.when("shipping")
    steps = [("packed", SHOP, sent_at), ("out", SHOP, sent_at + _OUT)]
    if shipment.carrier is not None:
        steps += [(code, CARRIER, sent_at + after) for code, after in _NEWS]
    if shipment.delivered_at is not None:
        if shipment.carrier is not None:
            steps.append(("signed", CARRIER, shipment.delivered_at - _SIGNED))
        steps.append(("delivered", SHOP, shipment.delivered_at))
    return [
        ShipmentEvent(
            shipment_id=shipment.id,
            seq=seq,
            code=code,
            source=source,
            source_id=code,
            at=at,
            received_at=at,
        )
        for seq, (code, source, at) in enumerate(steps, start=1)
    ]
