"""Finding a review helpful, and taking that back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed
from app.errors import N_, Forbidden, NotFound, TooMany
from app.models import Review, ReviewVote
from app.services.reviews import lock_review

MOST_AT_ONCE, AT_ONCE = 30, timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Vote:
    """How it stands after the press: how many found the review helpful, and whether I do.

    The fields are those that the button shows (`id` is the review's).
    """

    id: int
    goods_id: int
    helpful: int
    is_helped: bool
    is_own: bool = False


async def toggle_helpful(
    session: AsyncSession, user_id: int, review_id: int, *, now: datetime
) -> Vote:
    """One's vote for a visible review of somebody else's, given or taken back."""
    review = await lock_review(session, review_id)
    if review.status != "visible":
        raise NotFound
    if review.user_id == user_id:
        raise Forbidden(N_("This is a review of your own"))
    # The review's lock makes votes for it happen one after the other, so this cannot be raced.
    of_mine = (ReviewVote.review_id == review_id) & (ReviewVote.user_id == user_id)
    was_helped = await count_changed(session, delete(ReviewVote).where(of_mine)) == 1
    if not was_helped:
        await _brake(session, user_id, now)
        row = {"review_id": review_id, "user_id": user_id, "created_at": now}
        await session.execute(insert(ReviewVote).values(row))
    change = -1 if was_helped else 1
    await session.execute(
        update(Review)
        .where(Review.id == review_id)
        .values(helpful=Review.helpful + change)
        .execution_options(synchronize_session=False)
    )
    return Vote(review_id, review.goods_id, review.helpful + change, not was_helped)


async def _brake(session: AsyncSession, user_id: int, now: datetime) -> None:
    recent = (ReviewVote.user_id == user_id) & (ReviewVote.created_at > now - AT_ONCE)
    if (await session.scalar(select(func.count()).where(recent)) or 0) >= MOST_AT_ONCE:
        raise TooMany(seconds=int(AT_ONCE.total_seconds()))
