"""A shopper asks for money back: small sums are believed, others wait for a person."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import Conflict, InvalidInput, KeyReused, MoveRefused, NotFound
from app.models import Goods, Order, Refund, User
from app.models.base import utcnow
from app.services.refund_decisions import reject_refund
from app.services.refund_queries import list_waiting
from app.services.refund_requests import ask_for_refund
from tests.conftest import all_at_once
from tests.factories import make_goods, make_user
from tests.refunding import (
    STAFF,
    delivered_ago,
    make_delivered,
    make_paid,
    refunds_of,
    wrong_money,
)
from tests.shopping import stock_of

KEY = "refund-key-0123456789"


async def ask(
    session: AsyncSession,
    user_id: int,
    order: Order,
    goods_id: int,
    quantity: int = 1,
    *,
    key: str = KEY,
    reason: str = "Bruised",
) -> None:
    await ask_for_refund(
        session, user_id, order.no, goods_id, quantity, key=key, reason=reason, now=utcnow()
    )


async def test_a_small_sum_is_approved_at_once(session: AsyncSession, goods: Goods) -> None:
    buyer, order = await make_delivered(session, (goods, 3))

    await ask(session, buyer.id, order, goods.id, 3)

    assert await refunds_of(session, order) == [("quality", "approved", 2970)]
    assert await stock_of(session, goods.id) == (7, 0)
    assert await wrong_money(session) == []


async def test_a_larger_sum_waits_for_a_person(session: AsyncSession) -> None:
    goods = await make_goods(session, price=3001)
    buyer, order = await make_delivered(session, (goods, 1))

    await ask(session, buyer.id, order, goods.id)

    assert await refunds_of(session, order) == [("quality", "asked", 3001)]
    ((waiting, pieces),) = [(w, w.pieces) for w in await list_waiting(session)]
    assert (waiting.order_no, waiting.refund.reason) == (order.no, "Bruised")
    assert [(piece.name_en, piece.quantity) for piece in pieces] == [("Fuji apple", 1)]
    assert await wrong_money(session) == []


async def test_small_sums_of_one_order_add_up(session: AsyncSession) -> None:
    goods = await make_goods(session, price=1600)
    buyer, order = await make_delivered(session, (goods, 2))

    for turn in range(2):
        await ask(session, buyer.id, order, goods.id, key=f"{KEY}-{turn}")

    assert [status for _, status, _ in await refunds_of(session, order)] == ["approved", "asked"]


async def test_who_asks_often_waits_for_a_person(session: AsyncSession, goods: Goods) -> None:
    cheap = await make_goods(session, price=100, stock=50)
    buyer, order = await make_delivered(session, (cheap, 5), (goods, 1))

    for turn in range(4):
        await ask(session, buyer.id, order, cheap.id, key=f"{KEY}-{turn}")

    statuses = [status for _, status, _ in await refunds_of(session, order)]
    assert statuses == ["approved", "approved", "approved", "asked"]


async def test_who_was_turned_down_waits_for_a_person(session: AsyncSession, goods: Goods) -> None:
    dear = await make_goods(session, price=5000)
    buyer, order = await make_delivered(session, (goods, 1), (dear, 1))
    await ask(session, buyer.id, order, dear.id)
    no = await session.scalar(select(Refund.no))
    assert no is not None
    await reject_refund(session, no, reason="It was fine", actor=STAFF, now=utcnow())

    await ask(session, buyer.id, order, goods.id, key=f"{KEY}-2")

    statuses = [status for _, status, _ in await refunds_of(session, order)]
    assert statuses == ["rejected", "asked"]


async def test_the_same_form_twice_asks_once(session: AsyncSession, goods: Goods) -> None:
    buyer, order = await make_delivered(session, (goods, 3))

    for _ in range(2):
        await ask(session, buyer.id, order, goods.id)
    with pytest.raises(KeyReused):
        await ask(session, buyer.id, order, goods.id, 2)

    assert await refunds_of(session, order) == [("quality", "approved", 990)]


async def test_more_than_bought_is_refused(session: AsyncSession, goods: Goods) -> None:
    buyer, order = await make_delivered(session, (goods, 2))

    with pytest.raises(InvalidInput) as refusal:
        await ask(session, buyer.id, order, goods.id, 3)

    assert set(refusal.value.fields) == {"quantity"}
    assert await refunds_of(session, order) == []


async def test_goods_that_were_not_bought_are_refused(session: AsyncSession, goods: Goods) -> None:
    buyer, order = await make_delivered(session, (goods, 2))
    other = await make_goods(session)

    with pytest.raises(InvalidInput) as refusal:
        await ask(session, buyer.id, order, other.id)

    assert set(refusal.value.fields) == {"goods"}


async def test_after_a_week_it_is_too_late(session: AsyncSession, goods: Goods) -> None:
    buyer, order = await make_delivered(session, (goods, 1))
    await delivered_ago(session, order, timedelta(days=7))

    with pytest.raises(Conflict):
        await ask(session, buyer.id, order, goods.id)

    assert await refunds_of(session, order) == []


async def test_before_it_came_there_is_nothing_to_ask(session: AsyncSession, goods: Goods) -> None:
    buyer, order = await make_paid(session, (goods, 1))

    with pytest.raises(MoveRefused) as refusal:
        await ask(session, buyer.id, order, goods.id)

    assert refusal.value.moves == ("cancel",)
    assert await refunds_of(session, order) == []


async def test_somebody_elses_order_is_not_found(session: AsyncSession, goods: Goods) -> None:
    _, order = await make_delivered(session, (goods, 1))
    stranger = await make_user(session)

    with pytest.raises(NotFound):
        await ask(session, stranger.id, order, goods.id)


async def prepare(session: AsyncSession) -> tuple[User, Order, Goods]:
    goods = await make_goods(session)
    return (*await make_delivered(session, (goods, 3)), goods)


async def test_twenty_copies_of_a_form_at_once_ask_once(real_db: Database) -> None:
    buyer, order, goods = await real_db.write(prepare)

    results = await all_at_once(
        *[partial(real_db.write_keyed, ask, buyer.id, order, goods.id)] * 20
    )

    assert results == [None] * 20
    count = select(func.count()).select_from(Refund)
    assert await real_db.read(lambda session: session.scalar(count)) == 1
    assert await real_db.read(wrong_money) == []
