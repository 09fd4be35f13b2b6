"""The market's pages, with and without htmx."""

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import CartLine, User
from app.services.market import PAGE
from app.settings import Settings
from tests.conftest import HTMX
from tests.factories import make_child, make_goods, make_type


def shown_ids(html: str) -> list[int]:
    """The ids of the goods on a page, in its order."""
    return [
        int(found) for found in re.findall(r'<article class="goods card" id="goods-(\d+)"', html)
    ]


def next_page(html: str) -> str:
    found = re.search(r'<p class="center" id="more"><a class="btn btn-line" href="([^"]+)"', html)
    assert found is not None
    return found[1].replace("&amp;", "&")


async def test_the_market_begins_with_the_first_type_that_has_goods(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    await make_type(session, number=11)
    full = await make_type(session, number=12)
    await make_goods(session, food_type=full)
    await session.commit()

    answer = await anonymous.get("/axf/market/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/market/12/0/0/")


async def test_a_market_without_types_is_a_friendly_page(anonymous: AsyncClient) -> None:
    answer = await anonymous.get("/axf/market/")

    assert answer.status_code == 200
    assert "The shelves are being filled" in answer.text


async def test_a_visitor_sees_the_goods_with_plus_and_without_minus(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    food_type = await make_type(session, number=103541)
    goods = await make_goods(session, food_type=food_type)
    await session.commit()

    answer = await anonymous.get("/axf/market/103541/0/0/")

    assert answer.status_code == 200
    assert shown_ids(answer.text) == [goods.id]
    assert f'action="/axf/addtocart/?goodsid={goods.id}' in answer.text
    assert "/axf/subtocart/" not in answer.text
    assert "Fruit · 1 good</h1>" in answer.text
    assert '<a href="/axf/market/103541/0/0/" aria-current="page">' in answer.text


async def test_a_shopper_sees_what_is_in_the_cart(
    client: AsyncClient, session: AsyncSession, user: User, other: User
) -> None:
    food_type = await make_type(session, number=11)
    goods = await make_goods(session, food_type=food_type)
    for owner, quantity in ((user, 3), (other, 7)):
        session.add(
            CartLine(user_id=owner.id, goods_id=goods.id, quantity=quantity, seen_price_fen=990)
        )
    await session.commit()

    html = (await client.get("/axf/market/11/0/0/")).text

    assert '<output aria-label="Quantity">3</output>' in html
    assert '<output aria-label="Quantity">7</output>' not in html
    assert 'id="cart-bar"' in html
    assert 'id="mini-cart"' in html


@pytest.mark.parametrize(
    ("sort", "order"), [(0, [2, 0, 1]), (1, [1, 2, 0]), (2, [2, 1, 0]), (3, [0, 1, 2])]
)
async def test_the_goods_come_in_the_order_chosen(
    anonymous: AsyncClient, session: AsyncSession, sort: int, order: list[int]
) -> None:
    food_type = await make_type(session, number=11)
    made = [
        await make_goods(session, food_type=food_type, price=price, sales=sales)
        for price, sales in ((100, 5), (200, 9), (300, 7))
    ]
    made[2].is_pinned, made[2].position = True, 9
    await session.commit()

    html = (await anonymous.get(f"/axf/market/11/0/{sort}/")).text

    assert shown_ids(html) == [made[i].id for i in order]
    assert html.count('aria-current="true"') == 2  # the chip and the order


async def test_links_of_the_page_lead_to_every_good_once(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    food_type = await make_type(session, number=11)
    many = [await make_goods(session, food_type=food_type) for _ in range(PAGE + 3)]
    await session.commit()

    first = (await anonymous.get("/axf/market/11/0/3/")).text
    second = (await anonymous.get(next_page(first))).text

    assert shown_ids(first) + shown_ids(second) == [goods.id for goods in many]
    assert "Back to the first" in second
    assert "Back to the first" not in first
    assert "That is all there is here" in second
    assert f"{PAGE + 3} goods</h1>" in second


async def test_htmx_gets_the_next_goods_and_the_next_link_alone(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    food_type = await make_type(session, number=11)
    many = [await make_goods(session, food_type=food_type) for _ in range(PAGE + 1)]
    await session.commit()
    first = (await anonymous.get("/axf/market/11/0/0/")).text

    html = (await anonymous.get(next_page(first), headers=HTMX)).text

    assert shown_ids(html) == [many[-1].id]
    assert '<hx-partial hx-target="#goods-items" hx-swap="beforeend">' in html
    assert html.count('id="more"') == 1
    assert "<main" not in html


async def test_htmx_gets_the_whole_main_of_another_type(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    food_type = await make_type(session, number=11)
    await make_goods(session, food_type=food_type)
    await session.commit()

    html = (await anonymous.get("/axf/market/11/0/1/", headers=HTMX)).text

    assert html.startswith("<title>Market · Fruit · axf fresh food</title>")
    assert '<main id="main"' in html
    assert "<html" not in html


async def test_an_empty_type_says_so(anonymous: AsyncClient, session: AsyncSession) -> None:
    await make_type(session, number=11)
    await session.commit()

    answer = await anonymous.get("/axf/market/11/0/0/")

    assert answer.status_code == 200
    assert "This shelf is empty right now" in answer.text
    assert "0 goods</h1>" in answer.text


async def test_sold_out_goods_have_no_plus(anonymous: AsyncClient, session: AsyncSession) -> None:
    food_type = await make_type(session, number=11)
    await make_goods(session, food_type=food_type, stock=0)
    await session.commit()

    html = (await anonymous.get("/axf/market/11/0/0/")).text

    assert "data-sold-out" in html
    assert "/axf/addtocart/" not in html


@pytest.mark.parametrize(
    "path",
    [
        "99/0/0/",
        "11/99/0/",
        "11/22/0/",
        "11/0/4/",
        "11/0/9/",
        "11/0/-1/",
        "11/0/x/",
        "x/0/0/",
        "-11/0/0/",
        "11/-1/0/",
        "99999999999999999999999/0/0/",
        "11/99999999999999999999999/0/",
        "11/0/1.5/",
        "%00/0/0/",
        "%ff%fe/0/0/",
        "0/0/0/",
    ],
)
async def test_numbers_that_do_not_exist_are_404(
    anonymous: AsyncClient, session: AsyncSession, path: str
) -> None:
    await make_goods(session, food_type=await make_type(session, number=11))
    await make_child(session, await make_type(session, number=12), number=22)
    await session.commit()

    answer = await anonymous.get(f"/axf/market/{path}")

    assert answer.status_code == 404
    assert "This little bee got lost" in answer.text


@pytest.mark.parametrize(
    "after", ["x", "1", "%00", "%ff", "1.2.3.4", "9" * 5000, "🍎", "-", "1.1.x"]
)
@pytest.mark.parametrize("headers", [{}, HTMX])
async def test_a_broken_key_is_404(
    anonymous: AsyncClient, session: AsyncSession, after: str, headers: dict[str, str]
) -> None:
    await make_goods(session, food_type=await make_type(session, number=11))
    await session.commit()

    answer = await anonymous.get(f"/axf/market/11/0/0/?after={after}", headers=headers)

    assert answer.status_code == 404


async def test_the_market_cannot_be_posted_to(client: AsyncClient) -> None:
    for path in ("/axf/market/", "/axf/market/11/0/0/"):
        assert (await client.post(path)).status_code == 405


async def test_names_are_escaped(anonymous: AsyncClient, session: AsyncSession) -> None:
    hostile = '<script>alert("1")</script>{{ 7*7 }}'
    food_type = await make_type(session, number=11, name=hostile)
    food_type.name_en = hostile
    child = await make_child(session, food_type, number=22, name=hostile)
    child.name_en = hostile
    await make_goods(session, food_type=food_type, child=child, name=hostile, name_en=hostile)
    await session.commit()

    html = (await anonymous.get("/axf/market/11/22/0/")).text

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;{{ 7*7 }}" in html


async def test_a_market_price_below_the_price_is_not_struck_through(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    food_type = await make_type(session, number=11)
    await make_goods(session, food_type=food_type, price=990, market_price=880)
    await make_goods(session, food_type=food_type, price=990, market_price=990)
    await make_goods(session, food_type=food_type, price=990, market_price=1190)
    await session.commit()

    html = (await anonymous.get("/axf/market/11/0/0/")).text

    assert re.findall(r"<del>.*?</del>", html) == [
        '<del><span class="sr-only">Market price </span>¥11.90</del>'
    ]


async def test_chinese_readers_get_chinese_names(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    await make_goods(session, food_type=await make_type(session, number=11))
    await session.commit()

    html = (await anonymous.get("/axf/market/11/0/0/", headers={"Accept-Language": "zh"})).text

    assert '<html lang="zh-CN">' in html
    assert "红富士苹果" in html
    assert "Fuji apple" not in html


@pytest.mark.parametrize("path", ["/axf/market/", "/axf/market/11/0/0/"])
async def test_a_shop_for_members_sends_visitors_to_log_in(
    app: FastAPI, settings: Settings, anonymous: AsyncClient, path: str
) -> None:
    settings.storefront = "members"

    answer = await anonymous.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/login/?next={path}")


async def test_a_page_takes_five_queries_at_most(
    client: AsyncClient, session: AsyncSession, user: User, count_queries: Callable[[], int]
) -> None:
    food_type = await make_type(session, number=11)
    many = [await make_goods(session, food_type=food_type) for _ in range(60)]
    session.add_all(
        CartLine(user_id=user.id, goods_id=goods.id, quantity=2, seen_price_fen=990)
        for goods in many[:30]
    )
    await session.commit()
    count_queries()

    answer = await client.get("/axf/market/11/0/0/")

    assert len(shown_ids(answer.text)) == PAGE
    assert count_queries() <= 4
