"""Reviews and the shop: the queue, hiding and showing, answers, bad ones, and helpful votes."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Conflict, Forbidden, NotFound, TooMany
from app.models import Goods, Review, ServiceCase, User, UserMessage
from app.models.base import utcnow
from app.services import review_votes
from app.services.order_moves import must_move
from app.services.review_ratings import NO_RATING, Rating
from app.services.review_staff import (
    approve_review,
    close_case,
    hide_review,
    list_cases,
    list_queue,
    reply_to_review,
)
from app.services.review_votes import toggle_helpful
from app.services.reviews import write_review
from tests.factories import make_goods, make_user
from tests.reviewing import BAD, GOOD, make_arrived, make_review, rating_of
from tests.shipping import STAFF
from tests.shopping import wrong_books


async def told(session: AsyncSession, user: User) -> list[str]:
    rows = await session.scalars(
        select(UserMessage.kind)
        .where(UserMessage.user_id == user.id, UserMessage.kind.startswith("review"))
        .order_by(UserMessage.id)
    )
    return list(rows)


@pytest.fixture
async def review(session: AsyncSession, user: User, goods: Goods) -> Review:
    """The user's first, so it waits."""
    return await make_review(session, goods, user=user, approve=False)


async def test_the_queue_is_read_from_the_oldest(session: AsyncSession, review: Review) -> None:
    second = await make_review(session, await make_goods(session), approve=False)
    await make_review(session, await make_goods(session))

    queue = await list_queue(session)

    assert [waiting.id for waiting in queue] == [review.id, second.id]
    assert (queue[0].held_for, queue[0].stars, queue[0].photos) == ("first", 5, 0)
    assert [waiting.id for waiting in await list_queue(session, after=review.id)] == [second.id]


async def test_an_approved_review_counts_and_its_author_hears_of_it(
    session: AsyncSession, review: Review, user: User
) -> None:
    for _ in range(2):
        await approve_review(session, review.id, now=utcnow())

    assert (review.status, review.held_for) == ("visible", "")
    assert await rating_of(session, review.goods_id) == Rating((0, 0, 0, 0, 1), 4)
    assert await told(session, user) == ["review_approved"]
    assert await list_queue(session) == []


async def test_a_hidden_review_leaves_the_rating_and_comes_back(
    session: AsyncSession, review: Review, user: User
) -> None:
    await approve_review(session, review.id, now=utcnow())

    for _ in range(2):
        await hide_review(session, review.id, reason="advertising", now=utcnow())

    assert (review.status, review.hidden_reason) == ("hidden", "advertising")
    assert await rating_of(session, review.goods_id) == NO_RATING
    assert await wrong_books(session) == []
    await approve_review(session, review.id, now=utcnow())
    assert (review.status, review.hidden_reason) == ("visible", "")
    assert (await rating_of(session, review.goods_id)).count == 1
    assert await told(session, user) == ["review_approved", "review_hidden", "review_approved"]
    assert await wrong_books(session) == []


async def test_a_waiting_review_is_hidden_without_touching_the_rating(
    session: AsyncSession, review: Review
) -> None:
    await hide_review(session, review.id, reason="advertising", now=utcnow())

    assert review.status == "hidden"
    assert await rating_of(session, review.goods_id) == NO_RATING


async def test_a_hidden_review_keeps_its_reason(session: AsyncSession, review: Review) -> None:
    await hide_review(session, review.id, reason="advertising", now=utcnow())

    with pytest.raises(Conflict, match="hidden already"):
        await hide_review(session, review.id, reason="rude", now=utcnow())

    assert review.hidden_reason == "advertising"


async def test_the_shop_answers(session: AsyncSession, review: Review, user: User) -> None:
    for text in ("谢谢！", "谢谢！", "多谢！"):
        await reply_to_review(session, review.id, reply=text, now=utcnow())

    assert review.reply == "多谢！"
    assert review.reply_at is not None
    assert await told(session, user) == ["review_replied"] * 2


async def test_a_bad_review_is_a_case_until_somebody_looked_after_it(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    bad = await make_review(session, goods, BAD, user=user)
    assert [case.id for case in await list_cases(session)] == [bad.id]

    for actor in ("staff:ann", "staff:bob"):
        await close_case(session, bad.id, actor=actor, now=utcnow())

    assert await list_cases(session) == []
    assert await session.scalar(select(ServiceCase.closed_by)) == "staff:ann"
    assert bad.status == "visible"


async def test_what_is_no_case_cannot_be_closed(session: AsyncSession, review: Review) -> None:
    with pytest.raises(NotFound):
        await close_case(session, review.id, actor=STAFF, now=utcnow())


async def test_an_unknown_review_is_not_found(session: AsyncSession) -> None:
    for work in (
        approve_review(session, 404, now=utcnow()),
        hide_review(session, 404, reason="x", now=utcnow()),
        reply_to_review(session, 404, reply="x", now=utcnow()),
    ):
        with pytest.raises(NotFound):
            await work


async def test_a_vote_is_given_and_taken_back(
    session: AsyncSession, review: Review, other: User
) -> None:
    await approve_review(session, review.id, now=utcnow())

    votes = [await toggle_helpful(session, other.id, review.id, now=utcnow()) for _ in range(3)]

    assert [(vote.helpful, vote.is_helped) for vote in votes] == [(1, True), (0, False), (1, True)]
    await session.refresh(review)
    assert review.helpful == 1
    assert await wrong_books(session) == []


async def test_nobody_votes_for_themselves(
    session: AsyncSession, review: Review, user: User
) -> None:
    await approve_review(session, review.id, now=utcnow())

    with pytest.raises(Forbidden):
        await toggle_helpful(session, user.id, review.id, now=utcnow())

    assert review.helpful == 0


async def test_what_cannot_be_seen_cannot_be_voted_for(
    session: AsyncSession, review: Review, other: User
) -> None:
    for id_ in (review.id, 404):
        with pytest.raises(NotFound):
            await toggle_helpful(session, other.id, id_, now=utcnow())


async def test_too_many_votes_at_once_are_stopped(
    session: AsyncSession, review: Review, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_votes, "MOST_AT_ONCE", 1)
    await approve_review(session, review.id, now=utcnow())
    await toggle_helpful(session, other.id, review.id, now=utcnow())
    second = await make_review(session, await make_goods(session))

    with pytest.raises(TooMany):
        await toggle_helpful(session, other.id, second.id, now=utcnow())


async def test_a_completed_order_invites_to_review_once(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    order = await make_arrived(session, user, goods)

    await must_move(session, order.id, "complete", actor=f"user:{user.id}", now=utcnow())

    assert await told(session, user) == ["review_invite"]
    link = select(UserMessage.link).where(UserMessage.kind == "review_invite")
    assert await session.scalar(link) == f"/axf/orders/{order.no}/review/"


async def test_an_order_that_was_reviewed_invites_to_nothing(session: AsyncSession) -> None:
    user, goods = await make_user(session), await make_goods(session)
    order = await make_arrived(session, user, goods)
    await write_review(session, user.id, order.no, goods.id, GOOD, now=utcnow())

    await must_move(session, order.id, "complete", actor=f"user:{user.id}", now=utcnow())

    assert await told(session, user) == []
