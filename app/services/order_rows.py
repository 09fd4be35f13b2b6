"""Writing a new order: its row, its frozen lines, and what came off each of them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order, OrderLine, OrderLineOff
from app.services.addresses import Place
from app.services.basket import LineWish, Wishes
from app.services.cart import Line
from app.services.checkout import Checkout
from app.services.order_moves import TRANSITIONS, note_event
from app.services.quote import QuotedLine
from app.services.regions import region_words


async def write_order(
    session: AsyncSession,
    checkout: Checkout,
    place: Place,
    wishes: Wishes,
    *,
    no: str,
    user_id: int,
    now: datetime,
    pay_by: datetime,
) -> int:
    """The order's own row and the first line of its history; returns its id."""
    quote, slot = checkout.quote, checkout.slot
    order = Order(
        no=no,
        user_id=user_id,
        goods_fen=quote.goods_fen,
        ship_fen=quote.ship_fen,
        off_fen=quote.off_fen,
        points_fen=quote.points_fen,
        pay_fen=quote.pay_fen,
        quantity=quote.quantity,
        **place_columns(place),
        note=wishes.note,
        if_sold_out=wishes.if_sold_out,
        slot_id=slot.id if slot else None,
        slot_starts_at=slot.starts_at if slot else None,
        slot_ends_at=slot.ends_at if slot else None,
        placed_at=now,
        pay_by=pay_by,
    )
    session.add(order)
    await session.flush()
    move = TRANSITIONS["place"]
    await note_event(
        session, order.id, move.event, None, move.target, actor=f"user:{user_id}", now=now
    )
    return order.id


def place_columns(place: Place) -> dict[str, str]:
    """The address by value, its district in words: the order never follows the book."""
    return asdict(place) | {"region": region_words(place.region)}


async def write_lines(
    session: AsyncSession, order_id: int, checkout: Checkout, wishes: Wishes
) -> None:
    """In goods order. Inserting takes a shared lock on the goods, so it comes after the claims."""
    rows = sorted(checkout.rows, key=lambda row: row[0].card.id)
    frozen = [_frozen(order_id, *row, wishes.of(row[0].card.id)) for row in rows]
    await session.execute(insert(OrderLine), frozen)
    offs = {quoted.goods_id: quoted.offs for _, quoted in rows if quoted.offs}
    if offs:
        ids = await _line_ids(session, order_id)
        await session.execute(
            insert(OrderLineOff),
            [
                {
                    "line_id": ids[goods_id],
                    "lane": off.lane,
                    "source": off.source,
                    "amount_fen": off.amount_fen,
                }
                for goods_id, parts in offs.items()
                for off in parts
            ],
        )


async def _line_ids(session: AsyncSession, order_id: int) -> Mapping[int, int]:
    rows = await session.execute(
        select(OrderLine.goods_id, OrderLine.id).where(OrderLine.order_id == order_id)
    )
    return {row[0]: row[1] for row in rows}


def _frozen(
    order_id: int, line: Line, quoted: QuotedLine, wish: LineWish
) -> dict[str, Any]:  # Any: values of several columns
    """The line as it is bought, by value: it never follows the goods again."""
    return {
        "order_id": order_id,
        "goods_id": line.card.id,
        "name_zh": line.card.name_zh,
        "name_en": line.card.name_en,
        "spec": line.card.spec,
        "picture": line.card.picture,
        "tint": line.card.tint,
        "quantity": line.quantity,
        "unit_fen": quoted.unit_fen,
        "gross_fen": quoted.gross_fen,
        "off_fen": quoted.off_fen,
        "points_fen": quoted.points_fen,
        "pay_fen": quoted.pay_fen,
        "note": wish.note,
        "if_sold_out": wish.if_sold_out,
        "flash_item_id": quoted.flash_item_id,
    }
