"""What is left of an account that was closed, and what is not."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.background import Tools, send_outbox
from app.db import Database
from app.errors import CheckoutRefused, InvalidInput, NotFound
from app.forms import username_key
from app.models import (
    Address,
    Base,
    CartLine,
    Coupon,
    Favourite,
    IdempotencyKey,
    Member,
    Order,
    OrderLine,
    Payment,
    Picture,
    PointsEntry,
    PointsLot,
    RecentView,
    Refund,
    Review,
    ReviewPhoto,
    StockWait,
    User,
    UserMessage,
    UserTicket,
)
from app.models.base import utcnow
from app.security import hash_password
from app.services import accounts
from app.services.account_closing import LATE, clear_late, close_account
from app.services.accounts import Newcomer
from app.services.placing import PlacedOrder
from app.services.points.books import (
    Gain,
    Reason,
    add_open,
    add_pending,
    list_open,
    open_books,
    take,
)
from app.services.tickets import Device
from app.settings import Settings
from tests.conftest import all_at_once
from tests.factories import make_address, make_coupon, make_goods, make_slot, make_ticket
from tests.shipping import Picked, make_picked
from tests.shopping import look, make_buyer, place, put_in_cart, wrong_books

PASSWORD = "蜂蜜很甜，草莓也是"
DEVICE = Device("203.0.113.7", "a browser", None)
GONE = (
    *(Address, CartLine, Favourite, RecentView, StockWait, UserMessage, UserTicket),
    *(IdempotencyKey, Picture),
)


async def close(db: Database, user_id: int, password: str = PASSWORD) -> None:
    await close_account(db, user_id, password, DEVICE.address, secret="secret")


async def rows_of(session: AsyncSession, model: type[Base], user_id: int) -> int:
    found = await session.scalars(select(model).where(model.user_id == user_id))  # type: ignore[attr-defined]
    return len(found.all())


async def fresh(session: AsyncSession, model: type[Any], *which: Any) -> Any:
    query = select(model).where(*which).execution_options(populate_existing=True)
    return (await session.scalars(query)).one()


def lot_of(
    user: User, ref: str, n: int, status: str = "open", left: int | None = None
) -> PointsLot:
    now = utcnow()
    return PointsLot(
        user_id=user.id,
        kind="gift",
        ref=f"{ref}:{user.id}",
        earned_n=n,
        kept_n=n,
        left_n=n if left is None else left,
        status=status,
        open_at=now,
        expires_at=now + timedelta(days=9),
    )


@pytest.fixture
async def finished(session: AsyncSession, user: User) -> Picked:
    """A regular with a completed order and everything else that a shopper can have."""
    user.password_hash = await hash_password(PASSWORD)
    user.nickname, user.email, user.avatar = "小满", "lin@axf.cn", "a" * 64
    user.theme, user.locale, user.large_text = "dark", "en", True
    await make_address(session, user)
    order = await make_picked(session, 2, user=user)
    await session.execute(
        update(Order)
        .where(Order.id == order.id)
        .values(status="completed", note="ring twice", region="北京市")
    )
    await session.execute(
        update(OrderLine).where(OrderLine.order_id == order.id).values(note="ripe")
    )
    await make_coupon(session, user)
    goods = await make_goods(session)
    await put_in_cart(session, user, goods)
    for model in (Favourite, RecentView, StockWait):
        session.add(model(user_id=user.id, goods_id=goods.id))
    session.add(IdempotencyKey(user_id=user.id, key="key", fingerprint="f", answer="a"))
    session.add(UserMessage(user_id=user.id, kind="nonsense", key="1"))
    await make_ticket(session, user)
    review = Review(
        order_line_id=order.lines[0], user_id=user.id, goods_id=order.goods[0], stars=5, fresh=5
    )
    picture = Picture(
        user_id=user.id, kind="review", digest="d" * 64, width=1, height=1, size_bytes=9
    )
    session.add_all([review, picture])
    await session.flush()
    session.add(ReviewPhoto(review_id=review.id, position=1, picture_id=picture.id))
    await session.commit()
    return order


async def test_nothing_says_any_more_whose_it_was(
    db: Database, session: AsyncSession, user: User, finished: Picked
) -> None:
    await close(db, user.id)

    closed: User = await fresh(session, User, User.id == user.id)
    assert (closed.username, closed.username_key) == (f"closed:{user.id}", f"closed:{user.id}")
    assert (closed.is_active, closed.password_hash) == (False, "!")
    assert closed.closed_at is not None
    assert [closed.email, closed.nickname, closed.avatar, closed.theme, closed.locale] == [None] * 5
    assert {model.__tablename__: await rows_of(session, model, user.id) for model in GONE} == {
        model.__tablename__: 0 for model in GONE
    }
    order: Order = await fresh(session, Order, Order.id == finished.id)
    assert (order.receiver, order.phone, order.region, order.area, order.room, order.note) == (
        ("",) * 6
    )
    line: OrderLine = await fresh(session, OrderLine, OrderLine.order_id == finished.id)
    assert line.note == ""


async def test_the_money_stays_in_the_books(
    db: Database, session: AsyncSession, user: User, finished: Picked
) -> None:
    before = await fresh(session, Order, Order.id == finished.id)
    sums = (before.no, before.user_id, before.pay_fen, before.quantity)

    await close(db, user.id)

    after = await fresh(session, Order, Order.id == finished.id)
    assert (after.no, after.user_id, after.pay_fen, after.quantity) == sums
    payment = await fresh(session, Payment, Payment.order_id == finished.id)
    assert payment.received_fen == 2480
    assert await wrong_books(session, about="users") == []
    assert await wrong_books(session, about="orders.of_closed") == []


async def test_reviews_stay_without_name_and_photos(
    db: Database, session: AsyncSession, user: User, finished: Picked
) -> None:
    await close(db, user.id)

    review = await fresh(session, Review, Review.user_id == user.id)
    assert (review.anonymous, review.stars) == (True, 5)
    assert (await session.scalars(select(ReviewPhoto))).all() == []


async def test_points_and_coupons_end_and_the_ledger_adds_up(
    db: Database, session: AsyncSession, user: User, other: User, finished: Picked
) -> None:
    lots = [
        *(lot_of(user, "a", 30), lot_of(user, "b", 50, left=20), lot_of(user, "c", 7, "pending")),
        *(lot_of(user, "d", 9, "spent", 0), lot_of(other, "e", 11)),
    ]
    session.add_all(
        [Member(user_id=user.id, points=50), Member(user_id=other.id, points=11), *lots]
    )
    await session.commit()

    await close(db, user.id)

    member = await fresh(session, Member, Member.user_id == user.id)
    assert member.points == 0
    entries = await session.execute(
        select(PointsEntry.lot_id, PointsEntry.kind, PointsEntry.n).order_by(PointsEntry.lot_id)
    )
    assert [tuple(row) for row in entries] == [
        (lots[0].id, "taken_back", -30),
        (lots[1].id, "taken_back", -20),
    ]
    states = await session.execute(
        select(PointsLot.status, PointsLot.left_n).order_by(PointsLot.id)
    )
    assert [tuple(row) for row in states] == [
        *(("spent", 0), ("spent", 0), ("void", 0), ("spent", 0), ("open", 11)),
    ]
    coupon = await fresh(session, Coupon, Coupon.user_id == user.id)
    assert coupon.status == "void"


@pytest.mark.parametrize("status", ["unpaid", "paid", "picking", "shipping"])
async def test_an_order_on_its_way_keeps_the_account_open(
    db: Database, session: AsyncSession, user: User, finished: Picked, status: str
) -> None:
    await session.execute(update(Order).where(Order.id == finished.id).values(status=status))
    await session.commit()

    with pytest.raises(InvalidInput) as refusal:
        await close(db, user.id)

    assert "still on its way or not paid" in refusal.value.fields[""].text
    kept = await fresh(session, User, User.id == user.id)
    assert (kept.is_active, kept.nickname) == (True, "小满")
    assert await rows_of(session, Address, user.id) == 1


@pytest.mark.parametrize(
    ("status", "is_open"),
    [("asked", True), ("approved", True), ("sending", True), ("failed", True), ("rejected", False)],
)
async def test_an_open_refund_keeps_the_account_open(
    db: Database, session: AsyncSession, user: User, finished: Picked, status: str, *, is_open: bool
) -> None:
    payment = await fresh(session, Payment, Payment.order_id == finished.id)
    session.add(
        Refund(
            no="R1",
            order_id=finished.id,
            payment_id=payment.id,
            kind="quality",
            status=status,
            amount_fen=100,
            reason="it was bruised",
            actor=f"user:{user.id}",
        )
    )
    await session.commit()

    if is_open:
        with pytest.raises(InvalidInput, match="Please check"):
            await close(db, user.id)
    else:
        await close(db, user.id)

    refund = await fresh(session, Refund, Refund.no == "R1")
    assert refund.reason == ("it was bruised" if is_open else "")


async def test_a_wrong_password_closes_nothing(
    db: Database, session: AsyncSession, user: User, finished: Picked
) -> None:
    with pytest.raises(InvalidInput):
        await close(db, user.id, "wrong password")

    assert (await fresh(session, User, User.id == user.id)).is_active


async def test_the_name_is_free_and_the_newcomer_somebody_else(
    db: Database, session: AsyncSession, user: User, finished: Picked
) -> None:
    name = user.username
    await close(db, user.id)

    with pytest.raises(InvalidInput, match="Please check"):
        await accounts.log_in(
            db, username_key(name), PASSWORD, DEVICE, life=timedelta(days=1), secret="secret"
        )
    newcomer = Newcomer(name, username_key(name), PASSWORD, None)
    await accounts.register(db, newcomer, DEVICE, life=timedelta(days=1))

    again = await fresh(session, User, User.username_key == username_key(name))
    assert again.id != user.id
    assert await rows_of(session, Order, again.id) == 0


async def test_what_a_late_request_wrote_goes_as_well(
    db: Database, session: AsyncSession, user: User, finished: Picked, settings: Settings
) -> None:
    await close(db, user.id)
    await make_address(session, user)
    await session.commit()
    tools = Tools(db, settings, {})

    early = await send_outbox(tools, utcnow() + LATE / 2)
    in_time = await send_outbox(tools, utcnow() + LATE)

    assert (early, in_time) == (0, 1)
    assert await rows_of(session, Address, user.id) == 0


async def test_clearing_late_rows_spares_an_open_account(
    db: Database, session: AsyncSession, user: User, finished: Picked
) -> None:
    await clear_late(db, {"user_id": user.id})

    assert await rows_of(session, Address, user.id) == 1


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        (update(User).values(closed_at=datetime.fromisoformat("2026-11-21T00:00Z")), "users"),
        (update(User).values(username_key="closed:1", username="closed:1"), "users"),
    ],
)
async def test_the_audit_finds_a_half_closed_account(
    session: AsyncSession, user: User, fault: Any, rule: str
) -> None:
    await session.execute(fault.where(User.id == user.id))

    assert len(await wrong_books(session, about=f"{rule}.closed")) == 1


async def test_the_audit_finds_a_name_on_an_order_of_a_closed_account(
    db: Database, session: AsyncSession, user: User, finished: Picked
) -> None:
    await close(db, user.id)
    await session.execute(update(Order).where(Order.id == finished.id).values(phone="13800006021"))

    assert len(await wrong_books(session, about="orders.of_closed")) == 1


async def test_of_closing_and_ordering_at_once_only_one_happens(real_db: Database) -> None:
    async def open_shop(session: AsyncSession) -> int:
        await make_slot(session)
        buyer = await make_buyer(session, (await make_goods(session), 1))
        buyer.password_hash = await hash_password(PASSWORD)
        return buyer.id

    closed = 0
    for _ in range(6):
        user_id = await real_db.write(open_shop)
        agreed = (await real_db.read(look, user_id)).shown

        results = await all_at_once(
            lambda user_id=user_id: close(real_db, user_id),  # type: ignore[misc]
            lambda user_id=user_id, agreed=agreed: real_db.write(place, user_id, agreed=agreed),  # type: ignore[misc]
        )

        is_closed, orders = await real_db.read(_outcome, user_id)
        assert (is_closed, orders) in {(True, 0), (False, 1)}
        assert isinstance(results[0], InvalidInput) is not is_closed
        assert isinstance(results[1], PlacedOrder) is not is_closed
        assert not is_closed or isinstance(results[1], NotFound | CheckoutRefused)
        closed += is_closed
    assert await real_db.read(wrong_books) == []


async def _outcome(session: AsyncSession, user_id: int) -> tuple[bool, int]:
    user = await session.get_one(User, user_id)
    return user.closed_at is not None, await rows_of(session, Order, user_id)


async def test_the_books_of_points_add_up_after_closing(
    db: Database, session: AsyncSession, user: User, finished: Picked
) -> None:
    now = utcnow()
    gains = [
        Gain(user.id, "gift", f"{name}:{user.id}", 30, now, now + timedelta(days=9))
        for name in ("open", "part", "pending")
    ]
    member = await open_books(session, user.id, now)
    for gain in gains[:2]:
        await add_open(session, gain, "earned", now)
    await add_pending(session, gains[2], now)
    await take(
        session, user.id, await list_open(session, user.id), 40, Reason("spent", "test", now)
    )
    await session.commit()
    assert await wrong_books(session, about="points") == []

    await close(db, user.id)

    await session.refresh(member)
    assert member.points == 0
    assert await wrong_books(session, about="points") == []
    assert await wrong_books(session, about="members") == []
