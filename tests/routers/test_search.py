"""The search page, for visitors and shoppers."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import CartLine, Goods, User
from app.services.search import index_goods
from tests.conftest import HTMX, open_browser
from tests.factories import make_goods

MOST_QUERIES = 5


@pytest.fixture
async def apple(session: AsyncSession) -> Goods:
    goods = await make_goods(session, name="红富士苹果", name_en="Fuji apple")
    await index_goods(session, [(goods.id, goods.name_zh, goods.name_en)])
    await session.commit()
    return goods


async def test_a_visitor_finds_goods(anonymous: AsyncClient, apple: Goods) -> None:
    answer = await anonymous.get("/axf/search/?q=pingguo")

    assert answer.status_code == 200
    assert f'<a href="/axf/goods/{apple.id}/">Fuji apple</a>' in answer.text
    assert "1 good found" in answer.text
    assert 'value="pingguo"' in answer.text


async def test_a_shopper_sees_what_is_in_the_cart(
    client: AsyncClient, apple: Goods, session: AsyncSession, user: User
) -> None:
    session.add(CartLine(user_id=user.id, goods_id=apple.id, quantity=3, seen_price_fen=990))
    await session.commit()

    answer = await client.get("/axf/search/?q=apple")

    assert '<output aria-label="Quantity">3</output>' in answer.text


async def test_nothing_found_is_no_dead_end(anonymous: AsyncClient, apple: Goods) -> None:
    answer = await anonymous.get("/axf/search/?q=榴莲千层")

    assert answer.status_code == 200
    assert "“榴莲千层” was not found" in answer.text
    assert "What others buy" in answer.text
    assert "Fuji apple" in answer.text
    assert "/0/0/" in answer.text


async def test_without_a_query_the_popular_is_shown(anonymous: AsyncClient, apple: Goods) -> None:
    answer = await anonymous.get("/axf/search/")

    assert "What would you like?" in answer.text
    assert "Fuji apple" in answer.text


async def test_an_empty_shop_can_be_searched(anonymous: AsyncClient) -> None:
    answer = await anonymous.get("/axf/search/?q=apple")

    assert answer.status_code == 200
    assert "was not found" in answer.text


@pytest.mark.parametrize(
    "q",
    ["%", "_", "\\", "' OR 1=1 --", "😀", "%00", "%ff%fe", "a" * 10_000, "苹" * 2_000, "&q=b&q=c"],
)
async def test_whatever_is_typed_is_answered(anonymous: AsyncClient, apple: Goods, q: str) -> None:
    answer = await anonymous.get(f"/axf/search/?q={q}")

    assert answer.status_code == 200
    assert "Fuji apple" in answer.text


async def test_what_was_typed_is_escaped(anonymous: AsyncClient) -> None:
    answer = await anonymous.get("/axf/search/", params={"q": '"><script>alert(1)</script>'})

    assert "<script>alert" not in answer.text


async def test_a_request_by_htmx_gets_the_whole_page(anonymous: AsyncClient, apple: Goods) -> None:
    answer = await anonymous.get("/axf/search/?q=apple", headers=HTMX)

    assert "<!doctype html>" in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_search_only_reads(client: AsyncClient, method: str) -> None:
    assert (await client.request(method, "/axf/search/?q=apple")).status_code == 405


async def test_members_only_sends_visitors_to_log_in(app: FastAPI, apple: Goods) -> None:
    app.state.settings.storefront = "members"

    async with open_browser(app) as visitor:
        answer = await visitor.get("/axf/search/?q=apple")

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login/?next=/axf/search/")


@pytest.mark.parametrize("q", ["apple", "榴莲", ""])
async def test_the_page_takes_few_queries(
    client: AsyncClient, apple: Goods, count_queries: Callable[[], int], q: str
) -> None:
    await client.get("/axf/search/", params={"q": q})

    assert count_queries() <= MOST_QUERIES
