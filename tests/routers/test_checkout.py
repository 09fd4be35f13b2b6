"""The check-out page and the form that places the order."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import (
    Address,
    CartLine,
    Goods,
    Order,
    OrderLine,
    OrderLineOff,
    Payment,
    Stock,
    User,
)
from app.models.base import utcnow
from app.templating import clock, day_and_time
from tests.conftest import HTMX
from tests.factories import make_address, make_coupon, make_goods, make_slot
from tests.flash_sales import make_offer
from tests.shopping import put_in_cart, stock_of, wrong_books


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


async def placed_order(session: AsyncSession, answer: Response) -> Order:
    """The order whose payment the browser is sent to."""
    assert answer.status_code == 303
    found = re.fullmatch(r"/sandbox/pay/([0-9A-Z]{24})/", answer.headers["location"])
    assert found, answer.headers["location"]
    query = select(Order).join(Payment, Payment.order_id == Order.id)
    return (await session.scalars(query.where(Payment.no == found[1]))).one()


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
async def test_the_page_takes_six_queries(
    client: AsyncClient,
    session: AsyncSession,
    user: User,
    count_queries: Callable[[], int],
) -> None:
    await make_slot(session)
    await make_coupon(session, user)
    await session.commit()
    count_queries()

    await client.get("/axf/checkout/")

    assert count_queries() == 6


@pytest.mark.usefixtures("basket")
async def test_the_form_places_the_order(client: AsyncClient, session: AsyncSession) -> None:
    form = await open_form(client)

    answer = await client.post("/axf/orders/", data=form | {"note": "Leave it 在门口 🍎"})

    order = await placed_order(session, answer)
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

    order = await placed_order(session, answer)
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


async def test_without_an_address_nothing_is_ordered(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await put_in_cart(session, user, goods)
    await session.commit()

    answer = await client.post("/axf/orders/", data=await open_form(client))

    assert answer.status_code == 422
    assert "Please say where the order should go" in answer.text
    assert await nothing_happened(session, goods)


PLACE = {
    "receiver": "林小满",
    "phone": "138 0000 6021",
    "province": "110000",
    "city": "110100",
    "region": "110105",
    "area": "望京 SOHO",
    "room": "B 2307",
}


@pytest.fixture
async def newcomer(session: AsyncSession, user: User, goods: Goods) -> None:
    """Who has filled a cart but has no address yet."""
    await put_in_cart(session, user, goods)
    await session.commit()


@pytest.mark.usefixtures("newcomer")
async def test_the_first_address_is_saved_with_the_order(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    form = await open_form(client)

    answer = await client.post("/axf/orders/", data=form | PLACE)

    order = await placed_order(session, answer)
    saved = (await session.scalars(select(Address).where(Address.default_of == user.id))).one()
    assert (order.receiver, order.phone, order.area) == ("林小满", "13800006021", "望京 SOHO")
    assert (saved.receiver, saved.phone, saved.room) == ("林小满", "13800006021", "B 2307")


@pytest.mark.usefixtures("newcomer")
@pytest.mark.parametrize("wrong", [{"phone": "12"}, {"receiver": ""}, {"room": "r" * 81}])
async def test_a_wrong_address_is_said_beside_its_field(
    client: AsyncClient, session: AsyncSession, goods: Goods, wrong: dict[str, str]
) -> None:
    form = await open_form(client) | PLACE | wrong | {"note": "Door"}

    for path in ("/axf/orders/", "/axf/checkout/address/"):
        answer = await client.post(path, data=form)

        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
        assert 'value="Door"' in answer.text
    assert await nothing_happened(session, goods)
    assert await session.scalar(select(func.count()).select_from(Address)) == 0


@pytest.mark.usefixtures("newcomer")
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
async def test_an_address_is_used_without_leaving_the_page(
    client: AsyncClient, session: AsyncSession, goods: Goods, headers: dict[str, str]
) -> None:
    form = await open_form(client) | PLACE | {"note": "Door", f"note-{goods.id}": "Green ones"}

    page = await client.post("/axf/checkout/address/", data=form, headers=headers)

    assert page.status_code == 200
    assert ("<html" in page.text) == (not headers)
    for text in ("望京 SOHO · B 2307", 'value="Door"', 'value="Green ones"'):
        assert text in page.text
    assert 'name="receiver"' not in page.text
    await placed_order(session, await client.post("/axf/orders/", data=hidden(page)))


@pytest.mark.usefixtures("basket")
async def test_notes_and_wishes_come_with_the_order(
    client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    form = await open_form(client) | {
        "note": "Door",
        "if_sold_out": "ask",
        f"note-{goods.id}": "Not too ripe",
        f"if-{goods.id}": "match",
        "note-999999": "of nothing",
    }

    order = await placed_order(session, await client.post("/axf/orders/", data=form))

    (line,) = await session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))
    assert (order.note, order.if_sold_out) == ("Door", "ask")
    assert (line.note, line.if_sold_out) == ("Not too ripe", "match")


@pytest.mark.usefixtures("basket")
async def test_a_line_without_a_wish_follows_the_order(
    client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    form = await open_form(client) | {f"note-{goods.id}": "", f"if-{goods.id}": ""}

    order = await placed_order(session, await client.post("/axf/orders/", data=form))

    (line,) = await session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))
    assert (order.if_sold_out, line.note, line.if_sold_out) == ("refund", "", None)


@pytest.mark.usefixtures("basket")
async def test_windows_are_offered_the_earliest_first(
    client: AsyncClient, session: AsyncSession
) -> None:
    full = await make_slot(session, hours=1, capacity=1, taken=1)
    first = await make_slot(session, hours=2, fee=300)
    await make_slot(session, hours=1, lead=120)
    await session.commit()

    page = await client.get("/axf/checkout/")

    assert f'name="slot" value="{full.id}" disabled' in page.text
    assert f'name="slot" value="{first.id}" checked' in page.text
    assert page.text.count('name="slot"') == 2
    assert "+¥3" in page.text
    assert "Place order · ¥27.80" in page.text


@pytest.mark.usefixtures("basket")
async def test_the_chosen_window_is_held_and_shown(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await make_slot(session, hours=2)
    chosen = await make_slot(session, hours=3, capacity=1)
    await session.commit()
    form = await open_form(client)

    answer = await client.post("/axf/orders/", data=form | {"slot": str(chosen.id)})

    order = await placed_order(session, answer)
    await session.refresh(chosen)
    assert (order.slot_id, order.slot_starts_at) == (chosen.id, chosen.starts_at)
    assert chosen.taken == 1
    for page in ("", "pay/"):
        shown = await client.get(f"/axf/orders/{order.no}/{page}")
        assert f"{day_and_time(chosen.starts_at)}–{clock(chosen.ends_at)}" in shown.text


@pytest.mark.usefixtures("basket")
@pytest.mark.parametrize("wrong", ["full", "closed", "unknown", "nonsense", "none"])
async def test_a_window_that_cannot_be_had_orders_nothing(
    client: AsyncClient, session: AsyncSession, goods: Goods, wrong: str
) -> None:
    slots = {
        "full": await make_slot(session, hours=3),
        "closed": await make_slot(session, hours=4),
    }
    free = await make_slot(session, hours=5)
    await session.commit()
    form = await open_form(client)
    slots["full"].taken = slots["full"].capacity
    slots["closed"].cutoff_at = utcnow() - timedelta(seconds=1)
    await session.commit()
    values = {"unknown": {"slot": "999999"}, "nonsense": {"slot": "-1"}, "none": {}}
    chosen = values[wrong] if wrong in values else {"slot": str(slots[wrong].id)}

    answer = await client.post("/axf/orders/", data=form | chosen | {"note": "Door"})

    assert answer.status_code == (422 if wrong in {"nonsense", "none"} else 409)
    assert re.search("notice danger.*delivery time", answer.text)
    assert f'name="slot" value="{free.id}" checked' in answer.text
    assert 'value="Door"' in answer.text
    assert await nothing_happened(session, goods)


@pytest.mark.usefixtures("basket")
async def test_when_all_windows_are_taken_nothing_can_be_ordered(
    client: AsyncClient, session: AsyncSession
) -> None:
    await make_slot(session, capacity=1, taken=1)
    await session.commit()

    page = await client.get("/axf/checkout/")

    assert "All delivery times of today and tomorrow are taken" in page.text
    assert 'id="place"' not in page.text


@pytest.mark.usefixtures("basket")
async def test_the_best_coupon_is_proposed_and_used(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    small = await make_coupon(session, user, amount=200)
    best = await make_coupon(session, user, amount=500)
    far = await make_coupon(session, user, amount=1000, least=5900)
    await session.commit()

    page = await client.get("/axf/checkout/")
    form = hidden(page) | {"coupon": str(best.id)}
    order = await placed_order(session, await client.post("/axf/orders/", data=form))

    assert f'name="coupon" value="{best.id}" checked' in page.text
    assert f'name="coupon" value="{far.id}" disabled' in page.text
    assert "¥39.20 more to use it" in page.text
    assert "Place order · ¥19.80" in page.text
    (line,) = await session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))
    (off,) = await session.scalars(select(OrderLineOff).where(OrderLineOff.line_id == line.id))
    assert (order.off_fen, line.off_fen, line.pay_fen) == (500, 500, 1480)
    assert (off.lane, off.source, off.amount_fen) == (3, f"coupon:{best.id}", 500)
    for coupon, status in ((small, "ready"), (best, "held"), (far, "ready")):
        await session.refresh(coupon)
        assert coupon.status == status


@pytest.mark.usefixtures("basket")
async def test_another_coupon_without_htmx_is_shown_before_it_is_used(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await make_coupon(session, user, amount=500)
    await session.commit()
    form = await open_form(client) | {"coupon": "0", "note": "Door"}

    answer = await client.post("/axf/orders/", data=form)

    assert answer.status_code == 409
    assert "The amount due is ¥24.80 now, not ¥19.80" in answer.text
    assert "A coupon can no longer be used" not in answer.text
    assert 'name="coupon" value="0" checked' in answer.text
    assert await nothing_happened(session, goods)
    again = hidden(answer) | {"coupon": "0"}
    order = await placed_order(session, await client.post("/axf/orders/", data=again))
    assert order.pay_fen == 2480


@pytest.mark.usefixtures("basket")
async def test_somebody_elses_coupon_is_worth_nothing(
    client: AsyncClient, session: AsyncSession, other: User
) -> None:
    theirs = await make_coupon(session, other, amount=500)
    await session.commit()
    form = await open_form(client) | {"coupon": str(theirs.id)}

    order = await placed_order(session, await client.post("/axf/orders/", data=form))

    await session.refresh(theirs)
    assert (order.pay_fen, theirs.status) == (2480, "ready")


@pytest.mark.usefixtures("basket")
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
async def test_the_sum_is_worked_out_again(
    client: AsyncClient, session: AsyncSession, user: User, headers: dict[str, str]
) -> None:
    slot = await make_slot(session, fee=300)
    await make_coupon(session, user, amount=500)
    await session.commit()
    form = await open_form(client) | {"slot": str(slot.id), "coupon": "0", "note": "Door"}

    answer = await client.post("/axf/checkout/quote/", data=form, headers=headers)

    assert answer.status_code == 200
    assert "Place order · ¥27.80" in answer.text
    assert ("<html" in answer.text) == (not headers)
    assert ('value="Door"' in answer.text) == (not headers)
    assert ('hx-target="#coupon-off"' in answer.text) == bool(headers)
    assert await count_orders(session) == 0
    again = form | {"agreed": re.findall(r'name="agreed" value="([^"]+)"', answer.text)[0]}
    order = await placed_order(session, await client.post("/axf/orders/", data=again))
    assert (order.ship_fen, order.off_fen, order.pay_fen) == (800, 0, 2780)


async def test_there_is_no_sum_of_an_empty_cart(client: AsyncClient) -> None:
    plain = await client.post("/axf/checkout/quote/")
    htmx = await client.post("/axf/checkout/quote/", headers=HTMX)

    assert (plain.status_code, plain.headers["location"]) == (303, "/axf/cart/")
    assert htmx.headers["HX-Redirect"] == "/axf/cart/"


@pytest.mark.usefixtures("basket")
async def test_each_change_is_named(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await put_in_cart(session, user, await make_goods(session, name_en="Pear", price=500))
    await session.commit()
    form = await open_form(client)
    await session.execute(update(Goods).where(Goods.id == goods.id).values(price_fen=1290))
    await session.execute(update(CartLine).where(CartLine.goods_id != goods.id).values(quantity=3))
    await session.execute(update(Address).values(room="Elsewhere"))
    await session.commit()

    answer = await client.post("/axf/orders/", data=form | {"note": "Door"})

    assert answer.status_code == 409
    for text in (
        "Fuji apple costs ¥12.90 now, not ¥9.90",
        "Pear: 3 pieces now, not 1",
        "The amount due is ¥40.80 now, not ¥29.80",
        "The address is another now",
        'value="Door"',
    ):
        assert text in answer.text
    assert await nothing_happened(session, goods)


@pytest.mark.usefixtures("basket")
async def test_a_flash_order_has_five_minutes(
    client: AsyncClient, session: AsyncSession, goods: Goods
) -> None:
    item = await make_offer(session, goods, price=500, per_user=2)
    await session.commit()

    order = await placed_order(
        session, await client.post("/axf/orders/", data=await open_form(client))
    )

    (line,) = await session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))
    assert (line.unit_fen, line.flash_item_id, order.pay_fen) == (500, item.id, 1500)
    assert order.pay_by == order.placed_at + timedelta(minutes=5)


@pytest.mark.usefixtures("basket")
async def test_an_order_that_costs_nothing_is_paid_at_once(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    goods_coupon = await make_coupon(session, user, amount=9900)
    ship_coupon = await make_coupon(session, user, kind="delivery")
    await session.commit()
    form = await open_form(client) | {
        "coupon": str(goods_coupon.id),
        "delivery_coupon": str(ship_coupon.id),
    }

    answer = await client.post("/axf/orders/", data=form)

    order = (await session.scalars(select(Order))).one()
    assert (answer.status_code, order.pay_fen, order.status) == (303, 0, "paid")
    assert answer.headers["location"] == f"/axf/orders/{order.no}/pay/"
    for coupon in (goods_coupon, ship_coupon):
        await session.refresh(coupon)
        assert coupon.status == "used"


@pytest.mark.usefixtures("basket")
async def test_three_screens_from_the_cart_to_success(
    client: AsyncClient, session: AsyncSession
) -> None:
    form = await open_form(client)

    provider = await client.post("/axf/orders/", data=form)
    page = await client.get(provider.headers["location"])
    paid = await client.post(provider.headers["location"], data={"choice": "pay"})

    assert page.status_code == 200
    order = (await session.scalars(select(Order))).one()
    success = await client.get(paid.headers["location"], follow_redirects=True)
    assert success.url.path == f"/axf/orders/{order.no}/paid/"
    assert "Paid. The bees are on it." in success.text


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
    assert (await client.get("/axf/checkout/quote/")).status_code == 405
    assert (await client.get("/axf/checkout/address/")).status_code == 405
    assert (await client.put("/axf/orders/")).status_code == 405


@pytest.mark.usefixtures("basket")
async def test_htmx_hears_of_an_ended_log_in(anonymous: AsyncClient) -> None:
    for path in ("/axf/orders/", "/axf/checkout/quote/", "/axf/checkout/address/"):
        answer = await anonymous.post(path, headers=HTMX)

        assert answer.status_code == 401
        assert answer.headers["HX-Redirect"].startswith("/login/")
