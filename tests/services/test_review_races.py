"""Reviews that happen at once, with real connections: nothing is counted twice or lost."""

from collections import Counter
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import Conflict
from app.models import Goods, Review, User
from app.models.base import utcnow
from app.services.review_staff import approve_review, hide_review
from app.services.review_votes import toggle_helpful
from app.services.reviews import edit_review, write_review
from tests.conftest import all_at_once
from tests.factories import make_goods, make_user
from tests.reviewing import BAD, GOOD, make_arrived, make_review, rating_of, reviews_of, trust
from tests.shipping import Picked
from tests.shopping import wrong_books

TIMES = 20


async def ready_to_review(session: AsyncSession) -> tuple[User, Goods, Picked]:
    user, goods = await make_user(session), await make_goods(session)
    await trust(session, user)
    return user, goods, await make_arrived(session, user, goods)


async def test_a_review_sent_twenty_times_at_once_is_one(real_db: Database) -> None:
    user, goods, order = await real_db.write(ready_to_review)

    async def send() -> str:
        return await real_db.write_keyed(
            write_review, user.id, order.no, goods.id, GOOD, now=utcnow()
        )

    assert await all_at_once(*[send] * TIMES) == ["visible"] * TIMES
    assert len(await real_db.read(reviews_of, user.id)) == 2
    assert (await real_db.read(rating_of, goods.id)).count == 1
    assert await real_db.read(wrong_books) == []


async def test_of_twenty_different_reviews_at_once_one_stands(real_db: Database) -> None:
    user, goods, order = await real_db.write(ready_to_review)

    async def send(body: str) -> str:
        opinion = replace(GOOD, body=body)
        return await real_db.write_keyed(
            write_review, user.id, order.no, goods.id, opinion, now=utcnow()
        )

    answers = await all_at_once(*(lambda n=n: send(f"review {n}") for n in range(TIMES)))

    kinds = Counter(type(answer) for answer in answers)
    assert kinds == {str: 1, Conflict: TIMES - 1}
    assert (await real_db.read(rating_of, goods.id)).count == 1


async def test_reviews_of_one_good_by_twenty_people_at_once_all_count(real_db: Database) -> None:
    async def prepare(session: AsyncSession) -> tuple[int, list[tuple[int, str]]]:
        goods = await make_goods(session, stock=100)
        people = []
        for _ in range(TIMES):
            user = await make_user(session)
            await trust(session, user)
            people.append((user.id, (await make_arrived(session, user, goods)).no))
        return goods.id, people

    goods_id, people = await real_db.write(prepare)

    async def send(user_id: int, no: str) -> str:
        return await real_db.write_keyed(write_review, user_id, no, goods_id, GOOD, now=utcnow())

    answers = await all_at_once(*(lambda one=one: send(*one) for one in people))

    assert answers == ["visible"] * TIMES
    rating = await real_db.read(rating_of, goods_id)
    assert (rating.count, rating.fresh_sum) == (TIMES, TIMES * GOOD.fresh)
    assert await real_db.read(wrong_books) == []


async def ready_to_vote(session: AsyncSession) -> tuple[Review, list[int]]:
    review = await make_review(session, await make_goods(session))
    return review, [(await make_user(session)).id for _ in range(TIMES)]


async def votes_of(session: AsyncSession, review_id: int) -> int:
    return await session.scalar(select(Review.helpful).where(Review.id == review_id)) or 0


async def test_twenty_people_who_vote_at_once_are_twenty(real_db: Database) -> None:
    review, people = await real_db.write(ready_to_vote)

    async def vote(user_id: int) -> object:
        return await real_db.write(toggle_helpful, user_id, review.id, now=utcnow())

    await all_at_once(*(lambda id_=id_: vote(id_) for id_ in people))

    assert await real_db.read(votes_of, review.id) == TIMES
    assert await real_db.read(wrong_books) == []


async def test_a_vote_pressed_an_odd_number_of_times_at_once_is_one(real_db: Database) -> None:
    review, (user_id, *_) = await real_db.write(ready_to_vote)

    async def vote() -> object:
        return await real_db.write(toggle_helpful, user_id, review.id, now=utcnow())

    await all_at_once(*[vote] * (TIMES - 1))

    assert await real_db.read(votes_of, review.id) == 1
    assert await real_db.read(wrong_books) == []


async def test_editing_hiding_and_showing_at_once_leave_the_rating_right(
    real_db: Database,
) -> None:
    review = (await real_db.write(ready_to_vote))[0]

    async def edit(n: int) -> object:
        opinion = replace(BAD, stars=1 + n % 5, fresh=1 + n % 3, body=f"edit {n}")
        return await real_db.write(edit_review, review.user_id, review.id, opinion, now=utcnow())

    async def hide() -> object:
        return await real_db.write(hide_review, review.id, reason="x", now=utcnow())

    async def show() -> object:
        return await real_db.write(approve_review, review.id, now=utcnow())

    calls = [call for n in range(7) for call in (lambda n=n: edit(n), hide, show)]
    answers = await all_at_once(*calls)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert await real_db.read(wrong_books) == []
    visible = select(func.count()).where(Review.goods_id == review.goods_id)

    async def count_visible(session: AsyncSession) -> int:
        return await session.scalar(visible.where(Review.status == "visible")) or 0

    shown = await real_db.read(count_visible)
    assert (await real_db.read(rating_of, review.goods_id)).count == shown
