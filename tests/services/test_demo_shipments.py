"""The demo shop's parcels: each sent order has one with all of its pieces and its story."""

from collections import defaultdict

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order, OrderLine, Shipment, ShipmentEvent, ShipmentLine
from app.models.base import utcnow
from app.services.demo import loading as demo
from app.services.demo.files import read_shoppers
from app.services.quote import Delivery
from app.services.shipment_queries import list_shipments

SENT = {"shipping": "out", "delivered": "delivered", "completed": "delivered"}


@pytest.fixture
async def orders(session: AsyncSession) -> dict[int, Order]:
    """The orders of a demo shop just loaded, by id."""
    await demo.load(
        session,
        password_hashes={shopper.username: "!" for shopper in read_shoppers()},
        delivery=Delivery(fee_fen=500, free_from_fen=3900),
        now=utcnow(),
    )
    return {order.id: order for order in await session.scalars(select(Order))}


async def test_each_sent_order_has_a_parcel_as_far_as_itself(
    session: AsyncSession, orders: dict[int, Order]
) -> None:
    parcels = {parcel.order_id: parcel for parcel in await session.scalars(select(Shipment))}

    assert {id_: parcel.status for id_, parcel in parcels.items()} == {
        id_: SENT[order.status] for id_, order in orders.items() if order.status in SENT
    }
    assert {parcel.kind for parcel in parcels.values()} == {"rider", "courier"}
    for id_, parcel in parcels.items():
        assert parcel.delivered_at == orders[id_].delivered_at


@pytest.mark.usefixtures("orders")
async def test_a_parcel_holds_every_piece(session: AsyncSession) -> None:
    sent = await session.execute(
        select(ShipmentLine.line_id, ShipmentLine.quantity, OrderLine.quantity).join(
            OrderLine, OrderLine.id == ShipmentLine.line_id
        )
    )
    pieces = [tuple(row) for row in sent]
    due = await session.scalars(
        select(OrderLine.id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.status.in_(SENT))
    )

    assert {line_id for line_id, _, _ in pieces} == set(due)
    assert [packed for _, packed, _ in pieces] == [bought for _, _, bought in pieces]


@pytest.mark.usefixtures("orders")
async def test_a_parcels_story_is_in_order_and_over(session: AsyncSession) -> None:
    now = utcnow()
    stories = defaultdict(list)
    query = select(ShipmentEvent).order_by(ShipmentEvent.shipment_id, ShipmentEvent.seq)
    for event in await session.scalars(query):
        stories[event.shipment_id].append(event)

    for parcel in await session.scalars(select(Shipment)):
        events = stories[parcel.id]
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert [event.at for event in events] == sorted(event.at for event in events)
        assert (events[0].code, events[-1].code) == ("packed", parcel.status)
        assert events[-1].at < now


async def test_what_is_on_its_way_is_expected_soon(
    session: AsyncSession, orders: dict[int, Order]
) -> None:
    for order in orders.values():
        if order.status == "shipping":
            (parcel,) = await list_shipments(session, order.id)
            assert 0 < parcel.minutes_left(utcnow()) <= 30
            assert parcel.shown_code
