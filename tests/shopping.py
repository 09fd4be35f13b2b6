"""Shoppers on their way to an order, and the check of the books afterwards."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.models import CartLine, Goods, Order, OrderEvent, Stock, User
from app.models.base import utcnow
from app.providers import Notice
from app.services.addresses import Place
from app.services.audit import check_rules
from app.services.basket import Basket, Wishes
from app.services.checkout import NOT_CHOSEN, Checkout, Choice, get_checkout
from app.services.payments import begin_payment
from app.services.placing import PlacedOrder, place_order
from app.services.quote import Delivery
from app.services.quote_changes import Shown
from tests.factories import make_address, make_user

DELIVERY = Delivery(fee_fen=500, free_from_fen=3900)
KEY = "key-0123456789abcdef"


async def put_in_cart(
    session: AsyncSession, user: User, goods: Goods, quantity: int = 1, *, is_select: bool = True
) -> CartLine:
    line = CartLine(
        user_id=user.id,
        goods_id=goods.id,
        quantity=quantity,
        is_select=is_select,
        seen_price_fen=goods.price_fen,
    )
    session.add(line)
    await session.flush()
    return line


async def make_buyer(session: AsyncSession, *basket: tuple[Goods, int]) -> User:
    """A shopper with an address and these goods in the cart, in this order."""
    user = await make_user(session)
    await make_address(session, user)
    for goods, quantity in basket:
        await put_in_cart(session, user, goods, quantity)
    return user


async def look(session: AsyncSession, user_id: int, choice: Choice = NOT_CHOSEN) -> Checkout:
    """What the check-out page shows."""
    return await get_checkout(session, user_id, DELIVERY, choice, now=utcnow())


async def place(
    session: AsyncSession,
    user_id: int,
    *,
    key: str = KEY,
    agreed: Shown | None = None,
    choice: Choice | None = None,
    note: str = "",
    wishes: Wishes | None = None,
    place: Place | None = None,
    now: datetime | None = None,
    minutes: int = 15,
) -> PlacedOrder:
    """Place what the shopper would see now, or what `agreed` says they saw."""
    now = now or utcnow()
    seen = await get_checkout(session, user_id, DELIVERY, choice or NOT_CHOSEN, now=now)
    if choice is None:
        choice = Choice(seen.slot.id if seen.slot else None, frozenset(seen.quote.coupon_ids))
    basket = Basket(agreed or seen.shown, choice, wishes or Wishes(note), place)
    return await place_order(session, user_id, key, basket, DELIVERY, now=now, pay_minutes=minutes)


async def pay_notice(db: Database, user_id: int, no: str, *, ref: str = "R1") -> Notice:
    """Begin to pay, and what the provider will then say."""
    payment = await db.write(begin_payment, user_id, no, "sandbox", now=utcnow())
    assert payment is not None
    return Notice("sandbox", payment.payment_no, ref, payment.amount_fen)


async def stock_of(session: AsyncSession, goods_id: int) -> tuple[int, int]:
    rows = await session.execute(
        select(Stock.on_hand, Stock.allocated).where(Stock.goods_id == goods_id)
    )
    on_hand, allocated = rows.one()
    return on_hand, allocated


async def order_of(session: AsyncSession, no: str) -> Order:
    return (
        await session.scalars(
            select(Order).where(Order.no == no).execution_options(populate_existing=True)
        )
    ).one()


async def history_of(session: AsyncSession, no: str) -> list[str]:
    rows = await session.scalars(
        select(OrderEvent.kind)
        .join(Order, Order.id == OrderEvent.order_id)
        .where(Order.no == no)
        .order_by(OrderEvent.seq)
    )
    return list(rows)


async def wrong_books(session: AsyncSession, *, about: str = "") -> list[str]:
    """What does not add up, by the rules of `axf audit`: the rule and the first rows.

    A test that moves one table only can say `about` which the rules should be.
    """
    return [
        f"{finding.rule.name}: {row}"
        for finding in await check_rules(session)
        for row in finding.rows
        if finding.rule.name.startswith(about)
    ]
