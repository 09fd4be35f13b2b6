"""Asking for a review once an order is completed."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order, OrderLine
from app.services.happenings import Happening
from app.services.messages import tell
from app.services.reviews import is_open_to_review


async def invite_to_review(session: AsyncSession, happening: Happening) -> None:
    """Tell the shopper, unless nothing is left to be reviewed."""
    is_open = (
        select(OrderLine.id)
        .where(OrderLine.order_id == happening.order_id, is_open_to_review())
        .exists()
    )
    order = (
        await session.execute(
            select(Order.no, Order.user_id).where(Order.id == happening.order_id, is_open)
        )
    ).one_or_none()
    if order is not None:
        no, user_id = order
        await tell(
            session,
            user_id,
            "review_invite",
            no,
            params={"no": no},
            link=f"/axf/orders/{no}/review/",
            now=happening.now,
        )
