"""Placing an order: everything in it is claimed in one transaction, or nothing is."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Again, count_changed
from app.errors import N_, CheckoutRefused, InvalidInput, Message, NotFound, Words
from app.models import CartLine, Order, OrderEvent, OrderLine, User
from app.services.cart import Line
from app.services.checkout import Checkout, get_checkout
from app.services.idempotency import claim_key
from app.services.numbers import new_order_no
from app.services.order_moves import TRANSITIONS
from app.services.quote import Delivery
from app.services.stock import claim_stock, list_left, note_allocated

MOST_UNPAID = 3


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """`no` is the order's public number."""

    no: str


async def place_order(
    session: AsyncSession,
    user_id: int,
    key: str,
    expected_hash: str,
    delivery: Delivery,
    *,
    note: str,
    now: datetime,
    pay_by: datetime,
) -> PlacedOrder:
    """Turn the selected lines of the cart into an order, once for each key.

    All prices are read here; the form only says, by its hash, what the shopper has seen. Raises
    CheckoutRefused when that is no longer so, or when there is not enough left.
    """
    await _wait_for_turn(session, user_id)
    placed = PlacedOrder(new_order_no())
    content = hashlib.sha256(repr((expected_hash, note)).encode()).hexdigest()
    earlier = await claim_key(session, user_id, key, fingerprint=content, answer=placed.no)
    if earlier is not None:
        return PlacedOrder(earlier)
    checkout = await get_checkout(session, user_id, delivery)
    _check_offer(checkout, expected_hash)
    await _check_unpaid(session, user_id, now)
    await _claim_lines(session, checkout)
    order = _make_order(checkout, placed.no, user_id, note=note, now=now, pay_by=pay_by)
    await _write_order(session, order, checkout)
    await _clear_cart(session, user_id, checkout)
    return placed


async def _wait_for_turn(session: AsyncSession, user_id: int) -> None:
    """Let one shopper's orders in one after the other, different shoppers side by side.

    With the user's row locked, nobody can add to the number of unpaid orders between counting
    and placing, and of twenty copies of one form nineteen find the key taken instead of
    colliding on it. It stands before the key's own row, whose foreign key would otherwise share
    the lock first and then deadlock when two ask for more. SQLite has one writer anyway.
    """
    query = select(User.id).where(User.id == user_id).with_for_update()
    if await session.scalar(query) is None:
        raise NotFound


def _check_offer(checkout: Checkout, expected_hash: str) -> None:
    if checkout.address is None:
        raise InvalidInput.of("address", N_("Please say where the order should go"))
    if checkout.hash != expected_hash:
        raise CheckoutRefused(
            lines={_field(line): _shortage(line, line.card.left) for line in checkout.left_out}
        )
    if not checkout.lines:
        raise CheckoutRefused(N_("There is nothing to order: nothing in the cart is selected"))


async def _check_unpaid(session: AsyncSession, user_id: int, now: datetime) -> None:
    """A few orders must not hold the whole shop's stock until they expire."""
    waiting = await session.scalar(
        select(func.count()).where(
            Order.user_id == user_id, Order.status == "unpaid", Order.pay_by > now
        )
    )
    if (waiting or 0) >= MOST_UNPAID:
        raise CheckoutRefused(
            N_("%(most)s orders are waiting for payment. Please pay or cancel one first."),
            most=MOST_UNPAID,
        )


async def _claim_lines(session: AsyncSession, checkout: Checkout) -> None:
    lines = {line.card.id: line for line in checkout.lines}
    short = await claim_stock(session, _wanted(checkout))
    if short:
        left = await list_left(session, short)
        raise CheckoutRefused(
            N_("Others were faster. Nothing has been ordered yet."),
            lines={
                _field(lines[goods_id]): _shortage(lines[goods_id], left.get(goods_id, 0))
                for goods_id in short
            },
        )


def _wanted(checkout: Checkout) -> dict[int, int]:
    return {line.goods_id: line.quantity for line in checkout.quote.lines}


def _field(line: Line) -> str:
    return f"goods-{line.card.id}"


def _shortage(line: Line, left: int) -> Message:
    name = Words(line.card.name_zh, line.card.name_en)
    if left <= 0 or not line.card.on_sale:
        return Message(N_("%(name)s is sold out"), {"name": name})
    return Message(N_("Only %(left)s of %(name)s left"), {"left": left, "name": name})


def _make_order(
    checkout: Checkout, no: str, user_id: int, *, note: str, now: datetime, pay_by: datetime
) -> Order:
    quote, address = checkout.quote, checkout.address
    assert address is not None  # noqa: S101 - _check_offer refused
    return Order(
        no=no,
        user_id=user_id,
        goods_fen=quote.goods_fen,
        ship_fen=quote.ship_fen,
        off_fen=quote.off_fen,
        points_fen=quote.points_fen,
        pay_fen=quote.pay_fen,
        quantity=quote.quantity,
        receiver=address.receiver,
        phone=address.phone,
        area=address.area,
        room=address.room,
        note=note,
        placed_at=now,
        pay_by=pay_by,
    )


async def _write_order(session: AsyncSession, order: Order, checkout: Checkout) -> None:
    session.add(order)
    await session.flush()
    actor = f"user:{order.user_id}"
    lines = sorted(checkout.lines, key=lambda line: line.card.id)
    await session.execute(insert(OrderLine), [_frozen(order.id, line) for line in lines])
    await note_allocated(session, order.id, _wanted(checkout), actor=actor)
    move = TRANSITIONS["place"]
    await session.execute(
        insert(OrderEvent).values(
            order_id=order.id,
            seq=1,
            kind=move.event,
            to_status=move.target,
            actor=actor,
            at=order.placed_at,
        )
    )


def _frozen(order_id: int, line: Line) -> dict[str, int | str]:
    """The line as it is bought, by value: it never follows the goods again."""
    gross_fen = line.card.price_fen * line.quantity
    return {
        "order_id": order_id,
        "goods_id": line.card.id,
        "name_zh": line.card.name_zh,
        "name_en": line.card.name_en,
        "spec": line.card.spec,
        "picture": line.card.picture,
        "tint": line.card.tint,
        "quantity": line.quantity,
        "unit_fen": line.card.price_fen,
        "gross_fen": gross_fen,
        "pay_fen": gross_fen,
    }


async def _clear_cart(session: AsyncSession, user_id: int, checkout: Checkout) -> None:
    """Take the bought lines out. One more that was added meanwhile is not ours to throw away."""
    bought = [(line.card.id, line.quantity) for line in checkout.lines]
    gone = await count_changed(
        session,
        delete(CartLine).where(
            CartLine.user_id == user_id,
            tuple_(CartLine.goods_id, CartLine.quantity).in_(bought),
        ),
    )
    if gone != len(bought):
        raise Again
