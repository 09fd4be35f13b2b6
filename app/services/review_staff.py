"""What the shop does with reviews: let them be seen, hide them, answer, look after bad ones."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed
from app.errors import N_, Conflict, NotFound
from app.models import Goods, Review, ReviewPhoto, ServiceCase, User
from app.services.messages import tell
from app.services.review_ratings import move_rating
from app.services.reviews import lock_review, marks_of

MOST_LISTED = 50
MINE = "/axf/reviews/"

Columns = Select[*tuple[Any, ...]]  # Any: SQLAlchemy's own type of a row of many columns


@dataclass(frozen=True, slots=True)
class StaffReview:
    """A review as the shop's people see it; `case_opened_at` when it is a bad one."""

    id: int
    author: str
    goods_id: int
    name_zh: str
    name_en: str
    stars: int
    fresh: int
    body: str
    status: str
    held_for: str
    hidden_reason: str
    reply: str
    created_at: datetime
    photos: int
    case_opened_at: datetime | None


async def list_queue(session: AsyncSession, *, after: int = 0) -> list[StaffReview]:
    """Those that wait to be read, oldest first, from behind the review `after`."""
    waiting = _select_staff().where(Review.status == "pending", Review.id > after)
    return await _list_staff(session, waiting.order_by(Review.id))


async def list_cases(session: AsyncSession, *, after: int = 0) -> list[StaffReview]:
    """The bad reviews that nobody has looked after, oldest first."""
    cases = _select_staff().where(ServiceCase.closed_at.is_(None), ServiceCase.review_id > after)
    return await _list_staff(session, cases.order_by(Review.id))


def _select_staff() -> Columns:
    photos = (
        select(func.count())
        .select_from(ReviewPhoto)
        .where(ReviewPhoto.review_id == Review.id)
        .scalar_subquery()
    )
    return (
        select(
            Review.id,
            User.username,
            Review.goods_id,
            Goods.name_zh,
            Goods.name_en,
            Review.stars,
            Review.fresh,
            Review.body,
            Review.status,
            Review.held_for,
            Review.hidden_reason,
            Review.reply,
            Review.created_at,
            photos,
            ServiceCase.created_at,
        )
        .join(User, User.id == Review.user_id)
        .join(Goods, Goods.id == Review.goods_id)
        .outerjoin(ServiceCase, ServiceCase.review_id == Review.id)
    )


async def _list_staff(session: AsyncSession, query: Columns) -> list[StaffReview]:
    return [StaffReview(*row) for row in await session.execute(query.limit(MOST_LISTED))]


async def approve_review(session: AsyncSession, review_id: int, *, now: datetime) -> None:
    """Let everybody see it, also when it was hidden before; again is no harm."""
    review = await lock_review(session, review_id)
    if review.status == "visible":
        return
    review.status, review.held_for, review.hidden_reason = "visible", "", ""
    await session.flush()
    await move_rating(session, review.goods_id, gone=None, new=marks_of(review))
    await _tell(session, review, "review_approved", now)


async def hide_review(session: AsyncSession, review_id: int, *, reason: str, now: datetime) -> None:
    """Take it away from the page and out of the rating; its author is told why."""
    review = await lock_review(session, review_id)
    if review.status == "hidden":
        if review.hidden_reason != reason:
            raise Conflict(N_("This review is hidden already"))
        return
    gone = marks_of(review)
    review.status, review.held_for, review.hidden_reason = "hidden", "", reason
    await session.flush()
    await move_rating(session, review.goods_id, gone=gone, new=None)
    await _tell(session, review, "review_hidden", now, reason=reason)


async def reply_to_review(
    session: AsyncSession, review_id: int, *, reply: str, now: datetime
) -> None:
    """Answer in the shop's name; a later answer takes the place of the earlier one."""
    review = await lock_review(session, review_id)
    if review.reply == reply:
        return
    review.reply, review.reply_at = reply, now
    await session.flush()
    await _tell(session, review, "review_replied", now)


async def close_case(session: AsyncSession, review_id: int, *, actor: str, now: datetime) -> None:
    """Somebody has looked after this bad review; again is no harm."""
    closed = await count_changed(
        session,
        update(ServiceCase)
        .where(ServiceCase.review_id == review_id, ServiceCase.closed_at.is_(None))
        .values(closed_at=now, closed_by=actor),
    )
    if not closed:
        known = select(ServiceCase.id).where(ServiceCase.review_id == review_id)
        if await session.scalar(known) is None:
            raise NotFound


async def _tell(
    session: AsyncSession, review: Review, kind: str, now: datetime, **params: str
) -> None:
    names = (
        await session.execute(
            select(Goods.name_zh, Goods.name_en).where(Goods.id == review.goods_id)
        )
    ).one()
    await tell(
        session,
        review.user_id,
        kind,
        # It may be hidden and shown again, and each time is news.
        f"{review.id} {now.isoformat()}",
        params={"name_zh": names[0], "name_en": names[1], **params},
        link=MINE,
        now=now,
    )
