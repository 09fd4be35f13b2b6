"""The cart page and its buttons."""

import re
from collections.abc import Callable

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import CartLine, Goods, Stock, User
from tests.conftest import HTMX
from tests.factories import make_goods

CART_FORMS = (
    "/axf/addtocart/?goodsid={id}",
    "/axf/subtocart/?goodsid={id}",
    "/axf/cart/{id}/select/?on=0",
    "/axf/cart/{id}/take-left/",
    "/axf/cart/{id}/remove/",
    "/axf/cart/{id}/restore/?quantity=2&on=1",
    "/axf/cart/select-all/?on=0",
    "/axf/cart/clear-gone/",
)


async def put(
    session: AsyncSession,
    user: User,
    goods: Goods,
    quantity: int = 1,
    *,
    is_select: bool = True,
    seen: int | None = None,
) -> None:
    """A line that is already in the cart, for the browsers to see."""
    line = CartLine(
        user_id=user.id,
        goods_id=goods.id,
        quantity=quantity,
        is_select=is_select,
        seen_price_fen=goods.price_fen if seen is None else seen,
    )
    session.add(line)
    await session.commit()


async def lines_of(session: AsyncSession, user: User) -> dict[int, tuple[int, bool]]:
    """(quantity, is_select) by goods id."""
    columns = select(CartLine.goods_id, CartLine.quantity, CartLine.is_select)
    rows = (await session.execute(columns.where(CartLine.user_id == user.id))).all()
    await session.commit()
    return {goods_id: (quantity, is_select) for goods_id, quantity, is_select in rows}


def is_fragment(answer: Response) -> bool:
    return "<html" not in answer.text and '<hx-partial hx-target="#cart-badge"' in answer.text


# ---- the page ----


async def test_the_cart_shows_lines_sums_and_the_way_to_check_out(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    goods = await make_goods(session, price=990)
    await put(session, user, goods, 2)

    page = (await client.get("/axf/cart/")).text

    assert f'id="cart-{goods.id}"' in page
    assert "Fuji apple" in page
    assert "2 pieces" in page
    assert "<dd>¥19.80</dd>" in page
    assert "¥19.20 more for free delivery" in page
    assert '<progress class="bar" value="1980" max="3900"' in page
    assert page.count('href="/axf/checkout/"') == 2


async def test_an_empty_cart_leads_to_the_market(client: AsyncClient) -> None:
    page = (await client.get("/axf/cart/")).text

    assert "Your basket is still empty" in page
    assert 'href="/axf/market/"' in page
    assert "/axf/checkout/" not in page


async def test_the_cart_speaks_chinese(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await put(session, user, goods)

    page = (await client.get("/axf/cart/", headers={"Accept-Language": "zh"})).text

    assert '<html lang="zh-CN">' in page
    assert "红富士苹果" in page


async def test_a_visitor_is_sent_to_log_in_and_comes_back(anonymous: AsyncClient) -> None:
    plain = await anonymous.get("/axf/cart/")
    fragment = await anonymous.get("/axf/cart/", headers=HTMX)

    assert (plain.status_code, plain.headers["location"]) == (303, "/login/?next=/axf/cart/")
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (
        401,
        "/login/?next=/axf/cart/",
    )


async def test_nobody_sees_another_shoppers_cart(
    client: AsyncClient, session: AsyncSession, other: User, goods: Goods
) -> None:
    await put(session, other, goods)

    assert "Fuji apple" not in (await client.get("/axf/cart/")).text


async def test_thirty_lines_take_no_more_queries_than_one(
    client: AsyncClient,
    session: AsyncSession,
    user: User,
    count_queries: Callable[[], int],
) -> None:
    for _ in range(30):
        goods = await make_goods(session, price=10)
        session.add(CartLine(user_id=user.id, goods_id=goods.id, quantity=1, seen_price_fen=10))
    await session.commit()
    count_queries()

    page = await client.get("/axf/cart/")

    assert page.text.count('class="cart-line"') == 30
    assert count_queries() == 4


async def test_a_changed_price_is_said_in_words(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await put(session, user, await make_goods(session, price=850), seen=990)

    page = (await client.get("/axf/cart/")).text

    assert "Price went from ¥9.90 to ¥8.50 since you added it" in page


async def test_a_line_with_too_little_left_says_so_and_is_not_charged(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    goods = await make_goods(session, stock=2)
    await put(session, user, goods, 5)

    page = (await client.get("/axf/cart/")).text

    assert "Only 2 left, you have 5" in page
    assert f'action="/axf/cart/{goods.id}/take-left/"' in page
    assert "/axf/checkout/" not in page


async def test_what_is_gone_stands_apart_with_a_way_to_the_like(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    sold_out, off_sale = await make_goods(session, stock=0), await make_goods(session)
    off_sale.on_sale = False
    await put(session, user, sold_out)
    await put(session, user, off_sale)

    page = (await client.get("/axf/cart/")).text

    assert "Out of stock for now" in page
    assert ("Sold out" in page, "No longer sold" in page) == (True, True)
    assert len(re.findall(r'href="/axf/market/\d+/0/0/"', page)) == 2
    assert "/axf/checkout/" not in page


async def test_an_add_on_closes_the_gap_to_free_delivery(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await put(session, user, await make_goods(session, price=3500))
    closing, short = await make_goods(session, price=400), await make_goods(session, price=399)
    await session.commit()

    page = (await client.get("/axf/cart/")).text

    assert "One more for free delivery" in page
    assert f'id="addon-{closing.id}"' in page
    assert f'id="addon-{short.id}"' not in page


async def test_with_free_delivery_nothing_more_is_offered(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await put(session, user, await make_goods(session, price=3900))
    await make_goods(session, price=4000)
    await session.commit()

    page = (await client.get("/axf/cart/")).text

    assert "Delivery is free" in page
    assert "One more for free delivery" not in page


async def test_what_is_not_selected_is_neither_charged_nor_ordered(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await put(session, user, goods, is_select=False)

    page = (await client.get("/axf/cart/")).text

    assert "Nothing selected can be ordered" in page
    assert "/axf/checkout/" not in page


# ---- plus and minus ----


async def test_without_htmx_a_click_leads_back_to_the_goods(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    referer = {"Referer": "http://testserver/axf/market/103541/0/0/?x=1"}

    answer = await client.post(f"/axf/addtocart/?goodsid={goods.id}", headers=referer)

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/axf/market/103541/0/0/?x=1#goods-{goods.id}"
    assert await lines_of(session, user) == {goods.id: (1, True)}


@pytest.mark.parametrize("referer", ["", "https://evil.example/axf/home/", "http://testserver//x"])
async def test_without_a_page_of_ours_it_leads_to_the_cart(
    client: AsyncClient, goods: Goods, referer: str
) -> None:
    answer = await client.post(
        f"/axf/addtocart/?goodsid={goods.id}&key=shelf", headers={"Referer": referer}
    )

    assert answer.headers["location"] == f"/axf/cart/#shelf-{goods.id}"


async def test_with_htmx_plus_answers_the_stepper_and_the_sums(
    client: AsyncClient, goods: Goods
) -> None:
    answer = await client.post(f"/axf/addtocart/?goodsid={goods.id}&key=shelf", headers=HTMX)

    assert answer.status_code == 200
    assert is_fragment(answer)
    assert f'id="shelf-{goods.id}-step"' in answer.text
    assert '<output aria-label="Quantity">1</output>' in answer.text
    for region in ("#cart-badge", "#cart-bar", "#mini-cart"):
        assert f'hx-target="{region}"' in answer.text
    assert "autofocus" not in answer.text


async def test_minus_at_one_leaves_a_plus_with_the_focus(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await put(session, user, goods)

    answer = await client.post(f"/axf/subtocart/?goodsid={goods.id}", headers=HTMX)

    assert "autofocus" in answer.text
    assert "-minus" not in answer.text
    assert '<section id="cart-bar" hidden>' in answer.text
    assert await lines_of(session, user) == {}


async def test_minus_without_htmx_takes_one(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await put(session, user, goods, 3)

    answer = await client.post(f"/axf/subtocart/?goodsid={goods.id}&key=cart")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/axf/cart/#cart-{goods.id}")
    assert await lines_of(session, user) == {goods.id: (2, True)}


@pytest.mark.parametrize("key", ["cart", "addon"])
async def test_on_the_cart_page_the_whole_cart_comes_back(
    client: AsyncClient, goods: Goods, key: str
) -> None:
    answer = await client.post(f"/axf/addtocart/?goodsid={goods.id}&key={key}", headers=HTMX)

    assert is_fragment(answer)
    assert '<div class="split" id="cart">' in answer.text
    assert '<hx-partial hx-target="#cart-count"' in answer.text
    assert ("autofocus" in answer.text) == (key == "addon")


async def test_beyond_what_is_left_htmx_gets_a_toast(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    goods = await make_goods(session, stock=2)
    await put(session, user, goods, 2)

    answer = await client.post(f"/axf/addtocart/?goodsid={goods.id}", headers=HTMX)

    assert answer.status_code == 409
    assert "Only 2 of Fuji apple left" in answer.text
    assert 'hx-target="#toasts"' in answer.text
    assert await lines_of(session, user) == {goods.id: (2, True)}


async def test_beyond_what_is_left_a_page_says_why_and_leads_back(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    goods = await make_goods(session, stock=0)
    await session.commit()

    answer = await client.post(
        f"/axf/addtocart/?goodsid={goods.id}",
        headers={"Referer": "http://testserver/axf/market/103541/0/0/"},
    )

    assert answer.status_code == 409
    assert "Only 0 of Fuji apple left" in answer.text
    assert 'href="/axf/market/103541/0/0/"' in answer.text
    assert await lines_of(session, user) == {}


async def test_beyond_ninety_nine_is_refused_in_words(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    goods = await make_goods(session, stock=500)
    await put(session, user, goods, 99)

    answer = await client.post(f"/axf/addtocart/?goodsid={goods.id}", headers=HTMX)

    assert (answer.status_code, "At most 99 pieces of one good" in answer.text) == (409, True)
    assert await lines_of(session, user) == {goods.id: (99, True)}


@pytest.mark.parametrize("action", ["addtocart", "subtocart"])
@pytest.mark.parametrize("goodsid", ["", "?goodsid=", "?goodsid=x", "?goodsid=-1", "?goodsid=9e9"])
async def test_a_goods_id_that_is_none_is_refused(
    client: AsyncClient, session: AsyncSession, user: User, action: str, goodsid: str
) -> None:
    answer = await client.post(f"/axf/{action}/{goodsid}")

    assert answer.status_code == 422
    assert await lines_of(session, user) == {}


@pytest.mark.parametrize("key", ["a%20b", "A", "%22%3E", "x" * 21, "a%0A"])
async def test_a_strange_key_is_refused(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods, key: str
) -> None:
    await session.commit()

    answer = await client.post(f"/axf/addtocart/?goodsid={goods.id}&key={key}", headers=HTMX)

    assert answer.status_code == 422
    assert await lines_of(session, user) == {}


# ---- select, remove, undo, reduce, clear ----


async def test_a_selection_is_stated_so_a_second_click_changes_nothing(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await put(session, user, goods)

    for _ in range(2):
        answer = await client.post(f"/axf/cart/{goods.id}/select/?on=0")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/axf/cart/#cart-{goods.id}")
    assert await lines_of(session, user) == {goods.id: (1, False)}


async def test_all_are_selected_with_one_click(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    first, second = await make_goods(session), await make_goods(session)
    await put(session, user, first, is_select=False)
    await put(session, user, second)

    answer = await client.post("/axf/cart/select-all/?on=1", headers=HTMX)

    assert "2 pieces selected" in answer.text
    assert await lines_of(session, user) == {first.id: (1, True), second.id: (1, True)}


async def test_a_removal_offers_to_undo_it(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await put(session, user, goods, 4, is_select=False)

    answer = await client.post(f"/axf/cart/{goods.id}/remove/", headers=HTMX)
    undo = f"/axf/cart/{goods.id}/restore/?quantity=4&on=0"

    assert "“Fuji apple” removed" in answer.text
    assert f'action="{undo.replace("&", "&amp;")}"' in answer.text
    assert await lines_of(session, user) == {}
    restored = await client.post(undo, headers=HTMX)
    assert f'id="cart-{goods.id}-name" href="/axf/goods/{goods.id}/" autofocus' in restored.text
    assert '<hx-partial hx-target="#toasts" hx-swap="innerHTML"></hx-partial>' in restored.text
    assert await lines_of(session, user) == {goods.id: (4, False)}


async def test_without_htmx_a_removal_offers_to_undo_it_too(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await put(session, user, goods, 2)

    answer = await client.post(f"/axf/cart/{goods.id}/remove/")
    page = await client.get(answer.headers["location"])
    undone = await client.post(f"/axf/cart/{goods.id}/restore/?quantity=2&on=1")

    assert answer.headers["location"] == f"/axf/cart/?removed={goods.id}&quantity=2&on=1"
    assert "“Fuji apple” removed" in page.text
    assert f"/axf/cart/{goods.id}/restore/?quantity=2&amp;on=1" in page.text
    assert undone.headers["location"] == f"/axf/cart/#cart-{goods.id}"
    assert await lines_of(session, user) == {goods.id: (2, True)}


async def test_a_double_click_on_remove_keeps_the_undo(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await put(session, user, goods, 2)
    await client.post(f"/axf/cart/{goods.id}/remove/", headers=HTMX)

    again = await client.post(f"/axf/cart/{goods.id}/remove/", headers=HTMX)

    assert again.status_code == 200
    assert "#toasts" not in again.text


async def test_the_last_piece_taken_on_the_cart_page_offers_to_undo_it(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    gone, stays = await make_goods(session), await make_goods(session)
    await put(session, user, gone)
    await put(session, user, stays)

    answer = await client.post(f"/axf/subtocart/?goodsid={gone.id}&key=cart", headers=HTMX)

    assert "“Fuji apple” removed" in answer.text
    assert f'id="cart-{stays.id}-name" href="/axf/goods/{stays.id}/" autofocus' in answer.text


async def test_an_unknown_removal_in_the_address_offers_nothing(client: AsyncClient) -> None:
    page = await client.get("/axf/cart/?removed=999999999&quantity=2&on=1")

    assert page.status_code == 200
    assert "Undo" not in page.text


async def test_a_line_is_reduced_to_what_is_left(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    goods = await make_goods(session, stock=2)
    await put(session, user, goods, 5)

    answer = await client.post(f"/axf/cart/{goods.id}/take-left/", headers=HTMX)

    assert "Only 2 left" not in answer.text
    assert 'href="/axf/checkout/"' in answer.text
    assert await lines_of(session, user) == {goods.id: (2, True)}


async def test_what_is_gone_is_cleared_together(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await put(session, user, goods)
    await put(session, user, await make_goods(session, stock=0))

    answer = await client.post("/axf/cart/clear-gone/")

    assert (answer.status_code, answer.headers["location"]) == (303, "/axf/cart/")
    assert await lines_of(session, user) == {goods.id: (1, True)}


async def test_sums_follow_when_the_stock_runs_out(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await put(session, user, goods)
    await session.execute(update(Stock).where(Stock.goods_id == goods.id).values(allocated=10))
    await session.commit()

    answer = await client.post("/axf/cart/select-all/?on=1", headers=HTMX)

    assert "Out of stock for now" in answer.text
    assert "/axf/checkout/" not in answer.text


# ---- every button ----


@pytest.mark.parametrize("form", CART_FORMS)
async def test_a_visitor_changes_nothing_and_is_sent_to_log_in(
    anonymous: AsyncClient, session: AsyncSession, goods: Goods, form: str
) -> None:
    await session.commit()
    path = form.format(id=goods.id)
    here = {"Referer": "http://testserver/axf/market/1/0/0/", "HX-Current-URL": ""}

    plain = await anonymous.post(path, headers=here)
    fragment = await anonymous.post(path, headers=HTMX | here)

    login = "/login/?next=/axf/market/1/0/0/"
    assert (plain.status_code, plain.headers["location"]) == (303, login)
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (401, login)
    assert await session.scalar(select(func.count()).select_from(CartLine)) == 0


@pytest.mark.parametrize("form", CART_FORMS)
async def test_a_look_changes_nothing(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods, form: str
) -> None:
    await put(session, user, goods, 2)

    answer = await client.get(form.format(id=goods.id))

    assert answer.status_code == 405
    assert await lines_of(session, user) == {goods.id: (2, True)}


@pytest.mark.parametrize("form", CART_FORMS)
async def test_another_site_changes_nothing(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods, form: str
) -> None:
    await put(session, user, goods, 2)

    answer = await client.post(form.format(id=goods.id), headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert await lines_of(session, user) == {goods.id: (2, True)}


@pytest.mark.parametrize("form", CART_FORMS)
async def test_no_button_touches_another_shoppers_cart(
    client: AsyncClient, session: AsyncSession, other: User, form: str
) -> None:
    goods = await make_goods(session, stock=1)
    await put(session, other, goods, 5)

    await client.post(form.format(id=goods.id))

    assert await lines_of(session, other) == {goods.id: (5, True)}


@pytest.mark.parametrize("form", CART_FORMS[2:4])
async def test_a_line_that_is_not_yours_does_not_exist(
    client: AsyncClient, session: AsyncSession, other: User, goods: Goods, form: str
) -> None:
    await put(session, other, goods, 5)

    assert (await client.post(form.format(id=goods.id))).status_code == 404


@pytest.mark.parametrize("form", CART_FORMS[:6])
async def test_unknown_goods_are_not_found(client: AsyncClient, form: str) -> None:
    assert (await client.post(form.format(id=999_999_999))).status_code == 404


@pytest.mark.parametrize("number", ["x", "-1", "99999999999999999999", "1.5", "%00"])
@pytest.mark.parametrize("form", CART_FORMS[2:6])
async def test_a_path_that_is_no_number_is_not_found(
    client: AsyncClient, form: str, number: str
) -> None:
    assert (await client.post(form.format(id=number))).status_code == 404


@pytest.mark.parametrize(
    "query", ["", "?on=1", "?quantity=0&on=1", "?quantity=100&on=1", "?quantity=x&on=1"]
)
async def test_an_undo_that_makes_no_sense_is_refused(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods, query: str
) -> None:
    await session.commit()

    answer = await client.post(f"/axf/cart/{goods.id}/restore/{query}")

    assert answer.status_code == 422
    assert await lines_of(session, user) == {}


@pytest.mark.parametrize("form", ["/axf/cart/{id}/select/", "/axf/cart/select-all/?on=perhaps"])
async def test_a_selection_needs_its_end(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods, form: str
) -> None:
    await put(session, user, goods)

    assert (await client.post(form.format(id=goods.id))).status_code == 422
    assert await lines_of(session, user) == {goods.id: (1, True)}
