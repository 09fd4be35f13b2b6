"""Writing a review of something that came, and changing one's mind about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import upsert
from app.errors import N_, Conflict, NotFound, TooMany
from app.models import Order, OrderLine, Review, ServiceCase
from app.services.review_photos import NO_PHOTOS, Photos, add_photos, link_photos
from app.services.review_ratings import Marks, move_rating
from app.services.review_screen import screen

# The order has come, so what was in it can be judged.
ARRIVED = ("delivered", "completed")
EDIT_TIME = timedelta(days=30)
# So few stars are for somebody of the shop to look at.
BAD_STARS = 2
MOST_AT_ONCE, AT_ONCE = 10, timedelta(minutes=1)
FIRST, HIDDEN_BEFORE = "first", "hidden"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a shopper thinks of a good."""

    stars: int
    fresh: int
    body: str
    anonymous: bool

    @property
    def marks(self) -> Marks:
        return Marks(self.stars, self.fresh)


def is_open_to_review() -> ColumnElement[bool]:
    """Lines of which something was kept and which nobody has reviewed."""
    reviewed = select(Review.id).where(Review.order_line_id == OrderLine.id).exists()
    return (OrderLine.refunded_quantity < OrderLine.quantity) & ~reviewed


def awaits_review() -> ColumnElement[bool]:
    """Orders that have come and of which a line can still be reviewed."""
    lines = select(OrderLine.id).where(OrderLine.order_id == Order.id, is_open_to_review())
    return Order.status.in_(ARRIVED) & lines.exists()


async def write_review(
    session: AsyncSession,
    user_id: int,
    no: str,
    goods_id: int,
    opinion: Opinion,
    *,
    photos: Photos = NO_PHOTOS,
    now: datetime,
) -> str:
    """Review a line of one's own order, once for ever; the status it then has.

    The same words again are the same review. Raises NotFound, or Conflict when it cannot be.
    """
    line_id = await _lock_line(session, user_id, no, goods_id)
    query = select(Review).where(Review.order_line_id == line_id).with_for_update()
    earlier = (await session.scalars(query)).one_or_none()
    if earlier is not None:
        return _same(earlier, opinion)
    await _brake(session, user_id, now)
    held = screen(opinion.body)
    if await _is_first(session, user_id):
        held = (FIRST, *held)
    added = await add_photos(session, user_id, photos)
    review = Review(
        order_line_id=line_id,
        user_id=user_id,
        goods_id=goods_id,
        stars=opinion.stars,
        fresh=opinion.fresh,
        body=opinion.body,
        anonymous=opinion.anonymous,
        status="pending" if held else "visible",
        held_for=",".join(held),
        created_at=now,
    )
    session.add(review)
    await session.flush()
    await link_photos(session, user_id, review.id, added, photos)
    await _count(session, review, gone=None)
    await _open_case(session, review, now)
    return review.status


async def _lock_line(session: AsyncSession, user_id: int, no: str, goods_id: int) -> int:
    """The line's id, with the order's row locked: what follows happens one after the other."""
    order = (
        await session.execute(
            select(Order.id, Order.status)
            .where(Order.user_id == user_id, Order.no == no)
            .with_for_update()
        )
    ).one_or_none()
    if order is None:
        raise NotFound
    line = (
        await session.execute(
            select(OrderLine.id, OrderLine.quantity - OrderLine.refunded_quantity).where(
                OrderLine.order_id == order[0], OrderLine.goods_id == goods_id
            )
        )
    ).one_or_none()
    if line is None:
        raise NotFound
    if order[1] not in ARRIVED:
        raise Conflict(N_("You can review this once it has come"))
    if line[1] <= 0:
        raise Conflict(N_("All of this was refunded, so it cannot be reviewed"))
    return int(line[0])


def _same(earlier: Review, opinion: Opinion) -> str:
    written = Opinion(earlier.stars, earlier.fresh, earlier.body, earlier.anonymous)
    if written != opinion:
        raise Conflict(N_("You have reviewed this already. You can edit it among your reviews."))
    return earlier.status


async def _brake(session: AsyncSession, user_id: int, now: datetime) -> None:
    recent = select(func.count()).where(
        Review.user_id == user_id, Review.created_at > now - AT_ONCE
    )
    if (await session.scalar(recent) or 0) >= MOST_AT_ONCE:
        raise TooMany(seconds=int(AT_ONCE.total_seconds()))


async def _is_first(session: AsyncSession, user_id: int) -> bool:
    """Whether the account has no other review, but those that were taken away."""
    other = select(Review.id).where(Review.user_id == user_id, Review.status != "hidden").limit(1)
    return await session.scalar(other) is None


async def edit_review(
    session: AsyncSession,
    user_id: int,
    review_id: int,
    opinion: Opinion,
    *,
    photos: Photos = NO_PHOTOS,
    now: datetime,
) -> str:
    """Change a review of one's own; it is looked at as a new one is. The status it then has.

    One that was hidden waits for a person again. Raises NotFound, or Conflict when it is too late.
    """
    review = await lock_review(session, review_id)
    if review.user_id != user_id:
        raise NotFound
    refuse_late_edit(review.created_at, now)
    if opinion == Opinion(review.stars, review.fresh, review.body, review.anonymous) and not photos:
        return review.status
    gone = marks_of(review)
    held = (*_still_held(review), *screen(opinion.body))
    review.stars, review.fresh = opinion.stars, opinion.fresh
    review.body, review.anonymous = opinion.body, opinion.anonymous
    review.status, review.held_for = "pending" if held else "visible", ",".join(held)
    review.hidden_reason, review.edited_at = "", now
    await session.flush()
    added = await add_photos(session, user_id, photos)
    await link_photos(session, user_id, review.id, added, photos)
    await _count(session, review, gone=gone)
    await _open_case(session, review, now)
    return review.status


def refuse_late_edit(written_at: datetime, now: datetime) -> None:
    if now >= written_at + EDIT_TIME:
        raise Conflict(N_("A review can be edited for 30 days"))


def _still_held(review: Review) -> Sequence[str]:
    """Reasons to wait that no new words can do away with."""
    if review.status == "hidden":
        return (HIDDEN_BEFORE,)
    before = review.held_for.split(",") if review.status == "pending" else []
    return [reason for reason in (FIRST, HIDDEN_BEFORE) if reason in before]


async def lock_review(session: AsyncSession, review_id: int) -> Review:
    """The review as it is now; whoever else wants to change it waits. Raises NotFound."""
    query = select(Review).where(Review.id == review_id).with_for_update()
    rows = await session.scalars(query, execution_options={"populate_existing": True})
    review = rows.one_or_none()
    if review is None:
        raise NotFound
    return review


def marks_of(review: Review) -> Marks | None:
    """What it counts in the rating: nothing unless it is visible."""
    return Marks(review.stars, review.fresh) if review.status == "visible" else None


async def _count(session: AsyncSession, review: Review, *, gone: Marks | None) -> None:
    await move_rating(session, review.goods_id, gone=gone, new=marks_of(review))


async def _open_case(session: AsyncSession, review: Review, now: datetime) -> None:
    """Somebody shall look after a bad review, once; it is shown all the same."""
    if review.stars <= BAD_STARS:
        await upsert(
            session,
            ServiceCase,
            {"review_id": review.id, "created_at": now},
            conflict_on=("review_id",),
            update={"review_id": review.id},
        )
