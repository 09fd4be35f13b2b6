"""Placing an order: everything in it is claimed in one transaction, or nothing is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Again, count_changed
from app.errors import N_, CheckoutRefused, NotFound
from app.models import CartLine, Order, User
from app.services import addresses
from app.services.addresses import Place
from app.services.basket import Basket
from app.services.checkout import Checkout, get_checkout
from app.services.claims import claim_everything, wanted_of
from app.services.idempotency import claim_key
from app.services.numbers import new_order_no
from app.services.offer_check import check_offer
from app.services.order_rows import write_lines, write_order
from app.services.payments import settle_free
from app.services.quote import Delivery
from app.services.stock import note_allocated

MOST_UNPAID = 3


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """`no` is the order's public number."""

    no: str


async def place_order(
    session: AsyncSession,
    user_id: int,
    key: str,
    basket: Basket,
    delivery: Delivery,
    *,
    now: datetime,
    pay_minutes: int,
) -> PlacedOrder:
    """Turn the selected lines of the cart into an order, once for each key.

    All prices are read here; the form only says what the shopper has seen. Raises
    CheckoutRefused when that is no longer so, or when there is not enough left.
    What others want, too, is claimed as late as possible.
    """
    await _wait_for_turn(session, user_id)
    placed = PlacedOrder(new_order_no())
    earlier = await claim_key(
        session, user_id, key, fingerprint=basket.fingerprint, answer=placed.no
    )
    if earlier is not None:
        return PlacedOrder(earlier)
    checkout = await get_checkout(session, user_id, delivery, basket.choice, now=now)
    check_offer(checkout, basket)
    await _check_unpaid(session, user_id, now)
    await _clear_cart(session, user_id, checkout)
    order_id = await write_order(
        session,
        checkout,
        await _settle_place(session, user_id, checkout, basket),
        basket.wishes,
        no=placed.no,
        user_id=user_id,
        now=now,
        pay_by=now + timedelta(minutes=checkout.minutes_to_pay(pay_minutes)),
    )
    await claim_everything(session, user_id, order_id, checkout, now)
    await write_lines(session, order_id, checkout, basket.wishes)
    await note_allocated(session, order_id, wanted_of(checkout), actor=f"user:{user_id}")
    if checkout.quote.pay_fen == 0:
        await settle_free(session, order_id, now=now)
    return placed


async def _wait_for_turn(session: AsyncSession, user_id: int) -> None:
    """Let one shopper's orders in one after the other, different shoppers side by side.

    With the user's row locked, nobody can add to the number of unpaid orders between counting
    and placing, and of twenty copies of one form nineteen find the key taken instead of
    colliding on it. It stands before the key's own row, whose foreign key would otherwise share
    the lock first and then deadlock when two ask for more. SQLite has one writer anyway.
    """
    query = select(User.id).where(User.id == user_id, User.is_active).with_for_update()
    if await session.scalar(query) is None:  # closed a moment ago
        raise NotFound


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


async def _settle_place(
    session: AsyncSession, user_id: int, checkout: Checkout, basket: Basket
) -> Place:
    """The saved address; the typed one is saved with the order when there was none."""
    known, typed = checkout.address, basket.place
    if known is not None:
        return known.place
    assert typed is not None  # noqa: S101 - check_offer refused
    await addresses.add_address(session, user_id, typed, is_default=True)
    return typed
