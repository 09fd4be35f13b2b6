"""The home page."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import CartLine, Goods, User
from app.settings import Settings
from tests.factories import make_block, make_goods, make_type

PATHS = ["/", "/axf/home/"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_shop_without_anything_still_has_a_home_page(
    anonymous: AsyncClient, path: str
) -> None:
    answer = await anonymous.get(path)

    assert answer.status_code == 200
    assert "The shop window is still empty" in answer.text
    assert "Daily must-buys" not in answer.text


@pytest.mark.parametrize("path", PATHS)
async def test_every_kind_of_block_is_shown(
    anonymous: AsyncClient, session: AsyncSession, goods: Goods, path: str
) -> None:
    for kind in ("banner", "nav", "mustbuy", "shop", "mainshow"):
        await make_block(session, kind, title=f"A {kind}", text=f"About {kind}")
    await make_block(session, "mainshow", title="With goods", goods=[goods])
    await session.commit()

    html = (await anonymous.get(path)).text

    for kind in ("banner", "mustbuy", "shop", "mainshow"):
        assert f"A {kind}" in html
        assert f"About {kind}" in html
    assert "A nav" in html
    assert f"/axf/goods/{goods.id}/" in html
    assert "The shop window is still empty" not in html


async def test_sections_without_blocks_are_not_shown(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    await make_block(session, "shop")
    await session.commit()

    html = (await anonymous.get("/")).text

    assert "Around the shops" in html
    for other in ('class="hero"', "navgrid", "Daily must-buys", 'class="shelf"'):
        assert other not in html


async def test_a_must_buy_shows_the_price_of_its_goods(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    goods = await make_goods(session, price=1290)
    await make_block(session, "mustbuy", link_goods=goods)
    await session.commit()

    html = (await anonymous.get("/")).text

    assert f'href="/axf/goods/{goods.id}/"' in html
    assert "<small>¥</small>12<small>.90</small>" in html


async def test_a_visitor_is_invited_and_a_shopper_greeted(
    anonymous: AsyncClient, client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await make_block(session, "banner")
    await session.commit()

    visitors, shoppers = (await anonymous.get("/")).text, (await client.get("/")).text

    assert 'href="/register/"' in visitors
    assert 'href="/register/"' not in shoppers
    assert f"Hello, {user.username}" in shoppers


async def test_the_promise_of_free_delivery_is_the_one_in_the_settings(
    app: FastAPI, settings: Settings, anonymous: AsyncClient, session: AsyncSession
) -> None:
    await make_block(session, "banner")
    await session.commit()

    settings.free_delivery_fen = 4950
    with_limit = (await anonymous.get("/")).text
    settings.delivery_fee_fen = 0
    without_fee = (await anonymous.get("/")).text

    assert "Free delivery from ¥49.50" in with_limit
    assert "Delivery is always free" in without_fee


async def test_goods_in_the_cart_show_their_number(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await make_block(session, "mainshow", goods=[goods])
    session.add(CartLine(user_id=user.id, goods_id=goods.id, quantity=4, seen_price_fen=990))
    await session.commit()

    html = (await client.get("/")).text

    assert '<output aria-label="Quantity">4</output>' in html


async def test_goods_in_two_shows_have_ids_of_their_own(
    anonymous: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    blocks = [await make_block(session, "mainshow", goods=[goods]) for _ in range(2)]
    await session.commit()

    html = (await anonymous.get("/")).text

    for block in blocks:
        assert html.count(f'id="s{block.id}-{goods.id}"') == 1


async def test_texts_are_escaped_and_in_the_readers_language(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    await make_block(session, "banner", title='<b onclick="x">', title_zh="今晨采摘")
    await session.commit()

    english = (await anonymous.get("/")).text
    chinese = (await anonymous.get("/", headers={"Accept-Language": "zh"})).text

    assert "&lt;b onclick=&#34;x&#34;&gt;" in english
    assert "今晨采摘" in chinese


@pytest.mark.parametrize("path", PATHS)
async def test_a_shop_for_members_sends_visitors_to_log_in(
    app: FastAPI, settings: Settings, anonymous: AsyncClient, client: AsyncClient, path: str
) -> None:
    settings.storefront = "members"

    visitors, members = await anonymous.get(path), await client.get(path)

    assert (visitors.status_code, visitors.headers["Location"]) == (303, f"/login/?next={path}")
    assert members.status_code == 200


async def test_the_home_page_cannot_be_posted_to(client: AsyncClient) -> None:
    for path in PATHS:
        assert (await client.post(path)).status_code == 405


async def test_the_home_page_takes_five_queries_at_most(
    client: AsyncClient, session: AsyncSession, user: User, count_queries: Callable[[], int]
) -> None:
    food_type = await make_type(session)
    many = [await make_goods(session, food_type=food_type) for _ in range(60)]
    for i in range(10):
        await make_block(session, "mainshow", goods=many[i * 6 : i * 6 + 6])
        await make_block(session, "mustbuy", link_goods=many[i])
        await make_block(session, "nav", link_type=food_type.number)
    session.add_all(
        CartLine(user_id=user.id, goods_id=goods.id, quantity=2, seen_price_fen=990)
        for goods in many[:30]
    )
    await session.commit()
    count_queries()

    answer = await client.get("/")

    assert answer.text.count('<article class="goods card"') == 60
    assert count_queries() <= 4
