"""The flash sale's page, and flash prices on the others."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, User
from app.models.base import utcnow
from app.services import flash
from app.settings import Settings
from tests.conftest import HTMX
from tests.factories import make_block, make_goods, make_type
from tests.flash_sales import make_offer, make_sale
from tests.shopping import put_in_cart

FLASH = "/axf/flash/"
CHARGED = "<small>¥</small>5<small>.00</small>"
STRUCK = "¥9.90</del>"


async def test_a_running_sale_shows_price_end_and_what_is_left(
    anonymous: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    sale = await make_sale(session, title="Noon sale")
    await make_offer(session, goods, sale=sale, quota=8, sold=3, per_user=2)
    await session.commit()

    answer = await anonymous.get(FLASH)

    html = answer.text
    assert answer.status_code == 200
    assert "Noon sale</h2>" in html
    assert CHARGED in html
    assert STRUCK in html
    assert '<progress class="bar" value="5" max="8"' in html
    assert "5 of 8 left, at most 2 per shopper" in html
    assert re.search(r'<time datetime="[^"]+">Ends at [0-9: -]+</time>', html)
    assert re.search(r'data-seconds="3[56]\d\d" hidden', html)
    assert f'action="/axf/addtocart/?goodsid={goods.id}&amp;key=flash"' in html


async def test_an_upcoming_sale_shows_its_start_and_no_button(
    anonymous: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    sale = await make_sale(
        session,
        starts_at=utcnow() + timedelta(minutes=30),
        ends_at=utcnow() + timedelta(hours=2),
    )
    await make_offer(session, goods, sale=sale)
    await session.commit()

    html = (await anonymous.get(FLASH)).text

    assert "Starts at " in html
    assert CHARGED in html
    assert f'href="/axf/goods/{goods.id}/"' in html
    assert "/axf/addtocart/" not in html


async def test_what_is_all_taken_is_shown_without_a_button(
    anonymous: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    await make_offer(session, goods, quota=3, sold=3)
    await session.commit()

    html = (await anonymous.get(FLASH)).text

    assert "0 of 3 left" in html
    assert "Sold out" in html
    assert "/axf/addtocart/" not in html


async def test_without_a_sale_there_is_a_way_on(anonymous: AsyncClient) -> None:
    html = (await anonymous.get(FLASH)).text

    assert "No flash sale right now" in html
    assert 'href="/axf/market/"' in html


async def test_when_a_countdown_is_over_only_the_main_part_comes_back(
    client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    await make_offer(session, goods)
    await session.commit()

    html = (await client.get(FLASH, headers=HTMX)).text

    assert html.lstrip().startswith("<main")
    assert 'hx-trigger="over"' in html


async def test_a_shop_for_members_sends_visitors_to_log_in(
    app: FastAPI, settings: Settings, anonymous: AsyncClient
) -> None:
    settings.storefront = "members"

    answer = await anonymous.get(FLASH)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/login/?next={FLASH}")


async def test_the_page_cannot_be_posted_to(client: AsyncClient) -> None:
    assert (await client.post(FLASH)).status_code == 405


async def test_the_page_takes_three_queries(
    client: AsyncClient,
    session: AsyncSession,
    user: User,
    count_queries: Callable[[], int],
) -> None:
    food_type = await make_type(session)
    sale = await make_sale(session)
    for _ in range(30):
        goods = await make_goods(session, food_type=food_type)
        await make_offer(session, goods, sale=sale)
        await put_in_cart(session, user, goods)
    await session.commit()
    count_queries()

    html = (await client.get(FLASH)).text

    assert (html.count('<article class="goods card"'), count_queries()) == (30, 3)


async def test_every_page_with_the_good_shows_the_flash_price(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    food_type = await make_type(session, number=77)
    goods = await make_goods(session, food_type=food_type, market_price=1290)
    await make_offer(session, goods, price=500)
    await make_offer(session, goods, price=600)
    await make_block(session, "mainshow", goods=[goods])
    await session.commit()

    for path in ("/", "/axf/market/77/0/0/", "/axf/search/?q=Fuji", f"/axf/goods/{goods.id}/"):
        html = (await anonymous.get(path)).text
        assert CHARGED in html, path
        assert STRUCK in html, path
        assert '<span class="badge">Flash sale</span>' in html, path
        assert "12.90" not in html, path


async def test_the_home_page_has_a_part_for_the_sale_that_runs(
    anonymous: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    await make_block(session, "banner")
    await session.commit()
    without = (await anonymous.get("/")).text

    await make_offer(session, goods)
    await session.commit()
    with_sale = (await anonymous.get("/")).text

    assert "flash sale" not in without
    assert "Today's flash sale</h2>" in with_sale
    assert 'href="/axf/flash/"' in with_sale
    assert "Ends at " in with_sale
    assert f'id="flash-{goods.id}"' in with_sale


async def test_the_cart_charges_the_flash_price(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await make_offer(session, goods, per_user=3)
    await session.commit()
    for _ in range(2):
        await client.post(f"/axf/addtocart/?goodsid={goods.id}")

    html = (await client.get("/axf/cart/")).text

    assert CHARGED in html
    assert STRUCK in html
    assert "<dd>¥10.00</dd>" in html
    assert "since you added it" not in html
    assert "at this price" not in html


async def test_more_than_ones_share_is_said_on_the_line_and_can_be_put_right(
    client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    await make_offer(session, goods, per_user=1)
    await session.commit()
    for _ in range(3):
        await client.post(f"/axf/addtocart/?goodsid={goods.id}")

    before = (await client.get("/axf/cart/")).text
    await client.post(f"/axf/cart/{goods.id}/take-left/")
    after = (await client.get("/axf/cart/")).text

    assert "At most 1 per shopper at this price" in before
    assert f'action="/axf/cart/{goods.id}/take-left/"' in before
    assert "At most 1 per shopper" not in after
    assert '<output aria-label="Quantity">1</output>' in after


async def test_fewer_left_than_wanted_is_said_on_the_line(
    client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    await make_offer(session, goods, quota=5, sold=3, per_user=4)
    await session.commit()
    for _ in range(3):
        await client.post(f"/axf/addtocart/?goodsid={goods.id}")

    html = (await client.get("/axf/cart/")).text

    assert "Only 2 left at this price, you have 3" in html
    assert "Take 2" in html


async def test_whoever_had_their_share_is_told_why_it_costs_more(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    item = await make_offer(session, goods)
    await flash.claim(session, user.id, {item.id: 1}, utcnow())
    await session.commit()
    await client.post(f"/axf/addtocart/?goodsid={goods.id}")

    html = (await client.get("/axf/cart/")).text

    assert "you have had yours: this is the normal price" in html
    assert CHARGED not in html
    assert "<dd>¥9.90</dd>" in html


async def test_a_sale_that_ended_is_said_on_the_line(
    client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    sale = await make_sale(session)
    await make_offer(session, goods, sale=sale)
    await session.commit()
    await client.post(f"/axf/addtocart/?goodsid={goods.id}")
    sale.ends_at = utcnow()
    await session.commit()

    html = (await client.get("/axf/cart/")).text

    assert "The flash price of ¥5.00 is over or sold out: now it costs the normal ¥9.90" in html
    assert "since you added it" not in html
    assert "<dd>¥9.90</dd>" in html


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
async def test_a_button_of_the_sale_puts_the_good_into_the_cart(
    client: AsyncClient, session: AsyncSession, goods: Goods, headers: dict[str, str]
) -> None:
    await make_offer(session, goods)
    await session.commit()
    headers = headers | {"Referer": "http://testserver/axf/flash/"}

    answer = await client.post(f"/axf/addtocart/?goodsid={goods.id}&key=flash", headers=headers)

    if "HX-Request" in headers:
        assert f'id="flash-{goods.id}-step"' in answer.text
    else:
        assert answer.headers["Location"] == f"/axf/flash/#flash-{goods.id}"
    assert CHARGED in (await client.get("/axf/cart/")).text
