"""`axf orders`: what staff do with an order and its refunds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner

from app.cli import main, staff_work
from app.db import Database
from app.models import Order
from app.models.base import utcnow
from app.providers import Notice
from app.services.payments import take_notice
from app.services.refund_requests import ask_for_refund
from app.settings import Settings
from tests.databases import fresh_database
from tests.factories import make_goods
from tests.refunding import lines_of, make_delivered, make_paid, refunds_of, send, wrong_money
from tests.shopping import history_of, order_of, stock_of, wrong_books


@pytest.fixture
async def shop(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    """A shop of its own that the command is told about."""
    async with fresh_database(database_url, tmp_path) as url:
        settings = Settings(_env_file=None, database_url=url)
        monkeypatch.setattr(staff_work, "get_settings", lambda: settings)
        db = Database.connect(url, pool_size=2)
        yield db
        await db.close()


Axf = Callable[..., tuple[int, str]]


@pytest.fixture
def axf() -> Axf:

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["orders", *words])
        return result.exit_code, result.output

    return run


async def call(axf: Axf, *words: str) -> tuple[int, str]:
    """Run the command in a thread, as it brings an event loop of its own."""
    return await asyncio.to_thread(axf, *words)


async def paid(session: AsyncSession) -> Order:
    return (await make_paid(session, (await make_goods(session), 2)))[1]


async def delivered(session: AsyncSession) -> Order:
    return (await make_delivered(session, (await make_goods(session), 2)))[1]


async def sent(session: AsyncSession) -> Order:
    order = await paid(session)
    await send(session, order)
    return order


async def line_id_of(db: Database, order: Order) -> int:
    return (await db.read(lines_of, order))[0].id


async def state_of(db: Database, order: Order) -> tuple[str, str | None, int]:
    after = await db.read(order_of, order.no)
    assert await db.read(wrong_money) == []
    assert await db.read(wrong_books) == []
    return after.status, after.close_reason, after.refunded_fen


async def test_an_order_is_listed_shown_and_picked(shop: Database, axf: Axf) -> None:
    order = await shop.write(paid)

    listed = await call(axf, "list")
    shown = await call(axf, "show", order.no)
    picked = await call(axf, "pick", order.no, "--as", "ann")
    again = await call(axf, "pick", order.no)

    line = await line_id_of(shop, order)
    assert order.no in listed[1]
    assert f"line {line}: Fuji apple × 2, ¥19.80" in shown[1]
    assert "Possible: close, pick" in shown[1]
    assert picked == (0, f"{order.no} is being packed.\n")
    assert again[0] == 1
    assert "“Being packed”. Possible now: Close, Hand over for delivery." in again[1]
    assert await state_of(shop, order) == ("picking", None, 0)


async def test_nothing_to_list_is_said(shop: Database, axf: Axf) -> None:
    assert await call(axf, "list") == (0, "None.\n")
    assert await call(axf, "refunds") == (0, "None.\n")


@pytest.mark.parametrize("command", ["show", "pick", "close", "deliver", "fail"])
async def test_an_unknown_order_is_said(shop: Database, axf: Axf, command: str) -> None:
    code, said = await call(axf, command, "Z" * 16)

    assert code == 1
    assert "moved" in said


async def test_an_order_is_closed(shop: Database, axf: Axf) -> None:
    order = await shop.write(paid)

    assert (await call(axf, "close", order.no))[0] == 0
    assert await state_of(shop, order) == ("closed", "admin", 2480)


async def test_a_short_line_is_refunded(shop: Database, axf: Axf) -> None:
    order = await shop.write(paid)
    line = await line_id_of(shop, order)

    code, _ = await call(axf, "refund", order.no, "--kind", "shortage", "--line", f"{line}=1")

    assert code == 0
    assert await state_of(shop, order) == ("paid", None, 990)


async def test_an_order_that_is_wholly_short_closes(shop: Database, axf: Axf) -> None:
    order = await shop.write(paid)
    line = await line_id_of(shop, order)

    await call(axf, "refund", order.no, "--kind", "shortage", "--line", f"{line}=2")

    assert await state_of(shop, order) == ("closed", "admin", 2480)
    refunds = await shop.read(refunds_of, order)
    assert [(kind, amount) for kind, _, amount in refunds] == [("shortage", 1980), ("cancel", 500)]


async def test_a_delivered_order_is_refunded_wholly(shop: Database, axf: Axf) -> None:
    order = await shop.write(delivered)

    first = await call(axf, "refund", order.no, "--kind", "goodwill", "--reason", "Sorry")
    second = await call(axf, "refund", order.no, "--kind", "goodwill")

    assert (first[0], second[0]) == (0, 1)
    assert await state_of(shop, order) == ("delivered", None, 2480)


@pytest.mark.parametrize("wrong", [("--kind", "late"), ("--kind", "quality", "--line", "x=1")])
async def test_what_cannot_be_meant_is_refused(
    shop: Database, axf: Axf, wrong: tuple[str, ...]
) -> None:
    order = await shop.write(delivered)

    assert (await call(axf, "refund", order.no, *wrong))[0] == 2
    assert await state_of(shop, order) == ("delivered", None, 0)


async def test_an_order_is_delivered(shop: Database, axf: Axf) -> None:
    order = await shop.write(sent)

    assert (await call(axf, "deliver", order.no))[0] == 0
    assert (await state_of(shop, order))[0] == "delivered"
    assert (await shop.read(history_of, order.no))[-2:] == ["shipping", "delivered"]


async def test_an_order_that_came_back_is_refunded(shop: Database, axf: Axf) -> None:
    order = await shop.write(sent)
    lines = await shop.read(lines_of, order)

    code, _ = await call(axf, "fail", order.no, "--restock", f"{lines[0].id}=1")

    assert code == 0
    assert await state_of(shop, order) == ("closed", "failed", 2480)
    assert await shop.read(stock_of, lines[0].goods_id) == (9, 0)


async def asked(session: AsyncSession) -> Order:
    goods = await make_goods(session, price=5000)
    buyer, order = await make_delivered(session, (goods, 1))
    key = "refund-key-0123456789"
    await ask_for_refund(
        session, buyer.id, order.no, goods.id, 1, key=key, reason="Bruised", now=utcnow()
    )
    return order


@pytest.mark.parametrize(
    ("decision", "status", "refunded"),
    [(("approve",), "approved", 5000), (("reject", "--reason", "Fine"), "rejected", 0)],
)
async def test_a_refund_is_decided_once(
    shop: Database, axf: Axf, decision: tuple[str, ...], status: str, refunded: int
) -> None:
    order = await shop.write(asked)
    _, listed = await call(axf, "refunds")
    refund_no = listed.split()[1].rstrip(":")

    first = await call(axf, decision[0], refund_no, *decision[1:])
    second = await call(axf, "approve", refund_no)

    assert "Bruised" in listed
    assert (first[0], second[0]) == (0, 1)
    assert await shop.read(refunds_of, order) == [("quality", status, 5000)]
    assert (await state_of(shop, order))[2] == refunded


async def test_stray_money_is_listed_until_it_is_settled(shop: Database, axf: Axf) -> None:
    notice = Notice("sandbox", "Z" * 24, "R-1", 2480)
    await shop.write(take_notice, notice, now=utcnow())

    listed = await call(axf, "strays")
    settled = await call(axf, "strays", "--settled", listed[1].split()[0])

    assert "sandbox R-1: ¥24.80 for payment ZZZZ" in listed[1]
    assert settled == (0, "None.\n")
