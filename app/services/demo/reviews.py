"""What the demo shoppers say about what came to them, written and answered as everybody's is."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order, OrderLine, Review, User
from app.services.demo.files import read_reviews
from app.services.demo.parts import DemoReview
from app.services.review_staff import approve_review, reply_to_review
from app.services.review_votes import toggle_helpful
from app.services.reviews import ARRIVED, Opinion, write_review

READ_AFTER, ANSWERED_AFTER = timedelta(minutes=40), timedelta(hours=3)


async def add_reviews(
    session: AsyncSession, users: Sequence[User], goods_ids: Mapping[str, int]
) -> int:
    """Of these shoppers, about orders of theirs that came; returns how many."""
    by_name = {user.username: user for user in users}
    told = [review for review in read_reviews() if review.by in by_name]
    for review in told:
        await _add_review(session, review, by_name, goods_ids[review.good])
    return len(told)


async def _add_review(
    session: AsyncSession, told: DemoReview, users: Mapping[str, User], goods_id: int
) -> None:
    author = users[told.by]
    no, line_id, came_at = await _find_line(session, author.id, goods_id)
    now = came_at + timedelta(hours=told.hours)
    opinion = Opinion(told.stars, told.fresh, told.body, told.anonymous)
    await write_review(session, author.id, no, goods_id, opinion, now=now)
    review_id = (
        await session.scalars(select(Review.id).where(Review.order_line_id == line_id))
    ).one()
    await approve_review(session, review_id, now=now + READ_AFTER)
    for name in told.helpful:
        if name in users:
            await toggle_helpful(session, users[name].id, review_id, now=now + READ_AFTER)
    if told.reply:
        await reply_to_review(session, review_id, reply=told.reply, now=now + ANSWERED_AFTER)


async def _find_line(
    session: AsyncSession, user_id: int, goods_id: int
) -> tuple[str, int, datetime]:
    """The number of the latest order of theirs in which it came, the line, and when."""
    row = (
        await session.execute(
            select(Order.no, OrderLine.id, Order.delivered_at)
            .join(OrderLine, OrderLine.order_id == Order.id)
            .where(
                Order.user_id == user_id,
                Order.status.in_(ARRIVED),
                OrderLine.goods_id == goods_id,
            )
            .order_by(Order.id.desc())
            .limit(1)
        )
    ).one()
    no, line_id, came_at = row
    assert came_at is not None  # noqa: S101 - it has arrived
    return no, line_id, came_at
