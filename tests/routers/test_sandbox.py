"""The sandbox provider's page."""

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, Order, Payment, User
from app.models.base import utcnow
from app.services.payments import begin_payment
from tests.factories import make_address
from tests.shopping import order_of, place, put_in_cart


@pytest.fixture
async def no(session: AsyncSession, user: User, goods: Goods) -> str:
    await make_address(session, user)
    await put_in_cart(session, user, goods, 2)
    placed = await place(session, user.id)
    await session.commit()
    return placed.no


@pytest.fixture
async def page(session: AsyncSession, user: User, no: str) -> str:
    """The address of the page where the order is paid."""
    payment = await begin_payment(session, user.id, no, "sandbox", now=utcnow())
    await session.commit()
    assert payment is not None
    return f"/sandbox/pay/{payment.payment_no}/"


async def test_the_page_says_that_no_money_is_real(client: AsyncClient, no: str, page: str) -> None:
    answer = await client.get(page)

    assert answer.status_code == 200
    assert "Sandbox – no real money" in answer.text
    assert "Pay ¥24.80" in answer.text
    assert no in answer.text


async def test_like_a_banks_it_needs_no_log_in_of_the_shop(
    anonymous: AsyncClient, page: str
) -> None:
    assert (await anonymous.get(page)).status_code == 200


async def test_paying_pays_and_leads_back(
    client: AsyncClient, session: AsyncSession, no: str, page: str
) -> None:
    answer = await client.post(page, data={"choice": "pay"})

    back = await client.get(answer.headers["location"])
    assert (answer.status_code, answer.headers["location"]) == (303, f"/axf/orders/{no}/pay/")
    assert back.headers["location"] == f"/axf/orders/{no}/paid/"
    assert (await order_of(session, no)).status == "paid"


async def test_paying_twice_charges_once(
    client: AsyncClient, session: AsyncSession, page: str
) -> None:
    await client.post(page, data={"choice": "pay"})

    answer = await client.post(page, data={"choice": "pay"})

    assert answer.status_code == 303
    assert list(await session.scalars(select(Payment.received_fen))) == [2480]


async def test_declining_changes_nothing(
    client: AsyncClient, session: AsyncSession, no: str, page: str
) -> None:
    answer = await client.post(page, data={"choice": "decline"})

    assert answer.headers["location"] == f"/axf/orders/{no}/pay/?declined=1"
    assert (await order_of(session, no)).status == "unpaid"
    assert list(await session.scalars(select(Payment.status))) == ["created"]


async def test_looking_pays_nothing(
    client: AsyncClient, session: AsyncSession, no: str, page: str
) -> None:
    await client.get(f"{page}?choice=pay")

    assert (await order_of(session, no)).status == "unpaid"


@pytest.mark.parametrize("form", [{}, {"choice": "steal"}, {"choice": "pay\x00"}])
async def test_another_choice_is_refused(
    client: AsyncClient, session: AsyncSession, no: str, page: str, form: dict[str, str]
) -> None:
    answer = await client.post(page, data=form)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert (await order_of(session, no)).status == "unpaid"


async def test_paying_a_closed_order_is_kept_as_late(
    client: AsyncClient, session: AsyncSession, no: str, page: str
) -> None:
    await session.execute(
        update(Order).values(status="closed", close_reason="timeout", closed_at=utcnow())
    )
    await session.commit()

    answer = await client.post(page, data={"choice": "pay"})
    back = await client.get(answer.headers["location"])

    assert "came in too late" in back.text
    assert list(await session.scalars(select(Payment.status))) == ["late"]
    assert (await order_of(session, no)).status == "closed"


async def test_paying_late_waits_until_the_order_is_closed(
    client: AsyncClient, session: AsyncSession, no: str, page: str
) -> None:
    early = await client.post(page, data={"choice": "late"})
    await client.post(f"/axf/orders/{no}/cancel/")
    late = await client.post(page, data={"choice": "late"})

    assert early.status_code == 422
    assert "The order still waits for this. Cancel it first." in early.text
    assert late.status_code == 303
    assert list(await session.scalars(select(Payment.status))) == ["late"]


async def test_paying_a_second_time_is_kept_apart(
    client: AsyncClient, session: AsyncSession, no: str, page: str
) -> None:
    answer = await client.post(page, data={"choice": "twice"})

    payments = await session.scalars(select(Payment.status).order_by(Payment.id))
    assert answer.status_code == 303
    assert list(payments) == ["paid", "late"]
    assert (await order_of(session, no)).status == "paid"


async def test_a_wrong_amount_never_pays(
    client: AsyncClient, session: AsyncSession, no: str, page: str
) -> None:
    answer = await client.post(page, data={"choice": "wrong"})

    rows = await session.execute(select(Payment.status, Payment.received_fen))
    assert answer.headers["location"] == f"/axf/orders/{no}/pay/"
    assert [tuple(row) for row in rows] == [("mismatch", 2481)]
    assert (await order_of(session, no)).status == "unpaid"


async def test_the_wrong_turns_are_folded_away(client: AsyncClient, page: str) -> None:
    answer = await client.get(page)

    before, _, folded = answer.text.partition("<details>")
    assert "Pay twice" not in before
    assert "Pay twice" in folded
    assert "What a test wants to try" in folded


@pytest.mark.parametrize("number", ["Z" * 24, "1", "%00", "-1", "9" * 400])
async def test_an_unknown_payment_is_not_found(client: AsyncClient, number: str) -> None:
    assert (await client.get(f"/sandbox/pay/{number}/")).status_code == 404
    assert (await client.post(f"/sandbox/pay/{number}/")).status_code == 404


async def test_another_sites_form_is_refused(
    client: AsyncClient, session: AsyncSession, no: str, page: str
) -> None:
    answer = await client.post(
        page, data={"choice": "pay"}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403
    assert (await order_of(session, no)).status == "unpaid"


async def test_only_get_and_post_work(client: AsyncClient, page: str) -> None:
    assert (await client.delete(page)).status_code == 405
