"""Parcels: what goes into them, how they move, and what that makes of their order."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Conflict, MoveRefused, NotFound
from app.models import Order, Shipment, ShipmentEvent, StockMove
from app.models.base import utcnow
from app.services.order_moves import make_move
from app.services.refunds import ask_refund
from app.services.shipment_moves import HandOver, deliver, hand_over, send_out, settle_order
from app.services.shipment_queries import get_drop, list_shipments
from app.services.shipments import count_sent, list_unsent
from tests.shipping import (
    STAFF,
    contents_of,
    make_picked,
    pack,
    pack_and_send,
    pack_for_courier,
    parcel_of,
)
from tests.shopping import history_of, order_of, stock_of, wrong_books


async def shipped_pieces(session: AsyncSession, order_id: int) -> int:
    total = select(func.sum(StockMove.quantity)).where(
        StockMove.order_id == order_id, StockMove.kind == "shipped"
    )
    return int(await session.scalar(total) or 0)


async def count_parcels(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Shipment)) or 0


async def test_a_parcel_of_everything_sends_the_order_on_its_way(session: AsyncSession) -> None:
    order = await make_picked(session, 2, 3)

    no = await pack(session, order.id)

    assert await contents_of(session, no) == dict(zip(order.lines, (2, 3), strict=True))
    assert (await order_of(session, order.no)).status == "shipping"
    assert [await stock_of(session, goods) for goods in order.goods] == [(8, 0), (7, 0)]
    assert await shipped_pieces(session, order.id) == -5
    assert await wrong_books(session) == []


async def test_a_part_ships_exactly_that_part(session: AsyncSession) -> None:
    order = await make_picked(session, 5)
    (line,) = order.lines

    first = await pack(session, order.id, {line: 2})
    after_first = await stock_of(session, order.goods[0])
    second = await pack(session, order.id)

    assert await contents_of(session, first) == {line: 2}
    assert await contents_of(session, second) == {line: 3}
    assert (after_first, await stock_of(session, order.goods[0])) == ((8, 3), (5, 0))
    assert (await history_of(session, order.no)).count("shipping") == 1
    assert await wrong_books(session) == []


@pytest.mark.parametrize("count", [0, -1, 4])
async def test_more_than_is_left_is_refused(session: AsyncSession, count: int) -> None:
    order = await make_picked(session, 5)
    (line,) = order.lines
    await pack(session, order.id, {line: 2})

    with pytest.raises(Conflict, match="left to send"):
        await pack(session, order.id, {line: count})

    assert await count_sent(session, order.id) == {line: 2}
    assert await stock_of(session, order.goods[0]) == (8, 3)


async def test_another_orders_line_is_refused(session: AsyncSession) -> None:
    order, other = await make_picked(session, 1), await make_picked(session, 1)

    with pytest.raises(Conflict, match="left to send"):
        await pack(session, order.id, {other.lines[0]: 1})

    assert await count_parcels(session) == 0


async def test_when_all_is_sent_nothing_is_left(session: AsyncSession) -> None:
    order = await make_picked(session, 1)
    await pack(session, order.id)

    with pytest.raises(Conflict, match="nothing left"):
        await pack(session, order.id)

    assert await count_parcels(session) == 1


@pytest.mark.parametrize("status", ["unpaid", "paid", "delivered", "completed"])
async def test_only_an_order_being_packed_is_sent(session: AsyncSession, status: str) -> None:
    order = await make_picked(session, 1)
    await session.execute(update(Order).where(Order.id == order.id).values(status=status))

    with pytest.raises(MoveRefused):
        await pack(session, order.id)

    assert await count_parcels(session) == 0
    assert await stock_of(session, order.goods[0]) == (10, 1)


async def test_an_unknown_order_is_not_found(session: AsyncSession) -> None:
    with pytest.raises(NotFound):
        await pack(session, 999_999)


async def give_back(session: AsyncSession, order_id: int, line_id: int, count: int) -> None:
    await ask_refund(
        session, order_id, "shortage", {line_id: (count, 0)}, actor=STAFF, now=utcnow()
    )


async def test_what_was_given_back_is_not_sent(session: AsyncSession) -> None:
    order = await make_picked(session, 5)
    (line,) = order.lines
    await give_back(session, order.id, line, 2)

    no = await pack(session, order.id)

    assert await contents_of(session, no) == {line: 3}
    assert await list_unsent(session, order.id) == {}
    assert await wrong_books(session) == []


async def test_what_is_in_a_parcel_is_not_given_back_as_missing(session: AsyncSession) -> None:
    order = await make_picked(session, 5)
    (line,) = order.lines
    await pack(session, order.id, {line: 4})

    with pytest.raises(Conflict):
        await give_back(session, order.id, line, 2)


async def test_two_parcels_cannot_have_one_tracking_number(session: AsyncSession) -> None:
    one, other = await make_picked(session, 1), await make_picked(session, 1)
    await pack_for_courier(session, one.id)
    await session.commit()

    with pytest.raises(Conflict, match="tracking number"):
        await pack_for_courier(session, other.id)

    await session.rollback()
    assert (await order_of(session, other.no)).status == "picking"


async def test_numbers_and_codes_cannot_be_guessed(session: AsyncSession) -> None:
    orders = [await make_picked(session, 1) for _ in range(3)]

    parcels = [await parcel_of(session, await pack(session, order.id)) for order in orders]

    assert {len(parcel.no) for parcel in parcels} == {20}
    assert len({parcel.handover_code for parcel in parcels}) == 3
    assert all(len(p.handover_code) == 6 and p.handover_code.isdecimal() for p in parcels)


async def test_a_courier_has_no_code(session: AsyncSession) -> None:
    order = await make_picked(session, 1)

    no = await pack_for_courier(session, order.id)

    assert (await parcel_of(session, no)).handover_code == ""


async def test_the_code_delivers(session: AsyncSession) -> None:
    order = await make_picked(session, 1)
    no = await pack_and_send(session, order.id)
    code = (await parcel_of(session, no)).handover_code

    first = await hand_over(session, no, code, now=utcnow())
    again = await hand_over(session, no, code, now=utcnow())

    assert (first, again) == (HandOver(True, 0), HandOver(True, 0))
    parcel = await parcel_of(session, no)
    assert (parcel.status, parcel.wrong_codes) == ("delivered", 0)
    assert parcel.delivered_at is not None
    assert (await order_of(session, order.no)).status == "delivered"
    assert (await history_of(session, order.no))[-2:] == ["shipping", "delivered"]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


async def test_after_five_wrong_codes_the_right_one_does_not_help(session: AsyncSession) -> None:
    order = await make_picked(session, 1)
    no = await pack_and_send(session, order.id)
    code = (await parcel_of(session, no)).handover_code

    tries = [await hand_over(session, no, wrong(code), now=utcnow()) for _ in range(7)]
    right = await hand_over(session, no, code, now=utcnow())

    assert [result.tries_left for result in tries] == [4, 3, 2, 1, 0, 0, 0]
    assert right == HandOver(False, 0)
    parcel = await parcel_of(session, no)
    assert (parcel.status, parcel.wrong_codes) == ("out", 5)
    assert (await order_of(session, order.no)).status == "shipping"


async def test_staff_deliver_what_the_code_no_longer_can(session: AsyncSession) -> None:
    order = await make_picked(session, 1)
    no = await pack_and_send(session, order.id)
    await session.execute(update(Shipment).values(wrong_codes=5))

    await deliver(session, no, actor=STAFF, now=utcnow())

    assert (await order_of(session, order.no)).status == "delivered"


async def test_a_parcel_in_the_store_is_not_handed_over(session: AsyncSession) -> None:
    order = await make_picked(session, 1)
    no = await pack(session, order.id)
    code = (await parcel_of(session, no)).handover_code

    with pytest.raises(Conflict, match="not on its way"):
        await hand_over(session, no, code, now=utcnow())
    with pytest.raises(Conflict, match="parcel is"):
        await deliver(session, no, actor=STAFF, now=utcnow())

    assert (await parcel_of(session, no)).status == "packed"


async def test_going_out_twice_is_refused(session: AsyncSession) -> None:
    order = await make_picked(session, 1)
    no = await pack_and_send(session, order.id)

    with pytest.raises(Conflict) as refusal:
        await send_out(session, no, now=utcnow())

    assert refusal.value.params == {"status": "out", "moves": "deliver, fail"}


async def test_an_order_is_delivered_with_its_last_parcel(session: AsyncSession) -> None:
    order = await make_picked(session, 1, 1)
    one = await pack_and_send(session, order.id, {order.lines[0]: 1})
    await deliver(session, one, actor=STAFF, now=utcnow())
    with_a_line_left = (await order_of(session, order.no)).status
    other = await pack_and_send(session, order.id)
    with_a_parcel_out = (await order_of(session, order.no)).status

    await deliver(session, other, actor=STAFF, now=utcnow())

    assert (with_a_line_left, with_a_parcel_out) == ("shipping", "shipping")
    assert (await order_of(session, order.no)).status == "delivered"


async def test_an_order_is_delivered_when_the_rest_is_given_back(session: AsyncSession) -> None:
    order = await make_picked(session, 1, 1)
    no = await pack_and_send(session, order.id, {order.lines[0]: 1})
    await deliver(session, no, actor=STAFF, now=utcnow())
    await give_back(session, order.id, order.lines[1], 1)

    await settle_order(session, order.id, actor=STAFF, now=utcnow())

    assert (await order_of(session, order.no)).status == "delivered"


async def test_settling_does_nothing_before_the_first_parcel(session: AsyncSession) -> None:
    order = await make_picked(session, 1)

    await settle_order(session, order.id, actor=STAFF, now=utcnow())

    assert (await order_of(session, order.no)).status == "picking"


async def test_a_parcels_story_is_told_in_order(session: AsyncSession) -> None:
    order = await make_picked(session, 1)
    no = await pack_and_send(session, order.id)

    await deliver(session, no, actor=STAFF, now=utcnow())

    rows = await session.execute(
        select(ShipmentEvent.seq, ShipmentEvent.code).order_by(ShipmentEvent.seq)
    )
    assert [tuple(row) for row in rows] == [(1, "packed"), (2, "out"), (3, "delivered")]


async def test_the_shopper_sees_parcels_with_lines_and_story(session: AsyncSession) -> None:
    order = await make_picked(session, 2, 1)
    await pack_and_send(session, order.id, {order.lines[0]: 2})
    await pack_for_courier(session, order.id)

    one, other = await list_shipments(session, order.id)

    assert [(line.name_en, line.quantity) for line in one.lines] == [("Fuji apple", 2)]
    assert [event.kind for event in one.events] == ["out", "packed"]
    assert (one.rider, one.kind, other.carrier_name.en) == ("王师傅", "rider", "SF Express")
    assert len(one.shown_code.replace(" ", "")) == 6
    assert other.shown_code == ""


async def test_the_time_left_is_told_while_it_is_out(session: AsyncSession) -> None:
    order = await make_picked(session, 1)
    no = await pack(session, order.id)
    now = utcnow()
    await send_out(session, no, eta=now + timedelta(minutes=12), now=now)

    (parcel,) = await list_shipments(session, order.id)

    assert parcel.minutes_left(now) == 12
    assert parcel.minutes_left(now + timedelta(minutes=12)) == 0


async def test_after_delivery_nobody_reads_the_address(session: AsyncSession) -> None:
    order = await make_picked(session, 1)
    no = await pack_and_send(session, order.id)
    before = await get_drop(session, no)
    await deliver(session, no, actor=STAFF, now=utcnow())

    after = await get_drop(session, no)

    assert (before.receiver, before.takes_code) == ("林小满", True)
    assert (after.receiver, after.phone, after.area, after.room, after.note) == ("",) * 5
    assert (after.lines, after.takes_code) == ((), False)


async def test_a_delivered_order_is_confirmed_by_the_shopper(session: AsyncSession) -> None:
    order = await make_picked(session, 1)
    no = await pack_and_send(session, order.id)
    await deliver(session, no, actor=STAFF, now=utcnow())

    await make_move(session, order.id, "complete", actor=f"user:{order.user_id}", now=utcnow())

    assert (await order_of(session, order.no)).status == "completed"
