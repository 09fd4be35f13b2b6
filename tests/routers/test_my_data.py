"""Downloading one's own data."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx2 import AsyncClient
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import (
    CheckIn,
    Favourite,
    GrowthEntry,
    Member,
    OrderLine,
    Picture,
    PointsEntry,
    PointsLot,
    RecentView,
    Review,
    ReviewPhoto,
    ReviewVote,
    StockWait,
    User,
    UserMessage,
    UserTicket,
)
from app.models.base import utcnow
from app.services.my_data import SECTIONS, section
from tests.factories import make_address, make_coupon, make_goods
from tests.shipping import make_picked, pack
from tests.shopping import put_in_cart

FILES = ("/axf/mine/data.json", "/axf/mine/data.html")
SAID = "甜得像蜂蜜 <b>"


@pytest.fixture
async def full(session: AsyncSession, user: User) -> User:
    """A shopper of whom the shop knows something of every kind."""
    now = utcnow()
    await make_address(session, user)
    order = await make_picked(session, 2, 1, user=user)
    await pack(session, order.id)
    await session.execute(
        update(OrderLine).where(OrderLine.id == order.lines[0]).values(note="ripe ones")
    )
    await make_coupon(session, user)
    goods = await make_goods(session, name="海南香蕉", name_en="Banana")
    await put_in_cart(session, user, goods, 3)
    for model in (Favourite, RecentView, StockWait):
        session.add(model(user_id=user.id, goods_id=goods.id))
    lot = PointsLot(
        user_id=user.id,
        kind="checkin",
        ref=f"test:{user.id}",
        earned_n=5,
        kept_n=5,
        left_n=5,
        status="open",
        open_at=now,
        expires_at=now + timedelta(days=365),
    )
    picture = Picture(
        user_id=user.id, kind="review", digest="d" * 64, width=10, height=10, size_bytes=100
    )
    review = Review(
        order_line_id=order.lines[0],
        user_id=user.id,
        goods_id=order.goods[0],
        stars=5,
        fresh=4,
        body=SAID,
    )
    session.add_all([Member(user_id=user.id, points=5), lot, picture, review])
    await session.flush()
    session.add_all(
        [
            PointsEntry(user_id=user.id, lot_id=lot.id, kind="earned", ref=lot.ref, n=5),
            CheckIn(user_id=user.id, day=now.date(), streak=1, points=5),
            GrowthEntry(
                user_id=user.id, order_id=order.id, kind="completed", ref=order.no, fen=2970
            ),
            ReviewPhoto(review_id=review.id, position=1, picture_id=picture.id),
            ReviewVote(review_id=review.id, user_id=user.id),
            UserMessage(user_id=user.id, kind="nonsense", key="1"),
        ]
    )
    await session.commit()
    return user


async def test_the_file_for_programs_holds_every_section(client: AsyncClient, full: User) -> None:
    answer = await client.get("/axf/mine/data.json")

    data = json.loads(answer.text)
    assert {key: len(data[key]) > 0 for key in (part.key for part in SECTIONS)} == {
        part.key: True for part in SECTIONS
    }
    order = data["orders"][0]
    assert (order["pay_fen"], order["phone"], order["status"]) == (3470, "13800006021", "shipping")
    assert [line["quantity"] for line in order["lines"]] == [2, 1]
    assert order["lines"][0]["note"] == "ripe ones"
    assert order["payments"][0]["received_fen"] == 3470
    assert [event["kind"] for event in order["events"]] == [
        "placed",
        "paid",
        "picking",
        "shipping",
    ]
    assert order["shipments"][0]["status"] == "packed"
    assert data["cart"][0]["goods"] == {"zh": "海南香蕉", "en": "Banana"}
    assert data["reviews"][0]["photos"] == [{"picture": "d" * 64}]
    assert data["profile"][0]["username"] == full.username
    assert data["devices"][0]["system"] == "Unknown device"


async def test_the_page_to_read_stands_alone(client: AsyncClient, full: User) -> None:
    answer = await client.get("/axf/mine/data.html")

    page = answer.text
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert [part.key for part in SECTIONS if f'<h2 id="{part.key}">' not in page] == []
    assert [mark for mark in ("<script", "src=", "<link") if mark in page] == []
    assert "甜得像蜂蜜 &lt;b&gt;" in page
    assert "¥34.70" in page
    assert "Banana" in page
    assert "On its way" in page


@pytest.mark.parametrize("path", FILES)
async def test_a_file_is_saved_and_kept_by_nobody(client: AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="axf-')
    assert answer.headers["Content-Disposition"].endswith(path[-5:].strip("a.") + '"')
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("path", FILES)
async def test_no_secret_and_nobody_else_is_in_a_file(
    client: AsyncClient, other_client: AsyncClient, session: AsyncSession, full: User, path: str
) -> None:
    full.password_hash = "$argon2-secret"
    await session.commit()

    mine = (await client.get(path)).text
    theirs = (await other_client.get(path)).text

    ticket = client.cookies["ticket"]
    for secret in ("argon2", ticket, UserTicket.digest_of(ticket), "王师傅", "13911112222"):
        assert secret not in mine
    for known in (full.username, "13800006021", "Banana", "ripe ones"):
        assert known in mine
        assert known not in theirs


@pytest.mark.parametrize("path", [*FILES, "/axf/mine/data/"])
async def test_a_visitor_has_no_data(anonymous: AsyncClient, path: str) -> None:
    answer = await anonymous.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/login/?next={path}")


async def test_the_page_leads_to_both_files(client: AsyncClient) -> None:
    page = (await client.get("/axf/mine/data/")).text

    assert all(f'href="{path}" download' in page for path in FILES)


async def test_the_file_speaks_the_readers_language(client: AsyncClient, full: User) -> None:
    page = (await client.get("/axf/mine/data.html", headers={"Accept-Language": "zh"})).text

    assert '<html lang="zh-CN">' in page
    assert "海南香蕉" in page


async def test_many_orders_are_read_in_pages(
    client: AsyncClient,
    session: AsyncSession,
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    count_queries: Callable[[], int],
) -> None:
    monkeypatch.setattr(section, "PAGE", 2)
    numbers = [(await make_picked(session, 1, user=user)).no for _ in range(5)]
    await session.commit()
    count_queries()

    answer = await client.get("/axf/mine/data.json")

    # Who it is, one for each section, and three pages of orders with their five parts.
    assert count_queries() == 1 + len(SECTIONS) + 2 + 3 * 5
    assert [order["no"] for order in json.loads(answer.text)["orders"]] == numbers
