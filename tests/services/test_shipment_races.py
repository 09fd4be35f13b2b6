"""Parcels packed, handed over and told about at the same moment, on real connections."""

from datetime import timedelta
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import Conflict
from app.models import OrderLine, ShipmentEvent
from app.models.base import utcnow
from app.providers.carriers import News
from app.services.refunds import ask_refund
from app.services.shipment_moves import HandOver, deliver, hand_over
from app.services.shipment_news import take_news
from app.services.shipments import count_sent
from tests.conftest import all_at_once
from tests.shipping import (
    STAFF,
    make_picked,
    pack,
    pack_and_send,
    pack_for_courier,
    parcel_of,
)
from tests.shopping import history_of, order_of, stock_of, wrong_books


async def test_parcels_packed_at_once_never_hold_more_than_was_bought(real_db: Database) -> None:
    order = await real_db.write(make_picked, 7, 3)
    first, second = order.lines

    results = await all_at_once(
        *[partial(real_db.write, pack, order.id, {first: 2, second: 1})] * 12
    )

    assert sum(isinstance(result, str) for result in results) == 3
    assert sum(isinstance(result, Conflict) for result in results) == 9
    assert await real_db.read(count_sent, order.id) == {first: 6, second: 3}
    assert [await real_db.read(stock_of, goods) for goods in order.goods] == [(4, 1), (7, 0)]
    assert (await real_db.read(history_of, order.no)).count("shipping") == 1
    assert await real_db.read(wrong_books) == []


async def give_back(session: AsyncSession, order_id: int, line_id: int) -> str | None:
    return await ask_refund(
        session, order_id, "shortage", {line_id: (1, 0)}, actor=STAFF, now=utcnow()
    )


async def test_a_piece_is_sent_or_given_back_never_both(real_db: Database) -> None:
    order = await real_db.write(make_picked, 6)
    (line,) = order.lines

    await all_at_once(
        *[partial(real_db.write, pack, order.id, {line: 1})] * 6,
        *[partial(real_db.write, give_back, order.id, line)] * 6,
    )

    sent = (await real_db.read(count_sent, order.id)).get(line, 0)
    given_back = await real_db.read(count_given_back)
    assert sent + given_back == 6
    assert await real_db.read(wrong_books) == []


async def count_given_back(session: AsyncSession) -> int:
    return int(await session.scalar(select(func.sum(OrderLine.refunded_quantity))) or 0)


async def test_everything_is_packed_once_however_many_pack_it(real_db: Database) -> None:
    order = await real_db.write(make_picked, 4)

    results = await all_at_once(*[partial(real_db.write, pack, order.id)] * 8)

    assert sum(isinstance(result, str) for result in results) == 1
    assert await real_db.read(stock_of, order.goods[0]) == (6, 0)


async def test_forty_wrong_codes_at_once_count_five(real_db: Database) -> None:
    order = await real_db.write(make_picked, 1)
    no = await real_db.write(pack_and_send, order.id)
    code = (await real_db.read(parcel_of, no)).handover_code
    wrong = [f"{(int(code) + turn) % 1_000_000:06}" for turn in range(1, 41)]

    results = await all_at_once(
        *[partial(real_db.write, hand_over, no, guess, now=utcnow()) for guess in wrong]
    )

    assert {result for result in results if not isinstance(result, HandOver)} == set()
    assert not any(result.is_delivered for result in results if isinstance(result, HandOver))
    parcel = await real_db.read(parcel_of, no)
    assert (parcel.status, parcel.wrong_codes) == ("out", 5)
    assert (await real_db.write(hand_over, no, code, now=utcnow())) == HandOver(False, 0)


async def test_the_right_code_many_times_delivers_once(real_db: Database) -> None:
    order = await real_db.write(make_picked, 1)
    no = await real_db.write(pack_and_send, order.id)
    code = (await real_db.read(parcel_of, no)).handover_code

    results = await all_at_once(*[partial(real_db.write, hand_over, no, code, now=utcnow())] * 12)

    assert results == [HandOver(True, 0)] * 12
    assert (await real_db.read(history_of, order.no)).count("delivered") == 1
    assert await real_db.read(count_events, "delivered") == 1


async def count_events(session: AsyncSession, code: str) -> int:
    query = select(func.count()).where(ShipmentEvent.code == code)
    return await session.scalar(query) or 0


async def test_the_last_two_parcels_at_once_deliver_the_order(real_db: Database) -> None:
    """Neither may think that the other is still on its way."""
    for _ in range(5):
        order = await real_db.write(make_picked, 1, 1)
        parcels = [await real_db.write(pack_and_send, order.id, {line: 1}) for line in order.lines]

        await all_at_once(
            *[partial(real_db.write, deliver, no, actor=STAFF, now=utcnow()) for no in parcels]
        )

        assert (await real_db.read(order_of, order.no)).status == "delivered"


async def test_the_same_news_twenty_times_at_once_is_one_event(real_db: Database) -> None:
    order = await real_db.write(make_picked, 1)
    await real_db.write(pack_for_courier, order.id, "SF1000")
    news = News("sf", "SF1000", "1", "transit", "", "", utcnow())

    results = await all_at_once(*[partial(real_db.write_keyed, take_news, news)] * 20)

    assert results == ["transit"] * 20
    assert await real_db.read(count_events, "transit") == 1


async def test_news_in_any_order_ends_with_what_happened_last(real_db: Database) -> None:
    order = await real_db.write(make_picked, 1)
    no = await real_db.write(pack_for_courier, order.id, "SF1000")
    start = utcnow() - timedelta(days=1)
    codes = ["accepted", "transit", "arrived", "delivering", "signed"]
    news = [
        News("sf", "SF1000", str(nth), code, "", "", start + timedelta(hours=nth))
        for nth, code in enumerate(codes)
    ]

    await all_at_once(
        *[partial(real_db.write_keyed, take_news, told) for told in reversed(news * 3)]
    )

    parcel = await real_db.read(parcel_of, no)
    assert (parcel.status, parcel.track_status) == ("packed", "signed")
    assert [await real_db.read(count_events, code) for code in codes] == [1] * 5
