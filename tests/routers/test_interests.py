"""Hearts, what was looked at lately, and being told when something is back."""

from collections.abc import Callable

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import CartLine, Favourite, Goods, RecentView, StockWait, User
from app.models.base import utcnow
from app.services import favourites
from app.services.favourites import add_favourite
from app.services.recent_views import note_view
from app.services.stock_waits import wait_for_goods
from tests.conftest import HTMX
from tests.factories import make_goods

POSTS = (
    "/axf/favourites/{id}/",
    "/axf/favourites/{id}/remove/",
    "/axf/goods/{id}/seen/",
    "/axf/goods/{id}/wait/",
    "/axf/goods/{id}/unwait/",
)


async def test_a_heart_is_pressed_and_let_go_without_javascript(
    client: AsyncClient, goods: Goods
) -> None:
    page = f"/axf/goods/{goods.id}/"
    assert f'action="/axf/favourites/{goods.id}/"' in (await client.get(page)).text

    answer = await client.post(f"/axf/favourites/{goods.id}/")

    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    html = (await client.get(page)).text
    assert 'aria-pressed="true"' in html
    assert f'action="/axf/favourites/{goods.id}/remove/"' in html
    await client.post(f"/axf/favourites/{goods.id}/remove/")
    assert 'aria-pressed="true"' not in (await client.get(page)).text


async def test_htmx_gets_the_button_alone(client: AsyncClient, goods: Goods) -> None:
    answer = await client.post(f"/axf/favourites/{goods.id}/", headers=HTMX)

    assert answer.text.lstrip().startswith('<form id="heart"')
    assert 'aria-pressed="true"' in answer.text
    assert "Kept in your favourites" in answer.text


@pytest.mark.parametrize("path", POSTS)
async def test_who_is_not_signed_in_is_sent_to_log_in_and_comes_back(
    anonymous: AsyncClient, session: AsyncSession, path: str
) -> None:
    goods = await make_goods(session, stock=0)
    await session.commit()
    page = f"/axf/goods/{goods.id}/"

    answer = await anonymous.post(
        path.format(id=goods.id), headers={"Referer": f"http://testserver{page}"}
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/login/?next={page}")
    for model in (Favourite, RecentView, StockWait):
        assert (await session.scalars(select(model.user_id))).all() == []


@pytest.mark.parametrize("path", POSTS)
async def test_unknown_goods_are_404(client: AsyncClient, path: str) -> None:
    assert (await client.post(path.format(id=999_999))).status_code == 404


async def test_hearts_views_and_waits_belong_to_one_shopper(
    client: AsyncClient, other_client: AsyncClient, session: AsyncSession, user: User
) -> None:
    goods = await make_goods(session, name_en="Kyoho grapes", stock=0)
    await add_favourite(session, user.id, goods.id, now=utcnow())
    await note_view(session, user.id, goods.id, now=utcnow())
    await wait_for_goods(session, user.id, goods.id, now=utcnow())
    await session.commit()

    for path in ("/axf/favourites/", "/axf/recent/"):
        assert "Kyoho grapes" in (await client.get(path)).text
        assert "Kyoho grapes" not in (await other_client.get(path)).text
    page = (await other_client.get(f"/axf/goods/{goods.id}/")).text
    assert 'aria-pressed="true"' not in page
    assert f"/axf/goods/{goods.id}/wait/" in page
    await other_client.post(f"/axf/favourites/{goods.id}/remove/")
    await other_client.post(f"/axf/goods/{goods.id}/unwait/")
    await other_client.post("/axf/recent/clear/")
    for model in (Favourite, RecentView, StockWait):
        assert (await session.scalars(select(model.user_id))).all() == [user.id]


@pytest.mark.parametrize("path", ["/axf/favourites/", "/axf/recent/"])
async def test_the_lists_are_for_who_has_signed_in(anonymous: AsyncClient, path: str) -> None:
    answer = await anonymous.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/login/?next={path}")


@pytest.mark.parametrize(
    ("path", "words"),
    [("/axf/favourites/", "No favourites yet"), ("/axf/recent/", "Nothing looked at yet")],
)
async def test_an_empty_list_leads_to_the_market(
    client: AsyncClient, path: str, words: str
) -> None:
    html = (await client.get(path)).text

    assert words in html
    assert 'href="/axf/market/"' in html


async def test_sold_out_favourites_are_greyed_and_the_others_can_be_bought(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    sold_out, there = await make_goods(session, stock=0), await make_goods(session)
    for goods in (sold_out, there):
        await add_favourite(session, user.id, goods.id, now=utcnow())
    session.add(CartLine(user_id=user.id, goods_id=there.id, quantity=3, seen_price_fen=990))
    await session.commit()

    html = (await client.get("/axf/favourites/")).text

    assert f'id="goods-{sold_out.id}" data-sold-out' in html
    assert f"goodsid={sold_out.id}" not in html
    assert f'id="goods-{there.id}-minus"' in html


async def test_favourites_are_looked_through_page_by_page(
    client: AsyncClient, session: AsyncSession, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(favourites, "PAGE", 1)
    old, new = await make_goods(session), await make_goods(session)
    for goods in (old, new):
        await add_favourite(session, user.id, goods.id, now=utcnow())
    await session.commit()
    first = (await client.get("/axf/favourites/")).text
    more = first.split('href="/axf/favourites/?after=')[1].split('"')[0]

    second = await client.get(f"/axf/favourites/?after={more}")
    part = await client.get(f"/axf/favourites/?after={more}", headers=HTMX)

    assert f'id="goods-{new.id}"' in first
    assert f'id="goods-{old.id}"' not in first
    for answer in (second, part):
        assert f'id="goods-{old.id}"' in answer.text
        assert f'id="goods-{new.id}"' not in answer.text
    assert "<html" not in part.text
    assert (await client.get("/axf/favourites/?after=x")).status_code == 404


async def test_the_page_of_a_good_says_that_it_was_seen(
    client: AsyncClient, anonymous: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    page, beacon = f"/axf/goods/{goods.id}/", f'hx-post="/axf/goods/{goods.id}/seen/"'
    assert beacon in (await client.get(page)).text
    assert beacon not in (await anonymous.get(page)).text
    assert (await session.scalars(select(RecentView.goods_id))).all() == []

    answer = await client.post(f"/axf/goods/{goods.id}/seen/", headers=HTMX)

    assert (answer.status_code, answer.text) == (204, "")
    assert f'id="goods-{goods.id}"' in (await client.get("/axf/recent/")).text


async def test_the_list_of_views_can_be_cleared(
    client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    await client.post(f"/axf/goods/{goods.id}/seen/")

    answer = await client.post("/axf/recent/clear/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/recent/")
    assert (await session.scalars(select(RecentView.goods_id))).all() == []


async def test_who_finds_a_good_sold_out_can_wait_for_it(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    goods = await make_goods(session, stock=0)
    await session.commit()
    page = f"/axf/goods/{goods.id}/"
    assert "Tell me when it is back" in (await client.get(page)).text

    answer = await client.post(f"{page}wait/")
    fragment = await client.post(f"{page}wait/", headers=HTMX)

    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    assert fragment.text.lstrip().startswith('<form class="grow" id="wait"')
    assert (await session.scalars(select(StockWait.user_id))).all() == [user.id]
    assert f'action="{page}unwait/"' in (await client.get(page)).text
    assert (await client.post(f"{page}unwait/")).status_code == 303
    assert (await session.scalars(select(StockWait.user_id))).all() == []


async def test_waiting_for_what_is_there_is_refused_in_words(
    client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    for headers in ({}, HTMX):
        answer = await client.post(f"/axf/goods/{goods.id}/wait/", headers=headers)

        assert answer.status_code == 409
        assert "It is back already" in answer.text
    assert (await session.scalars(select(StockWait.user_id))).all() == []
    assert "Tell me when" not in (await client.get(f"/axf/goods/{goods.id}/")).text


async def test_the_lists_take_few_queries(
    client: AsyncClient, session: AsyncSession, user: User, count_queries: Callable[[], int]
) -> None:
    for _ in range(5):
        goods = await make_goods(session)
        await add_favourite(session, user.id, goods.id, now=utcnow())
        await note_view(session, user.id, goods.id, now=utcnow())
    await session.commit()
    count_queries()

    for path in ("/axf/favourites/", "/axf/recent/"):
        await client.get(path)
        assert count_queries() == 3  # who it is, the goods, the cart
