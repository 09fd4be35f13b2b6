"""The list of orders and the page of one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx2 import AsyncClient
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, Order, User
from app.models.base import utcnow
from app.providers import Notice
from app.services.orders import cancel_order
from app.services.payments import begin_payment, take_notice
from tests.conftest import HTMX
from tests.factories import make_address, make_goods
from tests.refunding import pay, refunds_of
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
        for name in ("all", "unpaid", "to_send", "to_receive", "refunds")
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


async def test_pages_take_few_queries(
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

    assert (for_list, count_queries()) == (4, 6)


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


@pytest.mark.parametrize("status", ["picking", "shipping", "delivered", "completed", "closed"])
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


async def test_a_paid_order_is_cancelled_and_refunded(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods, no: str
) -> None:
    await pay(session, user.id, no)
    await session.commit()
    before = await client.get(f"/axf/orders/{no}/")

    await client.post(f"/axf/orders/{no}/cancel/")

    page = await client.get(f"/axf/orders/{no}/")
    tab = await client.get("/axf/orders/?tab=refunds")
    assert "Cancel and get the money back" in before.text
    for text in ("Cancelled", "Order cancelled", "On its way back to you", "Refunded", "¥24.80"):
        assert text in page.text
    assert no in tab.text
    assert "¥24.80 refunded" in tab.text
    assert await stock_of(session, goods.id) == (10, 0)


async def test_an_order_being_packed_is_not_cancelled(
    client: AsyncClient, session: AsyncSession, goods: Goods, no: str
) -> None:
    await become(session, "picking")

    answer = await client.post(f"/axf/orders/{no}/cancel/")
    toast = await client.post(f"/axf/orders/{no}/cancel/", headers=HTMX)

    assert (answer.status_code, toast.status_code) == (409, 409)
    for text in (answer.text, toast.text):
        assert "the order is “Being packed”. Nothing can be done here." in text
    assert (await order_of(session, no)).status == "picking"
    assert await stock_of(session, goods.id) == (10, 2)


async def test_a_refusal_names_what_is_possible(
    client: AsyncClient, session: AsyncSession, no: str
) -> None:
    answer = await client.post(f"/axf/orders/{no}/received/")

    assert answer.status_code == 409
    assert "“Waiting for payment”. Possible now: Cancel order." in answer.text
    assert (await order_of(session, no)).status == "unpaid"


async def test_a_delivered_order_is_received(
    client: AsyncClient, session: AsyncSession, no: str
) -> None:
    await become(session, "delivered")
    before = await client.get(f"/axf/orders/{no}/")
    listed = await client.get("/axf/orders/")

    answers = [await client.post(f"/axf/orders/{no}/received/") for _ in range(2)]

    for page in (before, listed):
        assert f'action="/axf/orders/{no}/received/"' in page.text
    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [
        (303, f"/axf/orders/{no}/")
    ] * 2
    after = await client.get(f"/axf/orders/{no}/")
    assert (await order_of(session, no)).status == "completed"
    assert "/received/" not in after.text


@pytest.fixture
async def delivered(session: AsyncSession, user: User, no: str) -> str:
    """The order has been paid and has come."""
    await pay(session, user.id, no)
    now = utcnow()
    await session.execute(update(Order).values(status="delivered", delivered_at=now))
    await session.commit()
    return no


def refund_form(goods: Goods, /, **other: str) -> dict[str, str]:
    form = {"key": "refund-key-012345", "goods": str(goods.id), "quantity": "1"}
    return {**form, "reason": "Bruised <b>", **other}


async def test_a_refund_is_asked_for_on_the_page(
    client: AsyncClient, session: AsyncSession, goods: Goods, delivered: str
) -> None:
    before = await client.get(f"/axf/orders/{delivered}/")

    answers = [
        await client.post(f"/axf/orders/{delivered}/refund/", data=refund_form(goods))
        for _ in range(2)
    ]

    page = await client.get(f"/axf/orders/{delivered}/")
    assert f'action="/axf/orders/{delivered}/refund/"' in before.text
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == f"/axf/orders/{delivered}/#refunds"
    for text in ("Something was not right", "Bruised &lt;b&gt;", "1 piece refunded", "¥9.90"):
        assert text in page.text
    order = await order_of(session, delivered)
    assert await refunds_of(session, order) == [("quality", "approved", 990)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": "3"},
        {"quantity": "0"},
        {"quantity": "-1"},
        {"quantity": "one"},
        {"quantity": "9" * 30},
        {"goods": "0"},
        {"goods": "999999"},
        {"reason": ""},
        {"reason": "x" * 61},
        {"reason": "\x00"},
        {"key": "short"},
    ],
)
async def test_a_wrong_request_is_said_beside_its_field(
    client: AsyncClient, session: AsyncSession, goods: Goods, delivered: str, wrong: dict[str, str]
) -> None:
    address = f"/axf/orders/{delivered}/refund/"

    answer = await client.post(address, data=refund_form(goods, **wrong))

    assert answer.status_code == 422
    assert "Was something not right?" in answer.text
    assert await refunds_of(session, await order_of(session, delivered)) == []


async def test_a_refund_before_delivery_is_refused(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods, no: str
) -> None:
    await pay(session, user.id, no)
    await session.commit()

    page = await client.get(f"/axf/orders/{no}/")
    answer = await client.post(f"/axf/orders/{no}/refund/", data=refund_form(goods))

    assert "/refund/" not in page.text
    assert answer.status_code == 409
    assert await refunds_of(session, await order_of(session, no)) == []


async def test_a_refund_after_a_week_is_refused(
    client: AsyncClient, session: AsyncSession, goods: Goods, delivered: str
) -> None:
    old = utcnow() - timedelta(days=7)
    await session.execute(update(Order).values(delivered_at=old))
    await session.commit()

    page = await client.get(f"/axf/orders/{delivered}/")
    answer = await client.post(f"/axf/orders/{delivered}/refund/", data=refund_form(goods))

    assert "/refund/" not in page.text
    assert answer.status_code == 409


async def test_order_again_fills_the_cart(
    client: AsyncClient, session: AsyncSession, no: str
) -> None:
    await become(session, "completed")
    page = await client.get(f"/axf/orders/{no}/")

    answer = await client.post(f"/axf/orders/{no}/again/")

    assert f'action="/axf/orders/{no}/again/"' in page.text
    assert (answer.status_code, answer.headers["location"]) == (303, "/axf/cart/")
    assert "Fuji apple" in (await client.get("/axf/cart/")).text


async def test_order_again_says_what_is_gone(
    client: AsyncClient, session: AsyncSession, goods: Goods, no: str
) -> None:
    await become(session, "completed")
    await session.execute(update(Goods).values(on_sale=False))
    await session.commit()

    answer = await client.post(f"/axf/orders/{no}/again/")
    page = await client.get(answer.headers["location"])

    assert answer.headers["location"] == f"/axf/orders/{no}/again/"
    assert page.status_code == 200
    for text in ("Fuji apple", "No longer sold", "/axf/cart/"):
        assert text in page.text


async def test_late_money_is_shown_on_its_way_back(
    client: AsyncClient, session: AsyncSession, user: User, no: str
) -> None:
    payment = await begin_payment(session, user.id, no, "sandbox", now=utcnow())
    assert payment is not None
    await cancel_order(session, user.id, no, now=utcnow())
    notice = Notice("sandbox", payment.payment_no, "R1", payment.amount_fen)
    await take_notice(session, notice, now=utcnow())
    await session.commit()

    page = await client.get(f"/axf/orders/{no}/")

    assert "Payment that came too late" in page.text
    assert "On its way back to you" in page.text


async def test_a_foreign_order_looks_like_an_unknown_one(
    other_client: AsyncClient, session: AsyncSession, no: str
) -> None:
    foreign = await other_client.get(f"/axf/orders/{no}/")
    unknown = await other_client.get(f"/axf/orders/{'Z' * 16}/")
    again = await other_client.get(f"/axf/orders/{no}/again/")
    changes = [
        await other_client.post(f"/axf/orders/{no}/{verb}/")
        for verb in ("cancel", "received", "refund", "again")
    ]

    answers = (foreign, unknown, again, *changes)
    assert [answer.status_code for answer in answers] == [404] * 7
    assert foreign.text.replace(no, "") == unknown.text.replace("Z" * 16, "")
    assert (await order_of(session, no)).status == "unpaid"


@pytest.mark.parametrize("number", ["1", "-1", "9" * 300, "%00", "%F0%9F%8D%8E", "a" * 16, "%FF"])
async def test_a_number_that_cannot_be_is_not_found(client: AsyncClient, number: str) -> None:
    assert (await client.get(f"/axf/orders/{number}/")).status_code == 404
    for verb in ("cancel", "received", "refund", "again"):
        assert (await client.post(f"/axf/orders/{number}/{verb}/")).status_code == 404


async def test_a_visitor_logs_in_first(anonymous: AsyncClient, no: str) -> None:
    for path in ("/axf/orders/", f"/axf/orders/{no}/", f"/axf/orders/{no}/again/"):
        answer = await anonymous.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/login/?next={path}")
    for verb in ("cancel", "received", "refund", "again"):
        answer = await anonymous.post(f"/axf/orders/{no}/{verb}/", headers=HTMX)
        assert answer.status_code == 401


async def test_a_get_cancels_nothing(client: AsyncClient, session: AsyncSession, no: str) -> None:
    for verb in ("cancel", "received", "refund"):
        assert (await client.get(f"/axf/orders/{no}/{verb}/")).status_code == 405
    assert (await order_of(session, no)).status == "unpaid"
