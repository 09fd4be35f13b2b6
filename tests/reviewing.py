"""Orders that have come, and what shoppers say about what was in them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, Picture, Review, ReviewPhoto, User
from app.models.base import utcnow
from app.services.review_ratings import Rating, get_rating
from app.services.review_staff import approve_review, reply_to_review
from app.services.review_votes import toggle_helpful
from app.services.reviews import Opinion, write_review
from app.services.shipment_moves import deliver
from tests.factories import make_goods, make_user
from tests.shipping import STAFF, Picked, make_picked, pack_and_send

GOOD = Opinion(stars=5, fresh=4, body="脆甜多汁", anonymous=False)
BAD = Opinion(stars=1, fresh=1, body="不新鲜", anonymous=False)


async def make_arrived(session: AsyncSession, user: User, *goods: Goods) -> Picked:
    """An order of theirs that was delivered, one piece of each."""
    order = await make_picked(session, *(1 for _ in goods), user=user, of=goods)
    parcel = await pack_and_send(session, order.id)
    await deliver(session, parcel, actor=STAFF, now=utcnow())
    return order


async def make_review(
    session: AsyncSession,
    goods: Goods,
    opinion: Opinion = GOOD,
    *,
    user: User | None = None,
    approve: bool = True,
) -> Review:
    """Bought, delivered and reviewed; the first of an account is let through by the shop."""
    user = user or await make_user(session)
    order = await make_arrived(session, user, goods)
    await write_review(session, user.id, order.no, goods.id, opinion, now=utcnow())
    review = (await reviews_of(session, user.id))[-1]
    if approve and review.status == "pending":
        await approve_review(session, review.id, now=utcnow())
    return review


async def trust(session: AsyncSession, user: User) -> None:
    """The account has a review already, so its next one need not wait for that reason."""
    await make_review(session, await make_goods(session), user=user)


async def reviews_of(session: AsyncSession, user_id: int) -> list[Review]:
    rows = await session.scalars(
        select(Review)
        .where(Review.user_id == user_id)
        .order_by(Review.id)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def rating_of(session: AsyncSession, goods_id: int) -> Rating:
    return await get_rating(session, goods_id)


async def add_answered_review(session: AsyncSession) -> None:
    """A bad one with a photo, a vote and an answer: something in each table of reviews."""
    review = await make_review(session, await make_goods(session), BAD)
    picture = Picture(
        user_id=review.user_id,
        kind="review",
        digest="0" * 64,
        width=8,
        height=8,
        size_bytes=100,
    )
    session.add(picture)
    await session.flush()
    session.add(ReviewPhoto(review_id=review.id, position=1, picture_id=picture.id))
    await toggle_helpful(session, (await make_user(session)).id, review.id, now=utcnow())
    await reply_to_review(session, review.id, reply="抱歉", now=utcnow())
