"""The list of orders and the page of one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx2 import AsyncClient
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, Order, User
from app.models.base import utcnow
from tests.conftest import HTMX
from tests.factories import make_address, make_goods
from tests.shopping import order_of, place, put_in_cart, stock_of


@pytest.fixture
async def no(session: AsyncSession, user: User, goods: Goods) -> str:
    await make_address(session, user)
    await put_in_cart(session, user, goods, 2)
    placed = await place(session, user.id, note="<b>Door</b>")
    await session.commit()
    return placed.no


async def become(session: AsyncSession, status: str) -> None:
    reason = {"close_reason": "user"} if status == "closed" else {}
    paid = {"paid_at": utcnow()} if status not in {"unpaid", "closed"} else {}
    await session.execute(update(Order).values(status=status, **reason, **paid))
    await session.commit()


async def test_the_list_shows_the_order(client: AsyncClient, no: str) -> None:
    page = await client.get("/axf/orders/")

    assert page.status_code == 200
    for text in (f"/axf/orders/{no}/", "Waiting for payment", "Fuji apple", "2 pieces"):
        assert text in page.text
    assert f"/axf/orders/{no}/pay/" in page.text


@pytest.mark.parametrize(
    ("status", "tab"),
    [
        ("unpaid", "unpaid"),
        ("paid", "to_send"),
        ("picking", "to_send"),
        ("shipping", "to_receive"),
    ],
)
async def test_each_tab_shows_its_orders(
    client: AsyncClient, session: AsyncSession, no: str, status: str, tab: str
) -> None:
    await become(session, status)

    pages = {
        name: (await client.get(f"/axf/orders/?tab={name}")).text
        for name in ("all", "unpaid", "to_send", "to_receive")
    }

    assert {name for name, text in pages.items() if no in text} == {"all", tab}
    assert '<span class="badge">1</span>' in pages["all"]


async def test_an_empty_list_leads_to_the_market(client: AsyncClient) -> None:
    page = await client.get("/axf/orders/")

    assert page.status_code == 200
    assert "No orders here" in page.text


@pytest.fixture
def page_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.order_queries.PAGE", 1)


@pytest.mark.usefixtures("page_of_one")
async def test_the_list_goes_on_with_older_orders(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods, no: str
) -> None:
    await put_in_cart(session, user, goods)
    newer = (await place(session, user.id, key="another-key-0123")).no
    await session.commit()

    first = await client.get("/axf/orders/?tab=unpaid")
    rest = await client.get(f"/axf/orders/?tab=unpaid&before={newer}")

    assert f"tab=unpaid&amp;before={newer}" in first.text
    assert (no in first.text, no in rest.text) == (False, True)
    assert f"before={no}" not in rest.text


async def test_pages_take_four_queries_at_most(
    client: AsyncClient,
    session: AsyncSession,
    user: User,
    no: str,
    count_queries: Callable[[], int],
) -> None:
    for _ in range(3):
        await put_in_cart(session, user, await make_goods(session))
    await place(session, user.id, key="another-key-0123")
    await session.commit()
    count_queries()

    await client.get("/axf/orders/")
    for_list = count_queries()
    await client.get(f"/axf/orders/{no}/")

    assert (for_list, count_queries()) == (4, 4)


@pytest.mark.parametrize(
    "query", ["tab=refund", "tab=", "before=1", "before=%00", "before=" + "A" * 17]
)
async def test_an_unknown_tab_or_key_is_refused(client: AsyncClient, query: str) -> None:
    assert (await client.get(f"/axf/orders/?{query}")).status_code == 422


async def test_a_foreign_key_finds_nothing(other_client: AsyncClient, no: str) -> None:
    page = await other_client.get(f"/axf/orders/?before={no}")

    assert page.status_code == 200
    assert "No orders here" in page.text


async def test_the_page_shows_lines_sums_and_history(client: AsyncClient, no: str) -> None:
    page = await client.get(f"/axf/orders/{no}/")

    assert page.status_code == 200
    for text in ("Fuji apple", "500g × 2", "¥19.80", "¥5.00", "Order placed", "B 座 2307"):
        assert text in page.text
    assert " ".join(no[start : start + 4] for start in range(0, 16, 4)) in page.text


async def test_what_was_typed_is_escaped(client: AsyncClient, no: str) -> None:
    page = await client.get(f"/axf/orders/{no}/")

    assert "<b>Door</b>" not in page.text
    assert "&lt;b&gt;Door&lt;/b&gt;" in page.text


async def test_an_unpaid_order_can_be_paid_or_cancelled(client: AsyncClient, no: str) -> None:
    page = await client.get(f"/axf/orders/{no}/")

    assert f'action="/axf/orders/{no}/cancel/"' in page.text
    assert f'href="/axf/orders/{no}/pay/"' in page.text


@pytest.mark.parametrize(
    "status", ["paid", "picking", "shipping", "delivered", "completed", "closed"]
)
async def test_any_other_order_can_not(
    client: AsyncClient, session: AsyncSession, no: str, status: str
) -> None:
    await become(session, status)

    page = await client.get(f"/axf/orders/{no}/")

    assert page.status_code == 200
    assert "/cancel/" not in page.text
    assert f'href="/axf/orders/{no}/pay/"' not in page.text


async def test_an_overdue_order_is_shown_as_expired_and_not_changed(
    client: AsyncClient, session: AsyncSession, no: str
) -> None:
    await session.execute(update(Order).values(pay_by=utcnow() - timedelta(seconds=1)))
    await session.commit()

    page = await client.get(f"/axf/orders/{no}/")

    assert "Expired, not paid in time" in page.text
    assert "/pay/" not in page.text
    assert (await order_of(session, no)).status == "unpaid"


async def test_cancelling_closes_the_order(
    client: AsyncClient, session: AsyncSession, goods: Goods, no: str
) -> None:
    answer = await client.post(f"/axf/orders/{no}/cancel/")
    again = await client.post(f"/axf/orders/{no}/cancel/")

    page = await client.get(answer.headers["location"])
    assert (answer.status_code, again.status_code) == (303, 303)
    assert answer.headers["location"] == f"/axf/orders/{no}/"
    assert "Cancelled by you" in page.text
    assert await stock_of(session, goods.id) == (10, 0)


async def test_a_paid_order_is_not_cancelled(
    client: AsyncClient, session: AsyncSession, goods: Goods, no: str
) -> None:
    await become(session, "paid")

    answer = await client.post(f"/axf/orders/{no}/cancel/")

    assert answer.status_code == 409
    assert (await order_of(session, no)).status == "paid"
    assert await stock_of(session, goods.id) == (10, 2)


async def test_a_foreign_order_looks_like_an_unknown_one(
    other_client: AsyncClient, session: AsyncSession, no: str
) -> None:
    foreign = await other_client.get(f"/axf/orders/{no}/")
    unknown = await other_client.get(f"/axf/orders/{'Z' * 16}/")
    cancelled = await other_client.post(f"/axf/orders/{no}/cancel/")

    assert (foreign.status_code, unknown.status_code, cancelled.status_code) == (404, 404, 404)
    assert foreign.text.replace(no, "") == unknown.text.replace("Z" * 16, "")
    assert (await order_of(session, no)).status == "unpaid"


@pytest.mark.parametrize("number", ["1", "-1", "9" * 300, "%00", "%F0%9F%8D%8E", "a" * 16, "%FF"])
async def test_a_number_that_cannot_be_is_not_found(client: AsyncClient, number: str) -> None:
    assert (await client.get(f"/axf/orders/{number}/")).status_code == 404
    assert (await client.post(f"/axf/orders/{number}/cancel/")).status_code == 404


async def test_a_visitor_logs_in_first(anonymous: AsyncClient, no: str) -> None:
    for path in ("/axf/orders/", f"/axf/orders/{no}/"):
        answer = await anonymous.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/login/?next={path}")
    assert (await anonymous.post(f"/axf/orders/{no}/cancel/", headers=HTMX)).status_code == 401


async def test_a_get_cancels_nothing(client: AsyncClient, session: AsyncSession, no: str) -> None:
    assert (await client.get(f"/axf/orders/{no}/cancel/")).status_code == 405
    assert (await order_of(session, no)).status == "unpaid"
