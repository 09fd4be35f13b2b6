"""The check-out page and the form that places the order."""

import re
from collections.abc import Callable

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import CartLine, Goods, Order, Stock, User
from tests.conftest import HTMX
from tests.factories import make_address, make_goods
from tests.shopping import order_of, put_in_cart, stock_of, wrong_books


@pytest.fixture
async def basket(session: AsyncSession, user: User, goods: Goods) -> CartLine:
    """Two apples of ¥9.90 and an address to bring them to."""
    await make_address(session, user)
    line = await put_in_cart(session, user, goods, 2)
    await session.commit()
    return line


async def open_form(client: AsyncClient) -> dict[str, str]:
    """The check-out page's hidden fields."""
    page = await client.get("/axf/checkout/")
    assert page.status_code == 200
    return hidden(page)


def hidden(page: Response) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(key|agreed)" value="([^"]+)">', page.text))


async def count_orders(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Order)) or 0


async def nothing_happened(session: AsyncSession, goods: Goods) -> bool:
    return await count_orders(session) == 0 and (await stock_of(session, goods.id))[1] == 0


@pytest.mark.usefixtures("basket")
async def test_the_page_shows_what_will_be_ordered(client: AsyncClient) -> None:
    page = await client.get("/axf/checkout/")

    for text in ("Fuji apple", "500g × 2", "¥19.80", "¥5.00", "Place order · ¥24.80"):
        assert text in page.text
    assert "望京 SOHO T3 · B 座 2307" in page.text
    assert "138****6021" in page.text


@pytest.mark.usefixtures("basket")
async def test_the_page_takes_three_queries(
    client: AsyncClient, count_queries: Callable[[], int]
) -> None:
    await client.get("/axf/checkout/")

    assert count_queries() == 3


@pytest.mark.usefixtures("basket")
async def test_the_form_places_the_order(client: AsyncClient, session: AsyncSession) -> None:
    form = await open_form(client)

    answer = await client.post("/axf/orders/", data=form | {"note": "Leave it 在门口 🍎"})

    no = answer.headers["location"].split("/")[3]
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/axf/orders/{no}/pay/"
    order = await order_of(session, no)
    assert (order.pay_fen, order.note) == (2480, "Leave it 在门口 🍎")
    assert await wrong_books(session) == []


@pytest.mark.usefixtures("basket")
async def test_a_double_click_is_one_order(client: AsyncClient, session: AsyncSession) -> None:
    form = await open_form(client)

    first = await client.post("/axf/orders/", data=form)
    second = await client.post("/axf/orders/", data=form)

    assert first.headers["location"] == second.headers["location"]
    assert await count_orders(session) == 1


@pytest.mark.usefixtures("basket")
async def test_each_page_has_a_key_of_its_own(client: AsyncClient) -> None:
    assert (await open_form(client))["key"] != (await open_form(client))["key"]


@pytest.mark.usefixtures("basket")
async def test_the_same_key_with_another_note_is_refused(
    client: AsyncClient, session: AsyncSession
) -> None:
    form = await open_form(client)
    await client.post("/axf/orders/", data=form)

    answer = await client.post("/axf/orders/", data=form | {"note": "other"})

    assert answer.status_code == 422
    assert await count_orders(session) == 1


@pytest.mark.usefixtures("basket")
async def test_a_changed_price_is_shown_before_anything_is_ordered(
    client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    form = await open_form(client)
    await session.execute(update(Goods).where(Goods.id == goods.id).values(price_fen=1290))
    await session.commit()

    answer = await client.post("/axf/orders/", data=form | {"note": "Door"})

    assert answer.status_code == 409
    assert "Something changed" in answer.text
    assert "it was ¥9.90 when you added it" in answer.text
    assert "Place order · ¥30.80" in answer.text
    assert 'value="Door"' in answer.text
    assert await nothing_happened(session, goods)


@pytest.mark.usefixtures("basket")
async def test_the_page_shown_again_can_be_sent(
    client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    form = await open_form(client)
    await session.execute(update(Goods).where(Goods.id == goods.id).values(price_fen=1290))
    await session.commit()
    again = await client.post("/axf/orders/", data=form)

    answer = await client.post("/axf/orders/", data=hidden(again))

    assert answer.status_code == 303
    assert await count_orders(session) == 1


@pytest.mark.usefixtures("basket")
async def test_goods_that_ran_short_are_named(
    client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    form = await open_form(client)
    await session.execute(update(Stock).where(Stock.goods_id == goods.id).values(on_hand=1))
    await session.commit()

    answer = await client.post("/axf/orders/", data=form)

    assert answer.status_code == 409
    assert "Only 1 of Fuji apple left" in answer.text
    assert 'id="place"' not in answer.text
    assert await nothing_happened(session, goods)


@pytest.mark.usefixtures("basket")
async def test_what_cannot_be_ordered_is_said_beforehand(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    gone = await make_goods(session, name_en="Old pear", on_sale=False)
    few = await make_goods(session, name_en="Rare plum", stock=1)
    await put_in_cart(session, user, gone)
    await put_in_cart(session, user, few, 3)
    await session.commit()

    page = await client.get("/axf/checkout/")

    assert "Old pear is sold out and not part of this order" in page.text
    assert "Only 1 of Rare plum left: not part of this order" in page.text
    assert "Place order · ¥24.80" in page.text


@pytest.mark.usefixtures("basket")
@pytest.mark.parametrize(
    "forged",
    [
        {"agreed": "0" * 16},
        {"agreed": ""},
        {"agreed": "x" * 65},
        {"key": "short"},
        {"key": "k" * 65},
        {"key": "'; DROP TABLE orders"},
        {"key": "k" * 20 + "\x00"},
        {"note": "n" * 61},
        {"note": "a\x00b"},
    ],
)
async def test_forged_fields_order_nothing(
    client: AsyncClient, session: AsyncSession, goods: Goods, forged: dict[str, str]
) -> None:
    form = await open_form(client)

    answer = await client.post("/axf/orders/", data=form | forged)

    assert answer.status_code in {409, 422}
    assert "Fuji apple" in answer.text
    assert await nothing_happened(session, goods)


@pytest.mark.usefixtures("basket")
async def test_forged_prices_are_not_read(client: AsyncClient, session: AsyncSession) -> None:
    form = await open_form(client)

    answer = await client.post(
        "/axf/orders/", data=form | {"pay_fen": "1", "status": "paid", "user_id": "1"}
    )

    order = await order_of(session, answer.headers["location"].split("/")[3])
    assert (order.pay_fen, order.status) == (2480, "unpaid")


@pytest.mark.usefixtures("basket")
async def test_an_empty_form_is_refused(
    client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    answer = await client.post("/axf/orders/")

    assert answer.status_code == 422
    assert await nothing_happened(session, goods)


async def test_an_empty_cart_leads_back_to_the_cart(client: AsyncClient) -> None:
    page = await client.get("/axf/checkout/")

    assert (page.status_code, page.headers["location"]) == (303, "/axf/cart/")


async def test_an_empty_cart_cannot_be_ordered(client: AsyncClient, session: AsyncSession) -> None:
    form = {"key": "k" * 20, "agreed": "0" * 16}

    answer = await client.post("/axf/orders/", data=form)

    assert answer.status_code in {409, 422}
    assert await count_orders(session) == 0


async def test_without_an_address_the_way_leads_there(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await put_in_cart(session, user, goods)
    await session.commit()

    page = await client.get("/axf/checkout/")
    answer = await client.post("/axf/orders/", data=hidden(page))

    assert 'href="/axf/address/?next=/axf/checkout/"' in page.text
    assert 'id="place"' not in page.text
    assert answer.status_code == 422
    assert "Please say where the order should go" in answer.text
    assert await nothing_happened(session, goods)


@pytest.mark.usefixtures("basket")
async def test_another_shoppers_form_buys_nothing_of_mine(
    client: AsyncClient, other_client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    form = await open_form(client)

    answer = await other_client.post("/axf/orders/", data=form)

    assert answer.status_code in {409, 422}
    assert await nothing_happened(session, goods)


async def test_a_visitor_logs_in_first(anonymous: AsyncClient) -> None:
    page = await anonymous.get("/axf/checkout/")
    answer = await anonymous.post("/axf/orders/", data={"key": "k" * 20})

    assert (page.status_code, page.headers["location"]) == (303, "/login/?next=/axf/checkout/")
    assert (answer.status_code, answer.headers["location"][:7]) == (303, "/login/")


@pytest.mark.usefixtures("basket")
async def test_another_sites_form_is_refused(
    client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    form = await open_form(client)

    answer = await client.post("/axf/orders/", data=form, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert await nothing_happened(session, goods)


@pytest.mark.usefixtures("basket")
async def test_only_post_places(client: AsyncClient) -> None:
    assert (await client.post("/axf/checkout/")).status_code == 405
    assert (await client.put("/axf/orders/")).status_code == 405


@pytest.mark.usefixtures("basket")
async def test_htmx_hears_of_an_ended_log_in(anonymous: AsyncClient) -> None:
    answer = await anonymous.post("/axf/orders/", headers=HTMX)

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/login/")
