"""Points from the shopper's click to the fen on the order, and back again."""

import re
from collections.abc import Callable

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import CheckIn, Goods, Order, User
from app.models.base import utcnow
from app.services.points import jobs
from app.services.points.books import Reason, list_open, take
from app.services.refund_sending import begin_sending, end_sending
from app.services.refunds import ask_refund
from app.services.shipment_moves import deliver, send_out
from tests.conftest import HTMX
from tests.factories import make_address, make_goods
from tests.points import balance_of, give_points
from tests.points_story import OPEN
from tests.refunding import STAFF, lines_of, pay, send
from tests.shopping import put_in_cart, wrong_books

PAGE = "/axf/points/"
CHECK_IN = "/axf/points/check-in/"


@pytest.fixture
async def basket(session: AsyncSession, user: User) -> Goods:
    """Two of ¥50 each in the cart, and 1,280 points."""
    goods = await make_goods(session, price=5000)
    await make_address(session, user)
    await put_in_cart(session, user, goods, 2)
    await give_points(session, user.id, 1_280)
    await session.commit()
    return goods


async def fields(client: AsyncClient, **typed: str) -> dict[str, str]:
    """What the form would send after the switch was pressed."""
    page = await client.post("/axf/checkout/quote/", data={"points": "on", **typed})
    found = re.findall(r'<input type="hidden" name="(key|agreed)" value="([^"]+)">', page.text)
    return {**dict(found), "points": "on", **typed}


async def place_with_points(client: AsyncClient, session: AsyncSession) -> Order:
    answer = await client.post("/axf/orders/", data=await fields(client))
    assert answer.status_code == 303
    return (await session.scalars(select(Order))).one()


@pytest.mark.usefixtures("basket")
async def test_the_switch_says_how_many_can_be_used(client: AsyncClient) -> None:
    page = (await client.get("/axf/checkout/")).text

    assert "Pay ¥12.00 with 1,200 points" in page
    assert "You have 1,280 points" in page
    assert re.search(r'role="switch" id="use-points" name="points">', page)


@pytest.mark.usefixtures("basket")
async def test_pressing_the_switch_changes_the_sum(client: AsyncClient) -> None:
    answer = await client.post("/axf/checkout/quote/", data={"points": "on"}, headers=HTMX)

    assert "−¥12.00" in answer.text
    assert "Place order · ¥88.00" in answer.text
    assert 'name="points" checked>' in answer.text
    assert "<html" not in answer.text


async def test_without_points_there_is_no_switch(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await put_in_cart(session, user, await make_goods(session), 1)
    await session.commit()

    assert "use-points" not in (await client.get("/axf/checkout/")).text


async def test_too_few_points_pause_the_switch(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await put_in_cart(session, user, await make_goods(session), 1)
    await give_points(session, user.id, 60)
    await session.commit()

    page = (await client.get("/axf/checkout/")).text

    assert 'name="points" disabled>' in page
    assert "100 points pay ¥1" in page


@pytest.mark.usefixtures("basket")
async def test_points_go_from_the_click_to_the_fen_and_back_on_cancel(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    order = await place_with_points(client, session)
    assert (order.points_fen, order.pay_fen) == (1_200, 8_800)
    assert await balance_of(session, user.id) == 80
    bill = (await client.get(f"/axf/orders/{order.no}/")).text
    assert "−¥12.00" in bill

    await client.post(f"/axf/orders/{order.no}/cancel/")

    assert await balance_of(session, user.id) == 1_280
    assert "Points given back" in (await client.get(f"/axf/orders/{order.no}/")).text
    ledger = (await client.get(PAGE)).text
    for text in ("1,280", "−1,200", "+1,200", "Given back", "Paid with points"):
        assert text in ledger
    assert await wrong_books(session) == []


@pytest.mark.usefixtures("basket")
async def test_points_come_and_go_with_delivery_and_refund(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    order = await place_with_points(client, session)
    await pay(session, user.id, order.no)
    parcel = await send(session, order)
    await send_out(session, parcel, now=utcnow())
    await deliver(session, parcel, actor=STAFF, now=utcnow())
    await session.commit()
    shown = (await client.get(f"/axf/orders/{order.no}/")).text
    assert "Brings 88 points" in shown
    assert "+88" in (await client.get(PAGE)).text

    line = (await lines_of(session, order))[0].id
    no = await ask_refund(session, order.id, "quality", {line: (1, 0)}, actor=STAFF, now=utcnow())
    assert no
    await begin_sending(session, no)
    await end_sending(session, no, "B1", now=utcnow())
    await jobs.open_due(session, utcnow() + OPEN)
    await session.commit()

    assert await balance_of(session, user.id) == 80 + 600 + 44
    assert await wrong_books(session) == []


@pytest.mark.usefixtures("basket")
async def test_points_that_went_meanwhile_are_a_409_in_words(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    form = await fields(client)
    await give_points(session, user.id, 500)
    await put_in_cart(session, user, await make_goods(session, price=10_000), 1)
    await session.commit()

    answer = await client.post("/axf/orders/", data=form)

    assert answer.status_code == 409
    assert "Points pay ¥17.00 now, not ¥12.00" in answer.text
    assert 'name="points" checked>' in answer.text


async def test_checking_in_counts_once_a_day(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    assert 'id="check-in-now"' in (await client.get(PAGE)).text
    for _ in range(3):
        answer = await client.post(CHECK_IN)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}#check-in")

    assert await balance_of(session, user.id) == 2
    assert len((await session.scalars(select(CheckIn))).all()) == 1
    page = (await client.get(PAGE)).text
    assert 'id="check-in-now"' not in page
    assert "1 day in a row" in page


async def test_a_debt_is_said_in_words(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await give_points(session, user.id, 10)
    lots = await list_open(session, user.id)
    reason = Reason("taken_back", "test", utcnow())
    await take(session, user.id, lots, 60, reason, debtor=lots[0].lot_id)
    await put_in_cart(session, user, await make_goods(session), 1)
    await session.commit()

    assert "−50" in (await client.get(PAGE)).text
    page = (await client.get("/axf/checkout/")).text
    assert "You owe 50 points" in page
    assert 'name="points" disabled>' in page


async def test_the_ledger_is_paged_by_entry(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    for number in range(1, 46):
        await give_points(session, user.id, number)
    await session.commit()

    shown: list[str] = []
    address = PAGE
    while address:
        page = (await client.get(address)).text
        shown += re.findall(r'class="fresh">\+(\d+)</b>', page)
        found = re.search(r'href="(/axf/points/\?before=\d+)"', page)
        address = found[1] if found else ""

    assert shown == [str(number) for number in range(45, 0, -1)]


async def test_what_one_order_took_from_many_lots_is_one_row(
    client: AsyncClient, session: AsyncSession, user: User, basket: Goods
) -> None:
    for _ in range(5):
        await give_points(session, user.id, 7, days=20)
    await session.commit()

    await place_with_points(client, session)

    assert (await client.get(PAGE)).text.count("Paid with points") == 1


@pytest.mark.usefixtures("basket")
async def test_nobody_sees_somebody_elses_points(
    other_client: AsyncClient, anonymous: AsyncClient
) -> None:
    assert "1,280" not in (await other_client.get(PAGE)).text
    for answer in (await anonymous.get(PAGE), await anonymous.post(CHECK_IN)):
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login/")


@pytest.mark.parametrize("before", ["0", "x", "-1", "9" * 20])
async def test_nonsense_is_refused(client: AsyncClient, before: str) -> None:
    assert (await client.get(f"{PAGE}?before={before}")).status_code in {404, 422}


async def test_the_page_takes_seven_queries(
    client: AsyncClient, session: AsyncSession, user: User, count_queries: Callable[[], int]
) -> None:
    for days in range(1, 9):
        await give_points(session, user.id, 5, days=days)
    await session.commit()
    count_queries()

    await client.get(PAGE)

    assert count_queries() == 7


async def test_what_runs_out_next_is_shown(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    now = utcnow()
    await give_points(session, user.id, 70, days=40, now=now)
    await give_points(session, user.id, 30, days=3, now=now)
    await session.commit()

    assert "30 points can be used until" in (await client.get(PAGE)).text
