"""The one table of moves: who may send an order where, and what a refusal says."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import MoveRefused, NotFound
from app.i18n import EN, say, use_locale
from app.models import Goods, Order, OrderEvent
from app.models.base import utcnow
from app.models.order import STATUSES
from app.services.order_moves import (
    PROVIDER,
    RIDER,
    SHOPPER,
    STAFF,
    STATE_LABELS,
    SYSTEM,
    TRANSITIONS,
    allowed,
    make_move,
    must_move,
    role_of,
)
from tests.shopping import history_of, make_buyer, order_of, place

# As the domain has it: from, to, and who may.
TABLE = {
    "place": ((), "unpaid", {SHOPPER}),
    "pay": (("unpaid",), "paid", {PROVIDER}),
    "settle": (("unpaid",), "paid", {SYSTEM}),
    "cancel": (("unpaid", "paid"), "closed", {SHOPPER}),
    "expire": (("unpaid",), "closed", {SYSTEM}),
    "close": (("unpaid", "paid", "picking"), "closed", {STAFF}),
    "pick": (("paid",), "picking", {STAFF}),
    "ship": (("picking",), "shipping", {STAFF}),
    "deliver": (("shipping",), "delivered", {RIDER, STAFF, SYSTEM}),
    "fail": (("shipping",), "closed", {STAFF}),
    "complete": (("delivered",), "completed", {SHOPPER, SYSTEM}),
}


@pytest.fixture
async def order(session: AsyncSession, goods: Goods) -> Order:
    buyer = await make_buyer(session, (goods, 1))
    return await order_of(session, (await place(session, buyer.id)).no)


def test_the_moves_are_those_of_the_domain() -> None:
    assert {
        name: (move.sources, move.target, set(move.actors)) for name, move in TRANSITIONS.items()
    } == TABLE


def test_every_move_stays_within_the_known_statuses() -> None:
    for move in TRANSITIONS.values():
        assert {*move.sources, move.target} <= set(STATUSES)
        assert (move.close_reason is not None) == (move.target == "closed")
    assert set(STATE_LABELS) == set(STATUSES)


@pytest.mark.parametrize(
    ("status", "actor", "moves"),
    [
        ("unpaid", SHOPPER, ["cancel"]),
        ("paid", SHOPPER, ["cancel"]),
        ("picking", SHOPPER, []),
        ("shipping", SHOPPER, []),
        ("delivered", SHOPPER, ["complete"]),
        ("completed", SHOPPER, []),
        ("closed", SHOPPER, []),
        ("expired", SHOPPER, []),
        ("paid", STAFF, ["close", "pick"]),
        ("picking", STAFF, ["close", "ship"]),
        ("shipping", STAFF, ["deliver", "fail"]),
        ("unpaid", PROVIDER, ["pay"]),
    ],
)
def test_buttons_come_from_the_table(status: str, actor: str, moves: list[str]) -> None:
    assert allowed(status, actor) == moves


@pytest.mark.parametrize(
    ("actor", "role"),
    [("user:7", SHOPPER), ("staff:ann", STAFF), ("system", SYSTEM), ("provider:x", PROVIDER)],
)
def test_an_actor_has_a_role(actor: str, role: str) -> None:
    assert role_of(actor) == role


async def move_from(session: AsyncSession, order: Order, status: str) -> None:
    reason = "user" if status == "closed" else None
    await session.execute(update(Order).values(status=status, close_reason=reason))


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("name", [name for name in TABLE if name != "place"])
async def test_a_move_happens_from_its_sources_only(
    session: AsyncSession, order: Order, name: str, status: str
) -> None:
    await move_from(session, order, status)
    sources, target, _ = TABLE[name]

    moved = await make_move(session, order.id, name, actor="system", now=utcnow())

    after = await order_of(session, order.no)
    events = await history_of(session, order.no)
    if status in sources:
        assert (moved, after.status) == (status, target)
        assert events == ["placed", TRANSITIONS[name].event]
        assert after.close_reason == TRANSITIONS[name].close_reason
    else:
        assert (moved, after.status, events) == (None, status, ["placed"])


async def test_a_guard_that_says_no_changes_nothing(session: AsyncSession, order: Order) -> None:
    free = Order.pay_fen == 0

    moved = await make_move(session, order.id, "settle", free, actor="system", now=utcnow())

    assert moved is None
    assert (await order_of(session, order.no)).status == "unpaid"
    assert await history_of(session, order.no) == ["placed"]


@pytest.mark.parametrize(
    ("name", "target", "column"),
    [("deliver", "delivered", "delivered_at"), ("complete", "completed", "completed_at")],
)
async def test_a_move_notes_when(
    session: AsyncSession, order: Order, name: str, target: str, column: str
) -> None:
    await move_from(session, order, TABLE[name][0][0])
    now = utcnow()

    await make_move(session, order.id, name, actor="system", now=now)

    after = await order_of(session, order.no)
    assert (after.status, getattr(after, column)) == (target, now)


async def test_an_event_says_who_and_from_where(session: AsyncSession, order: Order) -> None:
    now = utcnow()
    await move_from(session, order, "paid")

    await make_move(session, order.id, "cancel", actor="user:7", now=now)

    event = (
        await session.scalars(
            select(OrderEvent).where(OrderEvent.order_id == order.id, OrderEvent.seq == 2)
        )
    ).one()
    assert (event.kind, event.from_status, event.to_status) == ("cancelled", "paid", "closed")
    assert (event.actor, event.at) == ("user:7", now)


async def test_a_refusal_names_what_is_possible(session: AsyncSession, order: Order) -> None:
    use_locale(EN)
    await move_from(session, order, "delivered")

    with pytest.raises(MoveRefused) as refusal:
        await must_move(session, order.id, "cancel", actor="user:7", now=utcnow())

    error = refusal.value
    assert (error.status, error.status_now, error.moves) == (409, "delivered", ("complete",))
    assert say(error.message, error.params) == (
        "That is not possible: the order is “Delivered”. Possible now: I have received it."
    )


async def test_a_refusal_says_when_nothing_is_possible(session: AsyncSession, order: Order) -> None:
    await move_from(session, order, "closed")

    with pytest.raises(MoveRefused) as refusal:
        await must_move(session, order.id, "pick", actor="staff:ann", now=utcnow())

    assert refusal.value.moves == ()
    assert "Nothing" in refusal.value.message


async def test_an_unknown_order_is_not_found(session: AsyncSession) -> None:
    with pytest.raises(NotFound):
        await must_move(session, 2**40, "pick", actor="staff:ann", now=utcnow())
