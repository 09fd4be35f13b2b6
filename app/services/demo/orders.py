"""The demo shoppers' orders, with the history, payment and stock moves that they left behind."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, Order, OrderEvent, OrderLine, OrderLineOff, Payment, Stock, StockMove
from app.services.demo.coupons import mark_used, use_coupon
from app.services.demo.goods import ACTOR
from app.services.demo.placings import STEPS, Placing
from app.services.demo.shipments import add_shipment
from app.services.numbers import new_order_no, new_payment_no
from app.services.order_rows import place_columns
from app.services.quote import Delivery, Quote, QuotedLine, QuoteLine, quote

TO_PAY = timedelta(minutes=15)


async def add_orders(
    session: AsyncSession, placings: Sequence[Placing], delivery: Delivery, *, arrived_at: datetime
) -> None:
    """Write the orders, oldest first. What they take arrives in the store beforehand."""
    await _stock_up(session, placings, arrived_at=arrived_at)
    ids = {goods_id for placing in placings for goods_id in placing.pieces}
    goods = {
        good.id: good for good in await session.scalars(select(Goods).where(Goods.id.in_(ids)))
    }
    for placing in sorted(placings, key=lambda placing: placing.placed_at):
        await _add_order(session, placing, goods, delivery)
    await session.flush()


async def _stock_up(
    session: AsyncSession, placings: Iterable[Placing], *, arrived_at: datetime
) -> None:
    """Bring the goods in and leave both counters as all the moves together do."""
    came, left, held = Counter[int](), Counter[int](), Counter[int]()
    for placing in placings:
        came.update(placing.pieces)
        if "shipping" in placing.path:
            left.update(placing.pieces)
        elif placing.order.status != "closed":
            held.update(placing.pieces)
    for goods_id in sorted(came):
        await session.execute(
            update(Stock)
            .where(Stock.goods_id == goods_id)
            .values(
                on_hand=Stock.on_hand + came[goods_id] - left[goods_id],
                allocated=Stock.allocated + held[goods_id],
            )
        )
        session.add(_move(goods_id, "received", came[goods_id], actor=ACTOR, at=arrived_at))


async def _add_order(
    session: AsyncSession, placing: Placing, goods: Mapping[int, Goods], delivery: Delivery
) -> None:
    coupon = await use_coupon(session, placing)
    bill = quote(
        [
            QuoteLine.at_best(goods_id, count, goods[goods_id].price_fen)
            for goods_id, count in placing.pieces.items()
        ],
        delivery,
        coupons=[coupon.terms] if coupon else [],
    )
    order = _make_order(placing, bill)
    session.add(order)
    await session.flush()
    await _add_lines(session, order.id, bill, goods)
    if coupon:
        await mark_used(session, coupon, order.id)
    session.add_all(_make_events(order.id, placing))
    session.add_all(_make_moves(order.id, placing))
    if "paid" in placing.path:
        session.add(_make_payment(order, placing))
    if "shipping" in placing.path:
        await session.flush()
        await add_shipment(session, order.id, placing)


async def _add_lines(
    session: AsyncSession, order_id: int, bill: Quote, goods: Mapping[int, Goods]
) -> None:
    lines = [_make_line(order_id, line, goods[line.goods_id]) for line in bill.lines]
    session.add_all(lines)
    await session.flush()
    session.add_all(
        OrderLineOff(line_id=row.id, lane=off.lane, source=off.source, amount_fen=off.amount_fen)
        for row, line in zip(lines, bill.lines, strict=True)
        for off in line.offs
    )


def _make_order(placing: Placing, bill: Quote) -> Order:
    is_closed = placing.order.status == "closed"
    return Order(
        no=new_order_no(),
        user_id=placing.user.id,
        status=placing.order.status,
        close_reason="user" if is_closed else None,
        goods_fen=bill.goods_fen,
        ship_fen=bill.ship_fen,
        off_fen=bill.off_fen,
        points_fen=bill.points_fen,
        pay_fen=bill.pay_fen,
        quantity=bill.quantity,
        note=placing.order.note,
        placed_at=placing.placed_at,
        pay_by=placing.placed_at + TO_PAY if is_closed else None,
        paid_at=None if is_closed else placing.when("paid"),
        delivered_at=placing.when("delivered") if "delivered" in placing.path else None,
        completed_at=placing.when("completed") if "completed" in placing.path else None,
        closed_at=placing.when("closed") if is_closed else None,
        **place_columns(placing.shopper.places[0][0]),
    )


def _make_line(order_id: int, line: QuotedLine, good: Goods) -> OrderLine:
    return OrderLine(
        order_id=order_id,
        goods_id=good.id,
        name_zh=good.name_zh,
        name_en=good.name_en,
        spec=good.spec,
        picture=good.picture,
        tint=good.tint,
        quantity=line.quantity,
        unit_fen=line.unit_fen,
        gross_fen=line.gross_fen,
        off_fen=line.off_fen,
        pay_fen=line.pay_fen,
    )


def _make_events(order_id: int, placing: Placing) -> list[OrderEvent]:
    steps = [("placed", "unpaid", placing.placed_at)]
    steps += [(STEPS[status][1], status, placing.when(status)) for status in placing.path]
    sources = [None, "unpaid", *placing.path]
    return [
        OrderEvent(
            order_id=order_id,
            seq=seq,
            kind=kind,
            from_status=source,
            to_status=status,
            actor=placing.who(status),
            at=at,
        )
        for seq, (source, (kind, status, at)) in enumerate(
            zip(sources, steps, strict=False), start=1
        )
    ]


def _make_moves(order_id: int, placing: Placing) -> list[StockMove]:
    steps = [("allocated", 1, placing.placed_at, placing.who("unpaid"))]
    if "shipping" in placing.path:
        steps.append(("shipped", -1, placing.when("shipping"), placing.who("shipping")))
    elif placing.order.status == "closed":
        steps.append(("released", -1, placing.when("closed"), placing.who("closed")))
    return [
        _move(goods_id, kind, sign * quantity, actor=actor, at=at, order_id=order_id)
        for kind, sign, at, actor in steps
        for goods_id, quantity in sorted(placing.pieces.items())
    ]


def _move(
    goods_id: int,
    kind: str,
    quantity: int,
    *,
    actor: str,
    at: datetime,
    order_id: int | None = None,
) -> StockMove:
    return StockMove(
        goods_id=goods_id,
        kind=kind,
        quantity=quantity,
        order_id=order_id,
        actor=actor,
        created_at=at,
    )


def _make_payment(order: Order, placing: Placing) -> Payment:
    paid_at = placing.when("paid")
    return Payment(
        no=new_payment_no(),
        order_id=order.id,
        paid_for=order.id,
        provider="sandbox",
        provider_ref=f"demo-{order.no}",
        status="paid",
        amount_fen=order.pay_fen,
        received_fen=order.pay_fen,
        created_at=paid_at - timedelta(minutes=1),
        received_at=paid_at,
    )
