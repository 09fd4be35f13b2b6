"""The page of the membership, and what a level changes on every other page."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import FoodType, GrowthEntry, Order, OrderLine, User
from app.models.base import utcnow
from app.services.refund_sending import begin_sending, end_sending
from app.services.refunds import ask_refund
from app.services.shipment_moves import deliver, send_out
from tests.conftest import HTMX
from tests.factories import make_address, make_goods
from tests.flash_sales import make_offer, make_sale, sold_of
from tests.membership import make_member
from tests.refunding import STAFF, pay, send
from tests.shipping import make_picked
from tests.shopping import put_in_cart, wrong_books

VIP = "/axf/vip/"


async def test_a_stranger_is_sent_to_log_in(anonymous: AsyncClient) -> None:
    answer = await anonymous.get(VIP)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/login/?next=/axf/vip/"


async def test_a_newcomer_sees_all_levels_and_how_far_it_is(client: AsyncClient) -> None:
    page = (await client.get(VIP)).text

    assert "Regular member" in page
    assert "¥500 more for Silver" in page
    assert '<progress class="bar" value="0" max="50000"' in page
    assert page.count('scope="col"') == 5
    assert "growth comes with your first completed order" in page
    assert [f"<td>¥{line}</td>" in page for line in (39, 29, 19, 9)] == [True] * 4


async def test_a_member_sees_level_benefits_and_until_when(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await make_member(session, user, 2)
    await session.commit()

    page = (await client.get(VIP)).text

    assert "Gold member" in page
    assert "Points ×1.2" in page
    assert "Flash sales 5 minutes early" in page
    assert "¥2000 more by then to keep it" in page
    assert 'aria-current="true">Gold' in page


async def test_the_ledger_is_ones_own_and_goes_back_by_key(
    client: AsyncClient,
    other_client: AsyncClient,
    session: AsyncSession,
    user: User,
    count_queries: Callable[[], int],
) -> None:
    order = await make_picked(session, 1, user=user)
    session.add_all(
        GrowthEntry(user_id=user.id, order_id=order.id, kind="completed", ref=f"order:x{n}", fen=n)
        for n in range(1, 23)
    )
    await session.commit()

    count_queries()
    page = (await client.get(VIP)).text
    assert count_queries() <= 3  # the visitor, the standing, the ledger
    before = page.split("/axf/vip/?before=")[1].split('"')[0]
    older = (await client.get(f"{VIP}?before={before}")).text
    theirs = (await other_client.get(f"{VIP}?before={before}")).text

    assert page.count('id="growth-') == 20
    assert older.count('id="growth-') == 2
    assert theirs.count('id="growth-') == 0
    assert order.no not in theirs


@pytest.mark.parametrize("before", ["0", "x", "-1", str(2**60)])
async def test_a_broken_key_is_refused(client: AsyncClient, before: str) -> None:
    assert (await client.get(f"{VIP}?before={before}")).status_code in {404, 422}


@pytest.mark.parametrize(("level", "line"), [(0, 3900), (1, 2900), (2, 1900), (3, 900), (4, 0)])
async def test_delivery_is_free_from_the_levels_line(
    client: AsyncClient, session: AsyncSession, user: User, level: int, line: int
) -> None:
    goods = await make_goods(session, price=max(line, 100))
    goods.name_en = "Line"
    cheap = await make_goods(session, price=100)
    await make_address(session, user)
    await put_in_cart(session, user, goods)
    await make_member(session, user, level)
    await session.commit()

    cart = (await client.get("/axf/cart/")).text
    shown = (await client.get(f"/axf/goods/{cheap.id}/")).text

    assert "Delivery is free" in cart
    if line:
        assert f"free from ¥{line // 100}" in shown
    else:
        assert "Delivery is always free" in shown
    goods.price_fen = max(line - 1, 1)
    await session.commit()
    cart = (await client.get("/axf/cart/")).text
    assert ("more for free delivery" in cart) == bool(line)


async def test_everybody_sees_the_member_price_and_members_what_it_saves(
    client: AsyncClient, anonymous: AsyncClient, session: AsyncSession, user: User
) -> None:
    goods = await make_goods(session, price=1580)
    goods.member_price_fen = 1420
    await make_member(session, user, 1)
    await session.commit()
    market = f"/axf/market/{await number_of(session, goods.type_id)}/0/0/"

    for address in (f"/axf/goods/{goods.id}/", market, "/axf/search/?q=Fuji"):
        theirs, mine = (await anonymous.get(address)).text, (await client.get(address)).text
        assert 'class="price-vip"><b>VIP</b><span><span class="sr-only">Member price' in theirs
        assert "</span>¥14.20</span>" in theirs
        assert "<span>¥1.60 saved</span>" in mine
        assert '<span class="sr-only">Normal price </span>¥15.80</del>' in mine
        assert "Normal price" not in theirs


async def number_of(session: AsyncSession, type_id: int) -> int:
    number = await session.scalar(select(FoodType.number).where(FoodType.id == type_id))
    assert number is not None
    return number


async def open_form(client: AsyncClient) -> dict[str, str]:
    page = (await client.get("/axf/checkout/")).text
    return dict(re.findall(r'<input type="hidden" name="(key|agreed)" value="([^"]+)">', page))


async def bring(session: AsyncSession, user: User, order: Order) -> None:
    """The order is paid, sent and handed over."""
    await pay(session, user.id, order.no)
    parcel = await send(session, order)
    await send_out(session, parcel, now=utcnow())
    await deliver(session, parcel, actor=STAFF, now=utcnow())
    await session.commit()


async def give_back_one(session: AsyncSession, order: Order, line: OrderLine) -> None:
    no = await ask_refund(
        session, order.id, "quality", {line.id: (1, 0)}, actor=STAFF, now=utcnow()
    )
    assert no is not None
    await begin_sending(session, no)
    await end_sending(session, no, f"B-{no}", now=utcnow())
    await session.commit()


async def test_from_the_click_to_the_fen_and_back(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    """A silver member buys two at the member price, becomes gold, and gives one back."""
    goods = await make_goods(session, price=110_000, stock=9)
    goods.member_price_fen = 100_000
    await make_address(session, user)
    await make_member(session, user, 1)
    await session.commit()

    for _ in range(2):
        await client.post(f"/axf/addtocart/?goodsid={goods.id}", headers=HTMX)
    page = (await client.get("/axf/checkout/")).text
    assert "<dt>Member price</dt>" in page
    assert "−¥200.00" in page
    assert (await client.post("/axf/orders/", data=await open_form(client))).status_code == 303
    order = (await session.scalars(select(Order).where(Order.user_id == user.id))).one()
    line = (await session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))).one()
    assert (line.unit_fen, line.pay_fen, order.pay_fen) == (100_000, 200_000, 200_000)

    await bring(session, user, order)
    assert (await client.post(f"/axf/orders/{order.no}/received/")).status_code == 303
    page = (await client.get(VIP)).text
    assert "Gold member" in page
    assert "+2000.00" in page

    await give_back_one(session, order, line)
    page = (await client.get(VIP)).text
    assert "Gold member" in page
    assert "−1000.00" in page
    assert "¥1000 more by then to keep it" in page
    assert await wrong_books(session) == []


async def test_an_order_that_is_called_off_brings_no_growth(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    goods = await make_goods(session, price=60_000)
    await make_address(session, user)
    await put_in_cart(session, user, goods)
    await session.commit()
    await client.post("/axf/orders/", data=await open_form(client))
    order = (await session.scalars(select(Order).where(Order.user_id == user.id))).one()
    await pay(session, user.id, order.no)
    await session.commit()

    await client.post(f"/axf/orders/{order.no}/cancel/")

    assert "Regular member" in (await client.get(VIP)).text
    assert await session.scalar(select(GrowthEntry.id)) is None
    assert await wrong_books(session) == []


async def test_a_level_that_changes_before_the_click_is_told_with_both_prices(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    goods = await make_goods(session, price=5000)
    goods.member_price_fen = 4000
    await make_address(session, user)
    await put_in_cart(session, user, goods)
    member = await make_member(session, user, 1)
    await session.commit()
    form = await open_form(client)
    member.level, member.level_until = 0, None
    await session.commit()

    answer = await client.post("/axf/orders/", data=form)

    assert answer.status_code == 409
    assert "Fuji apple costs ¥50.00 now, not ¥40.00" in answer.text
    assert await session.scalar(select(Order.id)) is None


async def test_a_sale_that_is_open_for_gold_stays_shut_for_silver(
    client: AsyncClient,
    other_client: AsyncClient,
    session: AsyncSession,
    user: User,
    other: User,
) -> None:
    goods = await make_goods(session, price=1000)
    sale = await make_sale(session, starts_at=utcnow() + timedelta(minutes=4))
    item = await make_offer(session, goods, sale=sale, price=500)
    for shopper, level in ((user, 2), (other, 1)):
        await make_address(session, shopper)
        await put_in_cart(session, shopper, goods)
        await make_member(session, shopper, level)
    await session.commit()

    assert "You are in early" in (await client.get("/axf/flash/")).text
    assert "Coming soon" in (await other_client.get("/axf/flash/")).text
    assert "Ends at" in (await client.get(f"/axf/goods/{goods.id}/")).text
    assert "Ends at" not in (await other_client.get(f"/axf/goods/{goods.id}/")).text
    assert "¥10.00" in (await other_client.get("/axf/checkout/")).text
    early = await open_form(client)
    # Gold's signed offer in silver's hands.
    forged = await other_client.post("/axf/orders/", data=early)
    assert forged.status_code == 409
    assert await sold_of(session, item.id) == 0

    assert (await client.post("/axf/orders/", data=early)).status_code == 303
    own = await other_client.post("/axf/orders/", data=await open_form(other_client))
    assert own.status_code == 303

    assert await sold_of(session, item.id) == 1
    query = select(OrderLine.unit_fen).order_by(OrderLine.order_id)
    assert list(await session.scalars(query)) == [500, 1000]
    assert await wrong_books(session) == []
