"""The demo shop's reviews: believable, about what came, and right by the books."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, GoodsRating, Order, OrderLine, Review, User
from app.models.base import utcnow
from app.services.demo import loading as demo
from app.services.demo.files import read_reviews, read_shoppers
from app.services.orders import count_tabs
from app.services.quote import Delivery
from app.services.review_screen import screen
from tests.shopping import wrong_books


@pytest.fixture
async def reviews(session: AsyncSession) -> list[Review]:
    """Those of a demo shop just loaded."""
    await demo.load(
        session,
        password_hashes={shopper.username: "!" for shopper in read_shoppers()},
        delivery=Delivery(fee_fen=500, free_from_fen=3900),
        now=utcnow(),
    )
    return list(await session.scalars(select(Review)))


async def test_a_dozen_goods_are_reviewed_by_several_people(
    session: AsyncSession, reviews: list[Review]
) -> None:
    assert len(reviews) == len(read_reviews()) == 18
    assert len({review.goods_id for review in reviews}) >= 12
    assert len({review.user_id for review in reviews}) == 4
    assert {review.status for review in reviews} == {"visible"}
    assert sum(bool(review.reply) for review in reviews) == 3
    apple = select(GoodsRating.cnt).join(Goods, Goods.id == GoodsRating.goods_id)
    assert await session.scalar(apple.where(Goods.name_zh == "洛川红富士苹果")) == 4
    for about in ("reviews", "goods_ratings", "service_cases"):
        assert await wrong_books(session, about=about) == []


async def test_they_were_written_after_it_came_and_before_now(
    session: AsyncSession, reviews: list[Review]
) -> None:
    rows = await session.execute(
        select(OrderLine.id, Order.delivered_at).join(Order, Order.id == OrderLine.order_id)
    )
    came = {line_id: at for line_id, at in rows if at is not None}
    now = utcnow()

    for review in reviews:
        assert came[review.order_line_id] < review.created_at < now
        assert review.reply_at is None or review.created_at < review.reply_at < now


@pytest.mark.usefixtures("reviews")
async def test_something_is_left_to_review(session: AsyncSession) -> None:
    user_id = await session.scalar(select(User.id).where(User.username == "xiaoman"))
    assert user_id is not None

    assert (await count_tabs(session, user_id))["to_review"] >= 2


def test_nothing_in_them_would_have_to_wait() -> None:
    assert [review.body for review in read_reviews() if screen(review.body)] == []


async def test_a_second_load_adds_none(session: AsyncSession, reviews: list[Review]) -> None:
    await demo.load(
        session,
        password_hashes={},
        delivery=Delivery(fee_fen=500, free_from_fen=3900),
        now=utcnow(),
    )

    assert await session.scalar(select(func.count()).select_from(Review)) == len(reviews)
