"""The page of one good."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import CartLine, Goods, User
from app.services.catalogue import MOST_SIMILAR
from app.settings import Settings
from tests.factories import make_address, make_child, make_goods, make_type


async def test_a_visitor_sees_a_good_and_the_way_back(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    food_type = await make_type(session, number=11)
    child = await make_child(session, food_type, number=22)
    goods = await make_goods(session, food_type=food_type, child=child, market_price=1290)
    goods.origin, goods.life_days, goods.sales = "山东烟台", 20, 77
    await session.commit()

    answer = await anonymous.get(f"/axf/goods/{goods.id}/")

    html = answer.text
    assert answer.status_code == 200
    assert '<h1 id="name">Fuji apple</h1>' in html
    assert "<small>¥</small>9<small>.90</small>" in html
    assert "¥12.90</del>" in html
    for fact in ("山东烟台", "20 days", "<dd>77</dd>", "<dd>500g</dd>"):
        assert fact in html
    assert 'href="/axf/market/11/0/0/"' in html
    assert 'href="/axf/market/11/22/0/"' in html
    assert f'data-vt="goods-{goods.id}"' in html


async def test_facts_that_are_not_known_are_left_out(anonymous: AsyncClient, goods: Goods) -> None:
    html = (await anonymous.get(f"/axf/goods/{goods.id}/")).text

    for label in ("Origin", "Storage", "Keeps for", "Sold so far", "Similar goods", "Only for"):
        assert label not in html


async def test_it_can_be_put_into_the_cart_without_javascript(
    anonymous: AsyncClient, goods: Goods
) -> None:
    html = (await anonymous.get(f"/axf/goods/{goods.id}/")).text

    assert f'method="post" action="/axf/addtocart/?goodsid={goods.id}' in html
    assert "Add to cart" in html
    assert 'class="minus"' not in html


async def test_a_shopper_sees_the_number_in_the_cart_and_the_address(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    session.add(CartLine(user_id=user.id, goods_id=goods.id, quantity=3, seen_price_fen=990))
    await make_address(session, user)
    await session.commit()

    html = (await client.get(f"/axf/goods/{goods.id}/")).text

    assert '<output aria-label="Quantity">3</output>' in html
    assert f'id="page-{goods.id}-minus"' in html
    assert "Deliver to 望京 SOHO T3" in html


async def test_sold_out_goods_show_similar_ones_instead_of_a_button(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    food_type = await make_type(session)
    goods = await make_goods(session, food_type=food_type, stock=0)
    similar = await make_goods(session, food_type=food_type)
    await session.commit()

    html = (await anonymous.get(f"/axf/goods/{goods.id}/")).text

    assert "Sold out" in html
    assert "data-sold-out" in html
    assert f"/axf/addtocart/?goodsid={goods.id}" not in html
    assert f"/axf/addtocart/?goodsid={similar.id}" in html


async def test_goods_for_adults_say_so(anonymous: AsyncClient, session: AsyncSession) -> None:
    wine = await make_goods(session)
    wine.min_age = 18
    await session.commit()

    html = (await anonymous.get(f"/axf/goods/{wine.id}/")).text

    assert "Only for people aged 18 and over" in html
    assert "Adults only" in html


async def test_goods_off_sale_are_404(client: AsyncClient, session: AsyncSession) -> None:
    goods = await make_goods(session, on_sale=False)
    await session.commit()

    answer = await client.get(f"/axf/goods/{goods.id}/")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "goods_id", ["0", "-1", "999999", "x", "1.5", "9" * 30, "%00", "%ff", "🍎", "1%0a", "NaN"]
)
async def test_ids_that_do_not_exist_are_404(anonymous: AsyncClient, goods_id: str) -> None:
    answer = await anonymous.get(f"/axf/goods/{goods_id}/")

    assert answer.status_code == 404
    assert "This little bee got lost" in answer.text


async def test_names_are_escaped(anonymous: AsyncClient, session: AsyncSession) -> None:
    hostile = '"><img src=x onerror=alert(1)>'
    goods = await make_goods(session, name=hostile, name_en=hostile)
    goods.spec = goods.origin = hostile
    await session.commit()

    html = (await anonymous.get(f"/axf/goods/{goods.id}/")).text

    assert "<img src=x" not in html


async def test_chinese_readers_get_chinese_names(anonymous: AsyncClient, goods: Goods) -> None:
    html = (await anonymous.get(f"/axf/goods/{goods.id}/", headers={"Accept-Language": "zh"})).text

    assert '<h1 id="name">红富士苹果</h1>' in html


async def test_a_market_price_below_the_price_is_not_struck_through(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    goods = await make_goods(session, price=990, market_price=880)
    await session.commit()

    assert "<del>" not in (await anonymous.get(f"/axf/goods/{goods.id}/")).text


async def test_a_shop_for_members_sends_visitors_to_log_in(
    app: FastAPI, settings: Settings, anonymous: AsyncClient, goods: Goods
) -> None:
    settings.storefront = "members"

    answer = await anonymous.get(f"/axf/goods/{goods.id}/")

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/login/?next=/axf/goods/{goods.id}/"


async def test_a_good_cannot_be_posted_to(client: AsyncClient, goods: Goods) -> None:
    assert (await client.post(f"/axf/goods/{goods.id}/")).status_code == 405


async def test_a_good_takes_six_queries_at_most(
    client: AsyncClient, session: AsyncSession, user: User, count_queries: Callable[[], int]
) -> None:
    food_type = await make_type(session)
    many = [await make_goods(session, food_type=food_type) for _ in range(60)]
    session.add_all(
        CartLine(user_id=user.id, goods_id=goods.id, quantity=2, seen_price_fen=990)
        for goods in many[:30]
    )
    await session.commit()
    count_queries()

    answer = await client.get(f"/axf/goods/{many[0].id}/")

    assert answer.text.count('<article class="goods card"') == MOST_SIMILAR
    assert count_queries() <= 6
