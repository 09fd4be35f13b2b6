"""Reviews as their pages list them."""

from datetime import datetime
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.models import Order, OrderLine, Picture, Review, ReviewPhoto, ReviewVote, User
from app.services.review_ratings import get_rating
from app.services.review_views import (
    GoodsReviews,
    Own,
    OwnPage,
    Photo,
    Shown,
    ShownPage,
    ToReview,
    mask,
)
from app.services.reviews import ARRIVED, EDIT_TIME, is_open_to_review, refuse_late_edit

PAGE = 10
ON_GOODS_PAGE = 3

Sort = Literal["newest", "helpful"]
Columns = Select[*tuple[Any, ...]]  # Any: SQLAlchemy's own type of a row of many columns


async def list_to_review(session: AsyncSession, user_id: int, no: str) -> list[ToReview]:
    """What of one's own order can be reviewed now. Raises NotFound."""
    order = await session.scalar(select(Order.id).where(Order.user_id == user_id, Order.no == no))
    if order is None:
        raise NotFound
    query: Columns = select(
        OrderLine.goods_id,
        OrderLine.name_zh,
        OrderLine.name_en,
        OrderLine.spec,
        OrderLine.picture,
        OrderLine.tint,
    )
    rows = await session.execute(
        query.join(Order, Order.id == OrderLine.order_id)
        .where(Order.id == order, Order.status.in_(ARRIVED), is_open_to_review())
        .order_by(OrderLine.id)
    )
    return [ToReview(*row) for row in rows]


async def get_goods_reviews(
    session: AsyncSession, goods_id: int, viewer_id: int | None
) -> GoodsReviews:
    """For the page of the good: two statements, one where nobody has reviewed it."""
    rating = await get_rating(session, goods_id)
    if not rating.count:
        return GoodsReviews(rating, ())
    page = await list_reviews(session, goods_id, viewer_id, limit=ON_GOODS_PAGE)
    return GoodsReviews(rating, page.reviews)


async def list_reviews(
    session: AsyncSession,
    goods_id: int,
    viewer_id: int | None,
    *,
    sort: Sort = "newest",
    stars: int | None = None,
    with_photos: bool = False,
    before: int | None = None,
    limit: int | None = None,
) -> ShownPage:
    """The visible reviews of a good, those after the review `before` in this order."""
    query = select(Review.id).where(Review.goods_id == goods_id, Review.status == "visible")
    if stars is not None:
        query = query.where(Review.stars == stars)
    if with_photos:
        has_photo = select(ReviewPhoto.review_id).where(ReviewPhoto.review_id == Review.id)
        query = query.where(has_photo.exists())
    if before is not None:
        query = query.where(_is_after(before, goods_id, sort))
    limit = limit or PAGE
    query = query.order_by(*_order(sort)).limit(limit + 1)
    rows = (await session.execute(_select_shown(query, viewer_id, sort))).all()
    found = [_shown(list(of_one)) for _, of_one in groupby(rows, key=lambda row: row[0])]
    return ShownPage(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else None)


def _order(sort: Sort) -> tuple[ColumnElement[Any], ...]:
    return (Review.helpful.desc(), Review.id.desc()) if sort == "helpful" else (Review.id.desc(),)


def _is_after(before: int, goods_id: int, sort: Sort) -> ColumnElement[bool]:
    if sort == "newest":
        return Review.id < before
    # Of another good, or unknown, this is NULL and finds nothing.
    votes = (
        select(Review.helpful)
        .where(Review.id == before, Review.goods_id == goods_id)
        .correlate(None)
        .scalar_subquery()
    )
    return or_(Review.helpful < votes, and_(Review.helpful == votes, Review.id < before))


def _select_shown(query: Select[int], viewer_id: int | None, sort: Sort) -> Columns:
    """One row for each photo of these reviews, or one without; the reviews in their order."""
    chosen = query.subquery()
    columns: Columns = select(
        Review.id,
        Review.goods_id,
        Review.user_id,
        Review.anonymous,
        User.nickname,
        User.username,
        User.avatar,
        User.is_active,
        Review.stars,
        Review.fresh,
        Review.body,
        Review.helpful,
        Review.reply,
        Review.reply_at,
        Review.edited_at,
        Review.created_at,
        Review.user_id == literal(viewer_id or 0),
        ReviewVote.user_id.is_not(None),
        ReviewPhoto.picture_id,
        Picture.digest,
    )
    is_mine = and_(ReviewVote.review_id == Review.id, ReviewVote.user_id == (viewer_id or 0))
    return (
        columns.join(chosen, chosen.c.id == Review.id)
        .join(User, User.id == Review.user_id)
        .outerjoin(ReviewVote, is_mine)
        .outerjoin(ReviewPhoto, ReviewPhoto.review_id == Review.id)
        .outerjoin(Picture, Picture.id == ReviewPhoto.picture_id)
        .order_by(*_order(sort), ReviewPhoto.position)
    )


def _shown(rows: list[Any]) -> Shown:  # Any: rows of _select_shown
    id_, goods_id, _, anonymous, nickname, username, avatar, is_active, *rest = rows[0]
    *facts, _, _ = rest
    is_named = is_active and not anonymous
    author = mask(nickname or username) if is_named else None
    return Shown(*(id_, goods_id, author, avatar if is_named else None, *facts, _photos(rows)))


def _photos(rows: list[Any]) -> tuple[Photo, ...]:  # Any: rows that end in picture and digest
    return tuple(Photo(row[-2], row[-1]) for row in rows if row[-1] is not None)


async def list_own(
    session: AsyncSession, user_id: int, *, before: int | None = None, now: datetime
) -> OwnPage:
    """A page of a shopper's reviews, the latest first; those older than `before`."""
    query = select(Review.id).where(Review.user_id == user_id)
    if before is not None:
        query = query.where(Review.id < before)
    found = await _list_own(session, query.order_by(Review.id.desc()).limit(PAGE + 1), now)
    return OwnPage(tuple(found[:PAGE]), found[PAGE - 1].id if len(found) > PAGE else None)


async def get_own(session: AsyncSession, user_id: int, review_id: int, *, now: datetime) -> Own:
    """A review of one's own that can still be edited. Raises NotFound, or Conflict."""
    query = select(Review.id).where(Review.user_id == user_id, Review.id == review_id)
    found = await _list_own(session, query, now)
    if not found:
        raise NotFound
    refuse_late_edit(found[0].created_at, now)
    return found[0]


async def _list_own(session: AsyncSession, query: Select[int], now: datetime) -> list[Own]:
    chosen = query.subquery()
    columns: Columns = select(
        Review.id,
        Review.goods_id,
        Order.no,
        OrderLine.name_zh,
        OrderLine.name_en,
        OrderLine.spec,
        OrderLine.picture,
        OrderLine.tint,
        Review.stars,
        Review.fresh,
        Review.body,
        Review.anonymous,
        Review.status,
        Review.held_for,
        Review.hidden_reason,
        Review.helpful,
        Review.reply,
        Review.reply_at,
        Review.edited_at,
        Review.created_at,
        Review.created_at > now - EDIT_TIME,
        ReviewPhoto.picture_id,
        Picture.digest,
    )
    rows = await session.execute(
        columns.join(chosen, chosen.c.id == Review.id)
        .join(OrderLine, OrderLine.id == Review.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(ReviewPhoto, ReviewPhoto.review_id == Review.id)
        .outerjoin(Picture, Picture.id == ReviewPhoto.picture_id)
        .order_by(Review.id.desc(), ReviewPhoto.position)
    )
    groups = [list(of_one) for _, of_one in groupby(rows.all(), key=lambda row: row[0])]
    return [Own(*(*group[0][:-2], _photos(group))) for group in groups]
