"""Which payments are asked about, and what becomes of those that nobody paid."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.models import Goods, Payment
from app.models.base import utcnow
from app.providers import Notice, PaymentProvider, PaymentRequest, ProviderAway, RefundRequest
from app.services.open_payments import is_awaited, list_open_payments, query_open_payments
from app.services.orders import cancel_order
from app.services.payments import begin_payment
from tests.conftest import all_at_once
from tests.factories import make_goods
from tests.shopping import KEY, make_buyer, order_of, pay_notice, place


class Bank:
    """A provider that knows what it is told here, and counts how often it was asked."""

    name = "sandbox"

    def __init__(self, **notices: Notice | Exception) -> None:
        self.notices = notices
        self.asked: list[str] = []

    async def begin(self, payment: PaymentRequest, *, on_phone: bool = False) -> str:
        raise NotImplementedError

    def read_notice(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Notice:
        raise NotImplementedError

    async def refund(self, refund: RefundRequest) -> str:
        raise NotImplementedError

    async def query(self, payment_no: str) -> Notice | None:
        self.asked.append(payment_no)
        told = self.notices.get(payment_no)
        if isinstance(told, Exception):
            raise told
        return told


def by_name(bank: Bank) -> Mapping[str, PaymentProvider]:
    return {bank.name: bank}


@pytest.fixture
async def payments(session: AsyncSession, goods: Goods) -> list[PaymentRequest]:
    """Three shoppers who went to pay just now."""
    begun = []
    for _ in range(3):
        buyer = await make_buyer(session, (goods, 1))
        placed = await place(session, buyer.id)
        payment = await begin_payment(session, buyer.id, placed.no, "sandbox", now=utcnow())
        assert payment is not None
        begun.append(payment)
    await session.commit()
    return begun


def notice_of(payment: PaymentRequest) -> Notice:
    return Notice("sandbox", payment.payment_no, f"R-{payment.payment_no}", payment.amount_fen)


async def test_one_silent_answer_does_not_keep_the_others(
    db: Database, session: AsyncSession, payments: list[PaymentRequest]
) -> None:
    first, _, third = payments
    answers: dict[str, Notice | Exception] = {
        first.payment_no: ProviderAway("down"),
        third.payment_no: notice_of(third),
    }

    settled = await query_open_payments(
        db, by_name(Bank(**answers)), utcnow() + timedelta(minutes=2)
    )

    states = [(await order_of(session, one.order_no)).status for one in payments]
    assert settled == 1
    assert states == ["unpaid", "unpaid", "paid"]


async def test_all_are_asked_page_by_page(
    db: Database, payments: list[PaymentRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_open_payments, "__kwdefaults__", {"after": 0, "limit": 2})
    bank = Bank()

    await query_open_payments(db, by_name(bank), utcnow() + timedelta(minutes=2))

    assert sorted(bank.asked) == sorted(payment.payment_no for payment in payments)


@pytest.mark.usefixtures("payments")
async def test_nobody_is_asked_at_once(db: Database) -> None:
    bank = Bank()

    await query_open_payments(db, by_name(bank), utcnow() + timedelta(seconds=50))

    assert bank.asked == []


@pytest.mark.usefixtures("payments")
async def test_a_provider_that_is_not_set_up_is_not_asked(db: Database) -> None:
    assert await query_open_payments(db, {}, utcnow() + timedelta(minutes=2)) == 0


async def test_what_is_settled_is_not_asked_about(
    db: Database, session: AsyncSession, payments: list[PaymentRequest]
) -> None:
    await session.execute(update(Payment).values(status="void"))
    await session.commit()
    bank = Bank()

    await query_open_payments(db, by_name(bank), utcnow() + timedelta(minutes=2))

    assert bank.asked == []


async def test_an_order_is_awaited_until_it_is_closed(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    placed = await place(session, buyer.id)
    payment = await begin_payment(session, buyer.id, placed.no, "sandbox", now=utcnow())
    assert payment is not None

    before = await is_awaited(session, payment.payment_no)
    await cancel_order(session, buyer.id, placed.no, now=utcnow())

    assert (before, await is_awaited(session, payment.payment_no)) == (True, False)


async def test_many_workers_asking_at_once_book_the_money_once(real_db: Database) -> None:
    async def begin(session: AsyncSession) -> tuple[int, str]:
        buyer = await make_buyer(session, (await make_goods(session), 2))
        return buyer.id, (await place(session, buyer.id, key=KEY)).no

    user_id, no = await real_db.write(begin)
    notice = await pay_notice(real_db, user_id, no)
    bank, later = Bank(**{notice.payment_no: notice}), utcnow() + timedelta(minutes=2)

    done = await all_at_once(
        *[lambda: query_open_payments(real_db, by_name(bank), later) for _ in range(8)]
    )

    async def money(session: AsyncSession) -> list[tuple[str, int]]:
        rows = await session.execute(select(Payment.status, Payment.received_fen))
        return [(row[0], row[1]) for row in rows]

    assert not [result for result in done if isinstance(result, BaseException)]
    assert await real_db.read(money) == [("paid", notice.amount_fen)]
