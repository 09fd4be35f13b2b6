"""Claiming what a new order needs and others want, too: all of it, or the order is refused."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import N_, CheckoutRefused, Message
from app.services import coupons, flash, slots
from app.services.checkout import Checkout
from app.services.offer_check import field_of, shortage, slot_refused
from app.services.points import spending
from app.services.stock import claim_stock, list_left

OTHERS_WERE_FASTER = N_("Others were faster. Nothing has been ordered yet.")


async def claim_everything(
    session: AsyncSession, user_id: int, order_id: int, checkout: Checkout, now: datetime
) -> None:
    """By everybody in the same order, so that nobody waits in a circle: points, coupons, delivery
    window, flash items, stock. Closing an order gives it back in that order, too."""
    await _spend_points(session, user_id, order_id, checkout, now)
    await _hold_coupons(session, user_id, order_id, checkout, now)
    await _claim_slot(session, checkout, now)
    await _claim_flash(session, user_id, checkout, now)
    await _claim_stock(session, checkout)


async def _spend_points(
    session: AsyncSession, user_id: int, order_id: int, checkout: Checkout, now: datetime
) -> None:
    if not await spending.spend(session, user_id, order_id, checkout.quote.points_fen, now):
        text = N_("Your points can no longer be used")
        raise CheckoutRefused(lines={"points": Message(text, {})})


async def _hold_coupons(
    session: AsyncSession, user_id: int, order_id: int, checkout: Checkout, now: datetime
) -> None:
    for coupon_id in checkout.quote.coupon_ids:
        if not await coupons.hold(session, coupon_id, user_id, order_id, now):
            text = N_("A coupon can no longer be used")
            raise CheckoutRefused(lines={"coupon": Message(text, {})})


async def _claim_slot(session: AsyncSession, checkout: Checkout, now: datetime) -> None:
    if checkout.slot and not await slots.claim(session, checkout.slot.id, now):
        raise slot_refused()


async def _claim_flash(
    session: AsyncSession, user_id: int, checkout: Checkout, now: datetime
) -> None:
    wanted = {x.flash_item_id: x for x in checkout.quote.lines if x.flash_item_id is not None}
    pieces = {item_id: line.quantity for item_id, line in wanted.items()}
    short = await flash.claim(session, user_id, pieces, now)
    if short:
        reasons = await flash.explain(session, user_id, {i: pieces[i] for i in short}, now)
        raise CheckoutRefused(
            OTHERS_WERE_FASTER,
            lines={field_of(wanted[item_id].goods_id): reasons[item_id] for item_id in reasons},
        )


async def _claim_stock(session: AsyncSession, checkout: Checkout) -> None:
    lines = {line.card.id: line for line in checkout.lines}
    short = await claim_stock(session, wanted_of(checkout))
    if short:
        left = await list_left(session, short)
        raise CheckoutRefused(
            OTHERS_WERE_FASTER,
            lines={
                field_of(goods_id): shortage(lines[goods_id], left.get(goods_id, 0))
                for goods_id in short
            },
        )


def wanted_of(checkout: Checkout) -> dict[int, int]:
    return {line.goods_id: line.quantity for line in checkout.quote.lines}
