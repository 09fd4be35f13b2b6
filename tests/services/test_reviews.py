"""Writing and editing reviews: who may, once, what waits, and what the rating then says."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Conflict, NotFound, TooMany
from app.models import Goods, Order, OrderLine, Review, ServiceCase, User
from app.models.base import utcnow
from app.services import reviews
from app.services.refunds import ask_refund
from app.services.review_queries import list_to_review
from app.services.review_ratings import NO_RATING, Rating
from app.services.review_staff import approve_review, hide_review
from app.services.reviews import Opinion, edit_review, write_review
from tests.factories import make_goods
from tests.reviewing import (
    BAD,
    GOOD,
    make_arrived,
    make_review,
    rating_of,
    reviews_of,
    trust,
)
from tests.shipping import STAFF, make_picked
from tests.shopping import wrong_books


async def write(
    session: AsyncSession, user: User, no: str, goods: Goods, opinion: Opinion = GOOD
) -> str:
    return await write_review(session, user.id, no, goods.id, opinion, now=utcnow())


async def test_what_came_is_reviewed_and_counts(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    await trust(session, user)
    order = await make_arrived(session, user, goods)

    status = await write(session, user, order.no, goods)

    review = (await reviews_of(session, user.id))[-1]
    assert (status, review.status, review.held_for) == ("visible", "visible", "")
    assert (review.order_line_id, review.goods_id) == (order.lines[0], goods.id)
    assert (review.stars, review.fresh, review.body) == (5, 4, "脆甜多汁")
    assert await rating_of(session, goods.id) == Rating((0, 0, 0, 0, 1), 4)
    assert await wrong_books(session) == []


async def test_the_first_review_of_an_account_waits_and_does_not_count(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    order = await make_arrived(session, user, goods)

    status = await write(session, user, order.no, goods)

    (review,) = await reviews_of(session, user.id)
    assert (status, review.status, review.held_for) == ("pending", "pending", "first")
    assert await rating_of(session, goods.id) == NO_RATING


async def test_whose_only_review_was_hidden_waits_again(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    earlier = await make_review(session, await make_goods(session), user=user, approve=False)
    await hide_review(session, earlier.id, reason="advertising", now=utcnow())
    order = await make_arrived(session, user, goods)

    assert await write(session, user, order.no, goods) == "pending"


@pytest.mark.parametrize(
    ("body", "held"),
    [("见 www.example.com", "link"), ("13800138000", "phone"), ("加微信", "words")],
)
async def test_what_should_be_read_first_waits(
    session: AsyncSession, user: User, goods: Goods, body: str, held: str
) -> None:
    await trust(session, user)
    order = await make_arrived(session, user, goods)

    status = await write(session, user, order.no, goods, replace(GOOD, body=body))

    assert (status, (await reviews_of(session, user.id))[-1].held_for) == ("pending", held)
    assert await rating_of(session, goods.id) == NO_RATING


async def test_the_same_words_again_are_the_same_review(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    await trust(session, user)
    order = await make_arrived(session, user, goods)
    await write(session, user, order.no, goods)

    again = await write(session, user, order.no, goods)

    assert again == "visible"
    assert len(await reviews_of(session, user.id)) == 2
    assert (await rating_of(session, goods.id)).count == 1


async def test_a_line_is_reviewed_once(session: AsyncSession, user: User, goods: Goods) -> None:
    order = await make_arrived(session, user, goods)
    await write(session, user, order.no, goods)

    with pytest.raises(Conflict, match="reviewed this already"):
        await write(session, user, order.no, goods, BAD)

    (review,) = await reviews_of(session, user.id)
    assert review.stars == 5


async def test_the_same_good_of_a_later_order_is_reviewed_anew(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    for _ in range(2):
        order = await make_arrived(session, user, goods)
        await write(session, user, order.no, goods)

    assert len(await reviews_of(session, user.id)) == 2


async def test_somebody_elses_order_does_not_exist(
    session: AsyncSession, user: User, other: User, goods: Goods
) -> None:
    order = await make_arrived(session, user, goods)

    with pytest.raises(NotFound):
        await write(session, other, order.no, goods)
    with pytest.raises(NotFound):
        await list_to_review(session, other.id, order.no)

    assert await reviews_of(session, other.id) == []


async def test_what_was_not_in_the_order_cannot_be_reviewed(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    order = await make_arrived(session, user, goods)

    with pytest.raises(NotFound):
        await write(session, user, order.no, await make_goods(session))


async def test_what_has_not_come_cannot_be_reviewed(session: AsyncSession, user: User) -> None:
    order = await make_picked(session, 1, user=user)
    assert await list_to_review(session, user.id, order.no) == []

    with pytest.raises(Conflict, match="once it has come"):
        await write_review(session, user.id, order.no, order.goods[0], GOOD, now=utcnow())

    assert await reviews_of(session, user.id) == []


async def test_what_was_refunded_cannot_be_reviewed(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    order = await make_arrived(session, user, goods)
    await ask_refund(
        session, order.id, "quality", {order.lines[0]: (1, 0)}, actor=STAFF, now=utcnow()
    )
    assert await list_to_review(session, user.id, order.no) == []

    with pytest.raises(Conflict, match="refunded"):
        await write(session, user, order.no, goods)


async def test_a_review_stays_when_the_money_goes_back(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    await trust(session, user)
    order = await make_arrived(session, user, goods)
    await write(session, user, order.no, goods, BAD)

    await ask_refund(
        session, order.id, "quality", {order.lines[0]: (1, 0)}, actor=STAFF, now=utcnow()
    )

    assert (await reviews_of(session, user.id))[-1].status == "visible"
    assert await rating_of(session, goods.id) == Rating((1, 0, 0, 0, 0), 1)
    assert await wrong_books(session) == []


async def test_lines_left_to_review_are_listed(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    second = await make_goods(session)
    order = await make_arrived(session, user, goods, second)
    assert [line.goods_id for line in await list_to_review(session, user.id, order.no)] == [
        goods.id,
        second.id,
    ]

    await write(session, user, order.no, goods)

    (left,) = await list_to_review(session, user.id, order.no)
    assert left.goods_id == second.id


async def test_a_bad_review_is_shown_and_opens_one_case(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    await trust(session, user)
    review = await make_review(session, goods, BAD, user=user)

    await edit_review(session, user.id, review.id, replace(BAD, stars=2), now=utcnow())

    assert review.status == "visible"
    cases = select(func.count()).where(ServiceCase.review_id == review.id)
    assert await session.scalar(cases) == 1


async def test_too_many_at_once_are_stopped(
    session: AsyncSession, user: User, goods: Goods, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews, "MOST_AT_ONCE", 1)
    await trust(session, user)
    order = await make_arrived(session, user, goods)

    with pytest.raises(TooMany):
        await write(session, user, order.no, goods)


async def test_an_edit_moves_the_rating(session: AsyncSession, user: User, goods: Goods) -> None:
    review = await make_review(session, goods, user=user)
    await make_review(session, goods, replace(GOOD, stars=4))

    await edit_review(session, user.id, review.id, Opinion(2, 1, "没熟", True), now=utcnow())

    assert await rating_of(session, goods.id) == Rating((0, 1, 0, 1, 0), 5)
    (edited,) = await reviews_of(session, user.id)
    assert (edited.stars, edited.body, edited.anonymous) == (2, "没熟", True)
    assert edited.edited_at is not None
    assert await wrong_books(session) == []


async def test_saving_without_a_change_is_no_edit(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    review = await make_review(session, goods, user=user)

    await edit_review(session, user.id, review.id, GOOD, now=utcnow())

    assert (await reviews_of(session, user.id))[0].edited_at is None


async def test_an_edit_that_brings_a_link_waits_and_leaves_the_rating(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    review = await make_review(session, goods, user=user)
    linked = replace(GOOD, body="www.example.com")

    assert await edit_review(session, user.id, review.id, linked, now=utcnow()) == "pending"
    assert await rating_of(session, goods.id) == NO_RATING

    assert await edit_review(session, user.id, review.id, GOOD, now=utcnow()) == "visible"
    assert (await rating_of(session, goods.id)).count == 1
    assert await wrong_books(session) == []


async def test_no_edit_gets_a_first_review_past_the_shop(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    review = await make_review(session, goods, user=user, approve=False)

    status = await edit_review(session, user.id, review.id, BAD, now=utcnow())

    assert (status, review.held_for) == ("pending", "first")


async def test_a_hidden_review_that_is_edited_waits_for_the_shop(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    review = await make_review(session, goods, user=user)
    await hide_review(session, review.id, reason="rude", now=utcnow())

    for body in ("很好吃", "好吃"):
        nicer = replace(GOOD, body=body)
        assert await edit_review(session, user.id, review.id, nicer, now=utcnow()) == "pending"

    assert (review.held_for, review.hidden_reason) == ("hidden", "")
    assert await rating_of(session, goods.id) == NO_RATING
    await approve_review(session, review.id, now=utcnow())
    assert (await rating_of(session, goods.id)).count == 1


async def test_after_thirty_days_it_stays_as_it_is(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    review = await make_review(session, goods, user=user)
    at = review.created_at

    late = at + timedelta(days=30)
    with pytest.raises(Conflict, match="30 days"):
        await edit_review(session, user.id, review.id, BAD, now=late)
    in_time = late - timedelta(seconds=1)
    assert await edit_review(session, user.id, review.id, BAD, now=in_time) == "visible"


async def test_nobody_edits_what_others_wrote(
    session: AsyncSession, other: User, goods: Goods
) -> None:
    review = await make_review(session, goods)

    with pytest.raises(NotFound):
        await edit_review(session, other.id, review.id, BAD, now=utcnow())

    assert (await rating_of(session, goods.id)).numbers[4] == 1


async def test_a_completed_order_can_be_reviewed(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    order = await make_arrived(session, user, goods)
    done = {"status": "completed", "completed_at": utcnow()}
    await session.execute(update(Order).where(Order.id == order.id).values(**done))

    await write(session, user, order.no, goods)

    assert await session.scalar(select(func.count()).select_from(Review)) == 1
    assert await session.scalar(select(OrderLine.goods_id)) == goods.id
