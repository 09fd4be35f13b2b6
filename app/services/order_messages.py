"""The news of an order that its shopper finds in the message box."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order, Refund
from app.services.happenings import Happening
from app.services.messages import tell

# Of which events there is news, and under which kind of message.
NEWS: Mapping[str, str] = {
    "shipping": "order_shipping",
    "delivered": "order_delivered",
    "expired": "order_timeout",
    "closed": "order_closed",
    "failed": "order_failed",
}


async def tell_of_order(session: AsyncSession, happening: Happening) -> None:
    """Once for each of these events of an order, as each happens to it once."""
    kind = NEWS[happening.kind]
    user_id, no = await _owner_and_no(session, happening.order_id)
    await tell(
        session,
        user_id,
        kind,
        str(happening.order_id),
        params={"no": no},
        link=f"/axf/orders/{no}/",
        now=happening.now,
    )


async def tell_of_refund(session: AsyncSession, happening: Happening) -> None:
    """Once for each refund, with its sum."""
    user_id, no = await _owner_and_no(session, happening.order_id)
    sum_fen = await session.scalar(select(Refund.amount_fen).where(Refund.no == happening.note))
    await tell(
        session,
        user_id,
        "refund_done",
        happening.note,
        params={"no": no, "sum_fen": sum_fen or 0},
        link=f"/axf/orders/{no}/",
        now=happening.now,
    )


async def _owner_and_no(session: AsyncSession, order_id: int) -> tuple[int, str]:
    row = (await session.execute(select(Order.user_id, Order.no).where(Order.id == order_id))).one()
    return row[0], row[1]
