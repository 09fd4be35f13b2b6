"""The pages of reviews: writing, editing, reading, voting."""

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx2 import AsyncClient, Response
from PIL import Image
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, Picture, Review, ReviewPhoto, User
from app.models.base import utcnow
from app.services import review_queries
from app.services.refunds import ask_refund
from app.services.review_staff import (
    approve_review,
    hide_review,
    list_cases,
    list_queue,
    reply_to_review,
)
from app.services.review_votes import toggle_helpful
from app.services.reviews import Opinion
from tests.conftest import HTMX
from tests.factories import make_goods, make_user
from tests.reviewing import GOOD, make_arrived, make_review, rating_of, reviews_of, trust
from tests.shipping import STAFF, Picked, make_picked
from tests.shopping import wrong_books

HOSTILE = "\"><script>alert(1)</script>{{ 7*7 }}%(x)s'"
MARKS = {"stars": "4", "fresh": "5"}


def a_picture(color: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), color).save(file, "PNG")
    return file.getvalue()


async def post(
    client: AsyncClient, path: str, fields: dict[str, str], *photos: bytes, **more: str
) -> Response:
    """As a browser sends a form with a file field; without a chosen file it sends an empty one."""
    files = [("photo", ("a.png", photo, "image/png")) for photo in photos]
    empty = [("photo", ("", b"", "application/octet-stream"))]
    return await client.post(path, data=fields, files=files or empty, headers=more)


@pytest.fixture
async def order(session: AsyncSession, user: User, goods: Goods) -> Picked:
    """Delivered to the user, who has been let through before."""
    await trust(session, user)
    order = await make_arrived(session, user, goods)
    await session.commit()
    return order


def path_of(order: Picked) -> str:
    return f"/axf/orders/{order.no}/review/{order.goods[0]}/"


async def latest(session: AsyncSession, user: User) -> Review:
    return (await reviews_of(session, user.id))[-1]


async def test_the_form_begins_without_praise(client: AsyncClient, order: Picked) -> None:
    page = (await client.get(f"/axf/orders/{order.no}/review/")).text

    assert f'action="{path_of(order)}" enctype="multipart/form-data"' in page
    assert page.count('type="radio"') == 10
    assert "checked" not in page
    assert 'name="photo" type="file" accept="image/*" multiple' in page


async def test_a_review_is_written_and_read(
    client: AsyncClient, anonymous: AsyncClient, session: AsyncSession, user: User, order: Picked
) -> None:
    body = "  很甜\r\n\r\n\r\n\r\n还会再买 "

    answer = await post(client, path_of(order), MARKS | {"body": body})

    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"/axf/orders/{order.no}/review/?sent=visible",
    )
    review = await latest(session, user)
    assert (review.stars, review.fresh, review.body) == (4, 5, "很甜\n\n还会再买")
    assert "Thank you" in (await client.get(answer.headers["Location"])).text
    page = (await anonymous.get(f"/axf/goods/{order.goods[0]}/")).text
    assert "还会再买" in page
    assert f"{user.username[0]}***{user.username[-1]}" in page
    assert user.username not in page


async def test_the_first_review_says_that_it_waits(
    client: AsyncClient, anonymous: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    order = await make_arrived(session, user, goods)
    await session.commit()

    answer = await post(client, path_of(order), MARKS | {"body": "好吃极了"})

    assert answer.headers["Location"].endswith("?sent=pending")
    assert "read by us before" in (await client.get("/axf/reviews/")).text
    assert "好吃极了" not in (await anonymous.get(f"/axf/goods/{goods.id}/")).text


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"fresh": "5"}, "Please choose from one to five"),
        ({"stars": "0", "fresh": "5"}, "Please choose from one to five"),
        ({"stars": "6", "fresh": "5"}, "Please choose from one to five"),
        ({"stars": "5", "fresh": "五"}, "Please choose from one to five"),
        (MARKS | {"body": "x" * 501}, "This is too long"),
        (MARKS | {"body": "x\n" * 600}, "This is too long"),
        (MARKS | {"body": "a\x00b"}, "Some characters here cannot be used"),
        (MARKS | {"body": "a\tb"}, "Some characters here cannot be used"),
    ],
)
async def test_what_cannot_be_is_said_beside_the_field(  # noqa: PLR0917
    client: AsyncClient,
    session: AsyncSession,
    user: User,
    order: Picked,
    fields: dict[str, str],
    reason: str,
) -> None:
    answer = await post(client, path_of(order), fields | {"anonymous": "on"})

    assert answer.status_code == 422
    assert reason in answer.text
    assert re.search(r'name="anonymous" checked', answer.text)
    assert len(await reviews_of(session, user.id)) == 1


async def test_photos_are_kept_and_shown(
    client: AsyncClient, session: AsyncSession, user: User, order: Picked
) -> None:
    await post(client, path_of(order), MARKS, a_picture("red"), a_picture("blue"))

    digests = list(
        await session.scalars(
            select(Picture.digest)
            .join(ReviewPhoto, ReviewPhoto.picture_id == Picture.id)
            .order_by(ReviewPhoto.position)
        )
    )
    page = (await client.get(f"/axf/goods/{order.goods[0]}/")).text
    assert len(set(digests)) == 2
    for digest in digests:
        assert f'href="/media/{digest}-large.webp"' in page
        assert f'src="/media/{digest}-small.webp"' in page
        assert (await client.get(f"/media/{digest}-large.webp")).status_code == 200


async def test_what_is_no_picture_is_refused_beside_the_field(
    client: AsyncClient, session: AsyncSession, user: User, order: Picked
) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"

    answer = await post(client, path_of(order), MARKS | {"body": "typed"}, svg)

    assert answer.status_code == 422
    assert "no picture that we can read" in answer.text
    assert "typed</textarea>" in answer.text
    assert len(await reviews_of(session, user.id)) == 1


async def test_more_than_six_photos_are_refused(
    client: AsyncClient, session: AsyncSession, user: User, order: Picked
) -> None:
    answer = await post(client, path_of(order), MARKS, *[a_picture()] * 7)

    assert answer.status_code == 422
    assert len(await reviews_of(session, user.id)) == 1


async def test_what_is_sent_twice_is_one(
    client: AsyncClient, session: AsyncSession, user: User, order: Picked
) -> None:
    answers = [await post(client, path_of(order), MARKS) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(await reviews_of(session, user.id)) == 2
    other_words = await post(client, path_of(order), MARKS | {"body": "other"})
    assert other_words.status_code == 409


async def test_the_next_good_of_the_order_follows(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    first, second = await make_goods(session), await make_goods(session, name_en="Second")
    order = await make_arrived(session, user, first, second)
    await session.commit()
    page = (await client.get(f"/axf/orders/{order.no}/review/?goods={second.id}")).text
    assert f"/review/{second.id}/" in page
    assert f"/review/?goods={first.id}" in page

    await post(client, f"/axf/orders/{order.no}/review/{second.id}/", MARKS)

    page = (await client.get(f"/axf/orders/{order.no}/review/")).text
    assert f"/review/{first.id}/" in page
    assert "Second" not in page


async def test_what_has_not_come_is_refused(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    order = await make_picked(session, 1, user=user)
    await session.commit()

    page = await client.get(f"/axf/orders/{order.no}/review/")
    answer = await post(client, path_of(order), MARKS)

    assert "Nothing here to review" in page.text
    assert answer.status_code == 409
    assert await reviews_of(session, user.id) == []


async def test_a_stranger_finds_neither_order_nor_review(
    other_client: AsyncClient, session: AsyncSession, user: User, other: User, order: Picked
) -> None:
    review = await latest(session, user)
    for path in (f"/axf/orders/{order.no}/review/", f"/axf/reviews/{review.id}/edit/"):
        assert (await other_client.get(path)).status_code == 404
    for path in (path_of(order), f"/axf/reviews/{review.id}/edit/"):
        assert (await post(other_client, path, MARKS)).status_code == 404

    assert await reviews_of(session, other.id) == []
    assert (await latest(session, user)).stars == 5
    assert "No reviews of yours" in (await other_client.get("/axf/reviews/")).text


async def test_who_is_signed_out_is_sent_to_log_in(
    anonymous: AsyncClient, session: AsyncSession, user: User, order: Picked
) -> None:
    review = await latest(session, user)
    edit = f"/axf/reviews/{review.id}/edit/"

    for path in (f"/axf/orders/{order.no}/review/", "/axf/reviews/", edit):
        assert (await anonymous.get(path)).headers["Location"].startswith("/login/")
    for path in (path_of(order), edit, f"/axf/reviews/{review.id}/helpful/"):
        answer = await post(anonymous, path, MARKS)
        assert answer.headers["Location"].startswith("/login/")

    await session.refresh(review)
    assert (review.helpful, review.edited_at) == (0, None)


async def test_ones_own_reviews_say_how_they_stand(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    shown, hidden = [
        await make_review(session, await make_goods(session), user=user) for _ in range(2)
    ]
    await hide_review(session, hidden.id, reason="Only <b>advertising</b>", now=utcnow())
    await reply_to_review(session, shown.id, reply="Thanks <i>a lot</i>", now=utcnow())
    await session.commit()

    page = (await client.get("/axf/reviews/")).text

    assert "Hidden by the shop: Only &lt;b&gt;advertising" in page
    assert "Thanks &lt;i&gt;a lot" in page
    assert page.count("/edit/") == 2


async def test_a_review_is_edited(
    client: AsyncClient, session: AsyncSession, user: User, order: Picked
) -> None:
    await post(client, path_of(order), MARKS | {"body": "ok"}, a_picture("red"), a_picture("blue"))
    review = await latest(session, user)
    kept, gone = await session.scalars(
        select(ReviewPhoto.picture_id).order_by(ReviewPhoto.position.desc())
    )
    form = (await client.get(f"/axf/reviews/{review.id}/edit/")).text
    assert 'id="stars-4" value="4" required checked' in form
    assert "ok</textarea>" in form
    assert f'name="drop_1" value="{gone}"' in form

    fields = {"stars": "2", "fresh": "5", "anonymous": "on", "drop_1": str(gone)}
    answer = await post(client, f"/axf/reviews/{review.id}/edit/", fields, a_picture("green"))

    assert answer.headers["Location"] == f"/axf/reviews/#review-{review.id}"
    review = await latest(session, user)
    assert (review.stars, review.body, review.anonymous) == (2, "", True)
    assert review.edited_at is not None
    photos = list(
        await session.scalars(select(ReviewPhoto.picture_id).order_by(ReviewPhoto.position))
    )
    assert (photos[0], len(photos), gone in photos) == (kept, 2, False)
    assert await session.get(Picture, gone, populate_existing=True) is None
    assert (await rating_of(session, order.goods[0])).numbers == (0, 1, 0, 0, 0)
    page = (await client.get(f"/axf/goods/{order.goods[0]}/reviews/")).text
    assert "Edited" in page
    assert "Anonymous" in page
    assert user.username[0] + "***" not in page


async def test_photos_of_others_cannot_be_dropped(
    client: AsyncClient, session: AsyncSession, user: User, order: Picked
) -> None:
    await post(client, path_of(order), MARKS, a_picture())
    photo = await session.scalar(select(ReviewPhoto.picture_id))
    mine = (await reviews_of(session, user.id))[0]

    await post(client, f"/axf/reviews/{mine.id}/edit/", MARKS | {"drop_1": str(photo)})

    assert await session.scalar(select(ReviewPhoto.picture_id)) == photo


async def test_after_thirty_days_there_is_no_form(
    client: AsyncClient, session: AsyncSession, user: User, order: Picked
) -> None:
    review = await latest(session, user)
    await session.execute(
        update(Review).where(Review.id == review.id).values(created_at=utcnow() - timedelta(30))
    )
    await session.commit()

    path = f"/axf/reviews/{review.id}/edit/"
    answers = [await client.get(path), await post(client, path, MARKS)]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert path not in (await client.get("/axf/reviews/")).text
    assert (await latest(session, user)).stars == 5


async def test_helpful_is_pressed_with_htmx(
    other_client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    review = await make_review(session, goods)
    await session.commit()
    path = f"/axf/reviews/{review.id}/helpful/"

    answers = [(await other_client.post(path, headers=HTMX)).text for _ in range(2)]

    assert 'aria-pressed="true"' in answers[0]
    assert "Helpful 1" in answers[0]
    assert 'aria-pressed="false"' in answers[1]
    assert "<html" not in answers[0]


async def test_helpful_is_pressed_without_htmx(
    other_client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    review = await make_review(session, goods)
    await session.commit()
    path = f"/axf/reviews/{review.id}/helpful/"

    answer = await other_client.post(path)
    from_page = await other_client.post(
        path, headers={"Referer": f"http://testserver/axf/goods/{goods.id}/"}
    )

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/axf/goods/{goods.id}/reviews/#review-{review.id}"
    assert from_page.headers["Location"] == f"/axf/goods/{goods.id}/#review-{review.id}"


async def test_nobody_votes_for_themselves_or_for_what_is_not_seen(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    own = await make_review(session, goods, user=user)
    waiting = await make_review(session, goods, approve=False)
    await session.commit()

    answers = [
        (await client.post(f"/axf/reviews/{id_}/helpful/")).status_code
        for id_ in (own.id, waiting.id, 404)
    ]

    assert answers == [403, 404, 404]


async def test_search_engines_are_told_in_the_page(
    anonymous: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    await make_review(session, goods, Opinion(4, 5, "Nice", False))
    await make_review(session, goods)
    await session.commit()

    page = (await anonymous.get(f"/axf/goods/{goods.id}/")).text

    assert page.count('itemscope itemtype="https://schema.org/Product"') == 1
    assert page.count('itemprop="review"') == 2
    for fact in (
        '<meta itemprop="name" content="Fuji apple">',
        '<meta itemprop="price" content="9.90"><meta itemprop="priceCurrency" content="CNY">',
        'content="https://schema.org/InStock"',
        'itemtype="https://schema.org/AggregateRating"',
        'itemprop="ratingValue">4.5</b><meta itemprop="reviewCount" content="2">',
        'itemprop="reviewBody">Nice</p>',
        '<meta itemprop="ratingValue" content="4">',
    ):
        assert fact in page


async def test_a_good_without_reviews_claims_no_rating(
    anonymous: AsyncClient, goods: Goods
) -> None:
    page = (await anonymous.get(f"/axf/goods/{goods.id}/")).text

    assert "Nobody has reviewed this yet" in page
    assert "AggregateRating" not in page
    reviews = await anonymous.get(f"/axf/goods/{goods.id}/reviews/")
    assert "No reviews here yet" in reviews.text


async def test_hostile_words_are_only_words(
    client: AsyncClient, session: AsyncSession, user: User, order: Picked
) -> None:
    await post(client, path_of(order), MARKS | {"body": HOSTILE})
    review = await latest(session, user)
    await approve_review(session, review.id, now=utcnow())
    await reply_to_review(session, review.id, reply=HOSTILE, now=utcnow())
    await session.commit()

    for path in (
        f"/axf/goods/{order.goods[0]}/",
        f"/axf/goods/{order.goods[0]}/reviews/",
        "/axf/reviews/",
        f"/axf/reviews/{review.id}/edit/",
    ):
        page = (await client.get(path)).text
        assert "<script>alert" not in page
        assert "{{ 7*7 }}%(x)s" in page


@pytest.fixture
async def three(session: AsyncSession, goods: Goods) -> list[Review]:
    """With 5, 3 and 5 stars; the first was found helpful twice, the second once."""
    reviews = [
        await make_review(session, goods, Opinion(stars, 4, f"review {nth}", False))
        for nth, stars in enumerate((5, 3, 5))
    ]
    for review in (reviews[0], reviews[0], reviews[1]):
        await toggle_helpful(session, (await make_user(session)).id, review.id, now=utcnow())
    await session.commit()
    return reviews


def listed(page: Response) -> str:
    return "".join(re.findall(r"review (\d)</p>", page.text))


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", "210"),
        ("?sort=helpful", "012"),
        ("?stars=5", "20"),
        ("?stars=5&sort=helpful", "02"),
        ("?stars=1", ""),
        ("?photos=1", ""),
    ],
)
async def test_reviews_are_sorted_and_chosen(
    anonymous: AsyncClient, goods: Goods, query: str, shown: str
) -> None:
    assert listed(await anonymous.get(f"/axf/goods/{goods.id}/reviews/{query}")) == shown


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(("sort", "shown"), [("newest", ["21", "0"]), ("helpful", ["01", "2"])])
async def test_reviews_go_on_by_key(
    anonymous: AsyncClient,
    goods: Goods,
    monkeypatch: pytest.MonkeyPatch,
    sort: str,
    shown: list[str],
) -> None:
    monkeypatch.setattr(review_queries, "PAGE", 2)
    first = await anonymous.get(f"/axf/goods/{goods.id}/reviews/?sort={sort}")
    more = re.findall(r'href="([^"]+before=[0-9]+)"', first.text)[0].replace("&amp;", "&")

    second = await anonymous.get(more)

    assert [listed(first), listed(second)] == shown
    assert "See more" not in second.text
    assert "Back to the first" in second.text


async def test_reviews_with_photos_are_chosen(
    client: AsyncClient, session: AsyncSession, order: Picked
) -> None:
    await make_review(session, await session.get_one(Goods, order.goods[0]))
    await session.commit()
    await post(client, path_of(order), MARKS | {"body": "review 7"}, a_picture())

    page = await client.get(f"/axf/goods/{order.goods[0]}/reviews/?photos=1")

    assert listed(page) == "7"
    assert page.text.count('itemprop="review"') == 1


@pytest.mark.usefixtures("three")
async def test_htmx_gets_the_list_alone(anonymous: AsyncClient, goods: Goods) -> None:
    page = await anonymous.get(f"/axf/goods/{goods.id}/reviews/?stars=3", headers=HTMX)

    assert listed(page) == "1"
    assert page.text.lstrip().startswith('<div class="stack" id="reviews"')


@pytest.mark.parametrize("query", ["sort=best", "stars=0", "stars=6", "before=0", "photos=x"])
async def test_what_cannot_be_chosen_is_refused(
    anonymous: AsyncClient, goods: Goods, query: str
) -> None:
    page = await anonymous.get(f"/axf/goods/{goods.id}/reviews/?{query}")

    assert page.status_code == 422


async def test_reviews_of_an_unknown_good_are_not_found(anonymous: AsyncClient) -> None:
    assert (await anonymous.get("/axf/goods/404/reviews/")).status_code == 404


async def test_a_good_shows_three_reviews_with_two_queries_more(
    client: AsyncClient, session: AsyncSession, goods: Goods, count_queries: Callable[[], int]
) -> None:
    await session.commit()
    count_queries()
    await client.get(f"/axf/goods/{goods.id}/")
    without = count_queries()
    for _ in range(5):
        await make_review(session, goods)
    await session.commit()
    count_queries()

    page = (await client.get(f"/axf/goods/{goods.id}/")).text

    assert (page.count('itemprop="review"'), count_queries()) == (3, without + 1)
    assert GOOD.body in page


async def test_the_pages_of_reviews_take_few_queries(
    client: AsyncClient,
    session: AsyncSession,
    user: User,
    order: Picked,
    count_queries: Callable[[], int],
) -> None:
    for _ in range(5):
        await make_review(session, await session.get_one(Goods, order.goods[0]), user=user)
    await session.commit()
    counts = {}

    for path in (
        f"/axf/goods/{order.goods[0]}/reviews/",
        "/axf/reviews/",
        f"/axf/orders/{order.no}/review/",
    ):
        count_queries()
        assert (await client.get(path)).status_code == 200
        counts[path.split("/")[2]] = count_queries()

    assert counts == {"goods": 4, "reviews": 2, "orders": 3}


async def test_orders_to_review_are_counted_and_lead_to_the_form(
    client: AsyncClient, session: AsyncSession, user: User, order: Picked
) -> None:
    path = f"/axf/orders/{order.no}/review/"
    pages = [await client.get(f"/axf/orders/?tab={tab}") for tab in ("all", "to_review", "unpaid")]
    assert [path in page.text for page in pages] == [True, True, False]
    assert 'To review<span class="badge">1</span>' in pages[2].text
    assert path in (await client.get(f"/axf/orders/{order.no}/")).text

    await post(client, path_of(order), MARKS)

    assert path not in (await client.get("/axf/orders/")).text
    assert path not in (await client.get(f"/axf/orders/{order.no}/")).text
    assert order.no not in (await client.get("/axf/orders/?tab=to_review")).text
    assert (await latest(session, user)).status == "visible"


async def test_from_delivery_to_a_visible_review_and_back(  # noqa: PLR0917
    client: AsyncClient,
    anonymous: AsyncClient,
    other_client: AsyncClient,
    session: AsyncSession,
    user: User,
    goods: Goods,
) -> None:
    """Reviewed, read by the shop, counted, found helpful, refunded, hidden, no longer counted."""
    page = f"/axf/goods/{goods.id}/"
    order = await make_arrived(session, user, goods)
    await session.commit()

    await post(client, path_of(order), {"stars": "2", "fresh": "3", "body": "有点蔫"})
    assert "Nobody has reviewed" in (await anonymous.get(page)).text
    (waiting,) = await list_queue(session)
    await approve_review(session, waiting.id, now=utcnow())
    await session.commit()
    shown = (await anonymous.get(page)).text
    assert 'itemprop="ratingValue">2.0</b><meta itemprop="reviewCount" content="1">' in shown
    assert "有点蔫" in shown
    assert [case.id for case in await list_cases(session)] == [waiting.id]
    await other_client.post(f"/axf/reviews/{waiting.id}/helpful/", headers=HTMX)
    wanted = {order.lines[0]: (1, 0)}
    await ask_refund(session, order.id, "quality", wanted, actor=STAFF, now=utcnow())
    await session.commit()
    assert "有点蔫" in (await anonymous.get(page)).text
    assert await wrong_books(session) == []

    await hide_review(session, waiting.id, reason="rude", now=utcnow())
    await session.commit()

    assert "Nobody has reviewed" in (await anonymous.get(page)).text
    assert "Hidden by the shop: rude" in (await client.get("/axf/reviews/")).text
    assert (await rating_of(session, goods.id)).count == 0
    assert await wrong_books(session) == []
