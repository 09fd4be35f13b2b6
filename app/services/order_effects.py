"""What follows from something that happened to an order, in the same transaction."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from app.services.coupon_news import tell_of_coupons
from app.services.growth import count_completed, count_refunded
from app.services.happenings import Effect, Happening
from app.services.order_messages import tell_of_order, tell_of_refund
from app.services.points import earning
from app.services.review_invites import invite_to_review

# In the order in which they are carried out. An effect must be right also when it runs again.
EFFECTS: Mapping[str, tuple[Effect, ...]] = {
    "cancelled": (tell_of_coupons,),
    "expired": (tell_of_order, tell_of_coupons),
    "closed": (tell_of_order, tell_of_coupons),
    "shipping": (tell_of_order,),
    "delivered": (tell_of_order, earning.promise),
    "completed": (count_completed, invite_to_review),
    "failed": (tell_of_order, earning.give_all_back),
    "refund_done": (tell_of_refund, count_refunded, earning.settle_refund),
    "given_up": (earning.settle_refund,),
}


async def carry_out(session: AsyncSession, happening: Happening) -> None:
    for effect in EFFECTS.get(happening.kind, ()):
        await effect(session, happening)
