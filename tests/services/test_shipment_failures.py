"""Parcels that came back."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Conflict
from app.models import Refund, RefundLine
from app.models.base import utcnow
from app.services.shipment_failures import fail_parcel
from app.services.shipment_moves import deliver
from tests.shipping import STAFF, make_picked, pack_and_send, parcel_of
from tests.shopping import order_of, stock_of, wrong_books


async def fail(
    session: AsyncSession, no: str, restock: dict[int, int] | None = None, *, ship_fen: int = 0
) -> None:
    await fail_parcel(
        session,
        no,
        restock or {},
        reason="Nobody at home",
        ship_fen=ship_fen,
        actor=STAFF,
        now=utcnow(),
    )


async def list_refunds(session: AsyncSession) -> list[tuple[str, int, int]]:
    rows = await session.execute(select(Refund.kind, Refund.amount_fen, Refund.ship_fen))
    return [(kind, amount, ship) for kind, amount, ship in rows]


async def test_a_failed_order_is_closed_and_its_money_given_back(session: AsyncSession) -> None:
    order = await make_picked(session, 2, 1)
    no = await pack_and_send(session, order.id)

    await fail(session, no, {order.lines[0]: 1}, ship_fen=500)

    closed = await order_of(session, order.no)
    assert (closed.status, closed.close_reason) == ("closed", "failed")
    assert closed.refunded_fen == closed.pay_fen
    assert (await parcel_of(session, no)).status == "failed"
    assert await list_refunds(session) == [("failed", 3 * 990 + 500, 500)]


async def test_only_what_can_be_sold_again_is_restocked(session: AsyncSession) -> None:
    order = await make_picked(session, 2, 1)
    no = await pack_and_send(session, order.id)

    await fail(session, no, {order.lines[0]: 1})

    rows = await session.execute(
        select(RefundLine.line_id, RefundLine.quantity, RefundLine.restock_quantity)
    )
    assert [tuple(row) for row in rows] == [(order.lines[0], 2, 1), (order.lines[1], 1, 0)]
    assert [await stock_of(session, goods) for goods in order.goods] == [(9, 0), (9, 0)]
    assert await wrong_books(session) == []


async def test_an_order_of_which_one_parcel_arrived_is_delivered(session: AsyncSession) -> None:
    order = await make_picked(session, 1, 2)
    one = await pack_and_send(session, order.id, {order.lines[0]: 1})
    other = await pack_and_send(session, order.id)
    await fail(session, other)
    with_one_out = (await order_of(session, order.no)).status

    await deliver(session, one, actor=STAFF, now=utcnow())

    assert with_one_out == "shipping"
    assert (await order_of(session, order.no)).status == "delivered"
    assert await list_refunds(session) == [("failed", 2 * 990, 0)]


async def test_failing_last_is_no_different(session: AsyncSession) -> None:
    order = await make_picked(session, 1, 2)
    one = await pack_and_send(session, order.id, {order.lines[0]: 1})
    other = await pack_and_send(session, order.id)
    await deliver(session, one, actor=STAFF, now=utcnow())

    await fail(session, other)

    assert (await order_of(session, order.no)).status == "delivered"
    assert await list_refunds(session) == [("failed", 2 * 990, 0)]


async def test_a_delivered_parcel_does_not_fail(session: AsyncSession) -> None:
    order = await make_picked(session, 1)
    no = await pack_and_send(session, order.id)
    await deliver(session, no, actor=STAFF, now=utcnow())

    with pytest.raises(Conflict):
        await fail(session, no)

    assert await list_refunds(session) == []
    assert (await order_of(session, order.no)).status == "delivered"


async def test_a_parcel_fails_once(session: AsyncSession) -> None:
    order = await make_picked(session, 1)
    no = await pack_and_send(session, order.id)
    await fail(session, no)

    with pytest.raises(Conflict):
        await fail(session, no)

    assert len(await list_refunds(session)) == 1


@pytest.mark.parametrize("count", [-1, 3])
async def test_no_more_is_restocked_than_came_back(session: AsyncSession, count: int) -> None:
    order = await make_picked(session, 2)
    no = await pack_and_send(session, order.id)

    with pytest.raises(Conflict):
        await fail(session, no, {order.lines[0]: count})


async def test_a_line_of_another_parcel_is_not_restocked(session: AsyncSession) -> None:
    order = await make_picked(session, 1, 1)
    no = await pack_and_send(session, order.id, {order.lines[0]: 1})

    with pytest.raises(Conflict):
        await fail(session, no, {order.lines[1]: 1})
