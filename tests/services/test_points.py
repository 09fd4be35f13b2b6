"""Points pay for orders, those that run out first in front, and come back with what is returned."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import CheckoutRefused
from app.models import Order, PointsLot
from app.models.base import utcnow
from app.services.checkout import Choice
from app.services.happenings import Happening
from app.services.orders import cancel_order, close_order
from app.services.points import earning, spending
from app.services.refund_books import lock_order
from app.services.refund_decisions import reject_refund
from app.services.refund_sending import begin_sending, end_sending
from app.services.refunds import ask_refund
from app.services.shipment_failures import fail_parcel
from app.services.shipment_moves import send_out
from app.services.sweep import close_due
from tests.factories import make_goods
from tests.points import balance_of, entries_of, give_points, lots_of
from tests.points_story import bring, refund, use_points
from tests.refunding import STAFF, lines_of, pay, send
from tests.shopping import look, make_buyer, place, wrong_books


async def test_points_pay_up_to_thirty_percent_in_whole_yuan(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5050), 2))
    await give_points(session, user.id, 9_999)

    order = await use_points(session, user)

    assert (order.goods_fen, order.points_fen, order.pay_fen) == (10_100, 3_000, 7_100)
    assert sum(line.points_fen for line in await lines_of(session, order)) == 3_000
    assert await balance_of(session, user.id) == 6_999
    assert await wrong_books(session) == []


async def test_those_that_run_out_first_are_spent_first(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 1))
    for n, days in ((1_000, 300), (600, 40), (500, 41)):
        await give_points(session, user.id, n, days=days)

    order = await use_points(session, user)

    assert order.points_fen == 1_500
    assert await lots_of(session, user.id) == [
        ("gift", "open", 600),
        ("gift", "spent", 0),
        ("gift", "spent", 0),
    ]


async def test_points_that_ran_out_are_never_spent_though_no_job_came(
    session: AsyncSession,
) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 1))
    now = utcnow()
    for n, days in ((900, 1), (200, 200)):
        await give_points(session, user.id, n, days=days, now=now - timedelta(days=2))

    purse = await spending.get_purse(session, user.id, now)
    order = await use_points(session, user)

    assert (purse.balance, purse.usable) == (200, 200)
    assert order.points_fen == 200
    assert await entries_of(session, user.id) == [
        ("earned", 900),
        ("earned", 200),
        ("expired", -900),
        ("spent", -200),
    ]


async def test_an_offer_with_other_points_is_refused_in_words(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 1))
    await give_points(session, user.id, 500)
    choice = Choice(None, frozenset(), use_points=True)
    seen = await look(session, user.id, choice)
    await spending.spend(session, user.id, 0, 300, utcnow())

    with pytest.raises(CheckoutRefused) as refused:
        await place(session, user.id, choice=choice, agreed=seen.shown)

    said = [message.text for message in refused.value.fields.values()]
    assert "Points pay %(new)s now, not %(old)s" in said


async def test_who_has_none_can_use_none(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 1))

    order = await use_points(session, user)

    assert order.points_fen == 0
    assert await spending.spend(session, user.id, order.id, 1, utcnow()) is False


@pytest.mark.parametrize("is_paid", [False, True])
async def test_a_cancelled_order_gives_all_its_points_back(
    session: AsyncSession, is_paid: bool
) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 1))
    await give_points(session, user.id, 1_280)
    order = await use_points(session, user)
    if is_paid:
        await pay(session, user.id, order.no)

    for _ in range(2):
        await cancel_order(session, user.id, order.no, now=utcnow())

    assert await balance_of(session, user.id) == 1_280
    assert await lots_of(session, user.id) == [("gift", "open", 80), ("returned", "open", 1_200)]
    assert await wrong_books(session) == []


async def test_points_come_back_with_their_own_time_but_at_least_30_days(
    session: AsyncSession,
) -> None:
    now = utcnow()
    lasting: list[datetime] = []
    for days in (3, 100):
        user = await make_buyer(session, (await make_goods(session, price=5000), 1))
        await give_points(session, user.id, 500, days=days, now=now)
        order = await use_points(session, user)
        await close_order(session, order.id, "close", "cancel", actor=STAFF, now=now)
        lasting += await session.scalars(
            select(PointsLot.expires_at).where(
                PointsLot.user_id == user.id, PointsLot.kind == "returned"
            )
        )

    assert lasting == [now + timedelta(days=30), now + timedelta(days=100)]


async def test_the_sweeper_gives_the_points_of_many_shoppers_back(session: AsyncSession) -> None:
    goods = await make_goods(session, price=5000)
    users = [await make_buyer(session, (goods, 1)) for _ in range(3)]
    for user in reversed(users):
        await give_points(session, user.id, 700)
        await use_points(session, user)

    await close_due(session, utcnow() + timedelta(minutes=16))

    assert [await balance_of(session, user.id) for user in users] == [700, 700, 700]
    assert await wrong_books(session) == []


@pytest.mark.parametrize("pieces", [(1, 1, 1, 1, 1, 1, 1), (3, 4), (7,), (2, 2, 3)])
async def test_any_sequence_of_refunds_returns_exactly_what_was_spent(
    session: AsyncSession, pieces: tuple[int, ...]
) -> None:
    user = await make_buyer(session, (await make_goods(session, price=517), 7))
    await give_points(session, user.id, 1_000)
    order = await use_points(session, user)
    await bring(session, user, order)
    line = (await lines_of(session, order))[0]
    assert line.points_fen == 1_000

    done = 0
    for some in pieces:
        await refund(session, order, line.id, some, "quality")
        done += some
        assert await balance_of(session, user.id) == 1_000 * done // 7
        assert await wrong_books(session) == []

    assert (await lines_of(session, order))[0].returned_points == 1_000
    assert await lots_of(session, user.id) == [
        ("gift", "spent", 0),
        ("order", "void", 0),
        *(lot for lot in (await lots_of(session, user.id))[2:] if lot[:2] == ("returned", "open")),
    ]


async def test_points_wait_until_the_money_is_on_its_way(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 2))
    await give_points(session, user.id, 1_000)
    order = await use_points(session, user)
    await bring(session, user, order)
    line = (await lines_of(session, order))[0].id
    asked = await ask_refund(
        session, order.id, "quality", {line: (1, 0)}, actor=STAFF, now=utcnow(), is_approved=False
    )
    assert asked
    sent = await ask_refund(session, order.id, "quality", {line: (1, 0)}, actor=STAFF, now=utcnow())
    assert sent

    assert await balance_of(session, user.id) == 0
    await begin_sending(session, sent)
    await end_sending(session, sent, "B1", now=utcnow())
    assert await balance_of(session, user.id) == 500
    await reject_refund(session, asked, reason="no", actor=STAFF, now=utcnow())
    assert await balance_of(session, user.id) == 500
    assert await wrong_books(session) == []


async def test_a_refund_that_is_done_twice_counts_once(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 2))
    await give_points(session, user.id, 1_000)
    order = await use_points(session, user)
    await bring(session, user, order)
    line = (await lines_of(session, order))[0].id
    await refund(session, order, line, 1, "quality")
    before = await entries_of(session, user.id)

    await lock_order(session, Order.id == order.id)
    await earning.settle_refund(session, Happening(order.id, "refund_done", "AGAIN", utcnow()))
    await earning.promise(session, Happening(order.id, "delivered", "", utcnow()))

    assert await entries_of(session, user.id) == before


async def test_goods_that_cost_nothing_give_their_points_back(session: AsyncSession) -> None:
    """One fen for seven pieces: the first ones bring no money, but their points."""
    dear, cheap = await make_goods(session, price=5000), await make_goods(session, price=1)
    user = await make_buyer(session, (dear, 1), (cheap, 3))
    await give_points(session, user.id, 5_000)
    order = await use_points(session, user)
    await pay(session, user.id, order.no)
    lines = {line.goods_id: line for line in await lines_of(session, order)}

    line = lines[cheap.id]
    assert line.points_fen
    for _ in range(3):
        await refund(session, order, line.id, 1, "shortage")

    fresh = {x.goods_id: x for x in await lines_of(session, order)}[cheap.id]
    assert fresh.returned_points == fresh.points_fen
    assert await wrong_books(session) == []


async def test_an_order_that_never_arrived_gives_all_points_back(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 2))
    await give_points(session, user.id, 1_000)
    order = await use_points(session, user)
    await pay(session, user.id, order.no)
    parcel = await send(session, order)
    await send_out(session, parcel, now=utcnow())

    await fail_parcel(session, parcel, {}, reason="gone", actor=STAFF, now=utcnow())

    assert await balance_of(session, user.id) == 1_000
    assert await wrong_books(session) == []
