"""The message box: news that come once, in the reader's words, and are read by their owner."""

import json
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import NotFound
from app.i18n import say_message, use_locale
from app.models import Goods, Refund, User, UserMessage
from app.models.base import utcnow
from app.services import message_box, messages
from app.services.message_box import MessageView, list_messages, open_message, read_all
from app.services.message_texts import MESSAGE_TEXTS, UNKNOWN
from app.services.messages import forget_messages, prune_messages, tell
from app.services.order_moves import make_move, note_event
from app.services.orders import cancel_order, close_order
from app.services.sweep import close_due
from tests.conftest import all_at_once
from tests.factories import make_user
from tests.refunding import make_delivered, make_paid
from tests.shopping import make_buyer, place

NOW = utcnow()
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _english() -> None:
    use_locale("en")


async def write(session: AsyncSession, user: User, number: int = 1) -> None:
    for i in range(number):
        await tell(session, user.id, "back_in_stock", f"k{i}", params=NAMES, link="/x/", now=NOW)


NAMES = {"name_zh": "葡萄", "name_en": "Grapes"}


async def only(session: AsyncSession, user_id: int) -> MessageView:
    page = await list_messages(session, user_id)
    assert len(page.messages) == 1
    return page.messages[0]


async def read_out(session: AsyncSession, user_id: int) -> tuple[str, str]:
    message = await only(session, user_id)
    return say_message(message.title), say_message(message.text)


async def test_the_same_news_twice_is_one_message(session: AsyncSession, user: User) -> None:
    for _ in range(2):
        await write(session, user)

    assert not (await only(session, user.id)).is_read


async def test_the_same_news_twenty_times_at_once_is_one(real_db: Database) -> None:
    user_id = await real_db.write(_open_account)
    call = partial(real_db.write, tell, user_id, "back_in_stock", "k", params=NAMES, now=NOW)

    assert await all_at_once(*[call] * 20) == [None] * 20
    assert len((await real_db.read(list_messages, user_id)).messages) == 1


async def _open_account(session: AsyncSession) -> int:
    return (await make_user(session)).id


async def test_a_message_speaks_its_readers_language(session: AsyncSession, user: User) -> None:
    await write(session, user)

    assert (await read_out(session, user.id))[0] == "Back in stock: Grapes"
    use_locale("zh-Hans")
    assert "葡萄" in (await read_out(session, user.id))[0]


async def test_sums_moments_and_texts_are_put_into_words(
    session: AsyncSession, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {"test": ("%(sum_fen)s of %(all_fen)s", "until %(end_at)s: %(what_text)s, %(n)s")}
    monkeypatch.setattr(messages, "MESSAGE_TEXTS", texts)
    monkeypatch.setattr(message_box, "MESSAGE_TEXTS", texts)
    params: dict[str, str | int] = {
        "sum_fen": 1250,
        "all_fen": -5,
        "end_at": "2026-11-20T12:16:00+00:00",
        "what_text": "Cart",
        "n": 3,
    }
    await tell(session, user.id, "test", "1", params=params, now=NOW)

    assert await read_out(session, user.id) == (
        "¥12.50 of ¥-0.05",
        "until 2026-11-20 20:16: Cart, 3",
    )


@pytest.mark.parametrize(
    "params",
    [
        "",
        "{",
        "null",
        "[]",
        '"x"',
        "{}",
        '{"no": 1}',
        '{"no": "1", "sum_fen": "5"}',
        '{"no": "1", "sum_fen": null}',
        '{"no": [1], "sum_fen": 5}',
        '{"no": 1e999, "sum_fen": 5}',
        '{"no": NaN, "sum_fen": Infinity}',
        "[" * 500,
    ],
)
async def test_news_that_cannot_be_read_are_shown_without_their_facts(
    session: AsyncSession, user: User, params: str
) -> None:
    session.add(UserMessage(user_id=user.id, kind="refund_done", key="k", params=params))
    await session.flush()

    assert await read_out(session, user.id) == UNKNOWN


@pytest.mark.parametrize(
    "hostile", ["%(evil)s %s %", "<script>alert(1)</script>", "\ud800", "{{ 7*7 }}", "\x00\u202e"]
)
async def test_hostile_names_are_only_names(
    session: AsyncSession, user: User, hostile: str
) -> None:
    params = json.dumps({"name_zh": hostile, "name_en": hostile})
    session.add(UserMessage(user_id=user.id, kind="back_in_stock", key="k", params=params))
    await session.flush()

    title, _ = await read_out(session, user.id)

    assert title == f"Back in stock: {hostile.replace(chr(0xD800), '?')}"
    title.encode()


async def test_news_of_a_kind_that_is_gone_are_still_shown(
    session: AsyncSession, user: User
) -> None:
    session.add(UserMessage(user_id=user.id, kind="from_the_future", key="k"))
    await session.flush()

    assert await read_out(session, user.id) == UNKNOWN


async def test_a_name_too_long_is_cut_and_the_news_kept(session: AsyncSession, user: User) -> None:
    names = {"name_zh": '"' * 400, "name_en": "\\" * 400}
    await tell(session, user.id, "back_in_stock", "k", params=names, now=NOW)

    title, _ = await read_out(session, user.id)
    assert title.startswith("Back in stock: \\\\\\")


def test_every_kind_has_a_title_and_a_text_and_fits_into_its_column() -> None:
    for kind, (title, text) in MESSAGE_TEXTS.items():
        assert len(kind) <= 24
        assert title
        assert text


async def test_pages_join_without_a_gap(
    session: AsyncSession, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_box, "PAGE", 2)
    await write(session, user, 5)

    shown, before = [], None
    for _ in range(3):
        page = await list_messages(session, user.id, before=before)
        shown += [message.id for message in page.messages]
        before = page.next_before

    assert before is None
    assert len(shown) == 5
    assert shown == sorted(shown, reverse=True)


async def test_a_message_is_opened_by_its_owner_alone(
    session: AsyncSession, user: User, other: User
) -> None:
    await write(session, user)
    message = await only(session, user.id)

    with pytest.raises(NotFound):
        await open_message(session, other.id, message.id, now=NOW)
    assert not (await only(session, user.id)).is_read
    for _ in range(2):
        assert await open_message(session, user.id, message.id, now=NOW) == "/x/"
    assert (await only(session, user.id)).is_read


async def test_all_that_was_seen_is_marked_as_read(
    session: AsyncSession, user: User, other: User
) -> None:
    await write(session, user, 3)
    await write(session, other)
    newest = (await list_messages(session, user.id)).messages[1].id

    await read_all(session, user.id, newest_id=newest, now=NOW)

    page = await list_messages(session, user.id)
    assert [message.is_read for message in page.messages] == [False, True, True]
    assert page.unread == 1
    assert (await list_messages(session, other.id)).unread == 1


async def test_what_was_read_long_ago_is_forgotten(session: AsyncSession, user: User) -> None:
    await write(session, user, 3)
    ids = [message.id for message in (await list_messages(session, user.id)).messages]
    for id_, age in zip(ids[:2], (181, 179), strict=True):
        query = update(UserMessage).where(UserMessage.id == id_).values(read_at=NOW - age * DAY)
        await session.execute(query)

    assert await prune_messages(session, NOW) == 1

    left = [message.id for message in (await list_messages(session, user.id)).messages]
    assert left == ids[1:]


async def test_of_a_full_box_the_oldest_are_forgotten(
    session: AsyncSession, user: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "MOST_MESSAGES", 3)
    await write(session, user, 5)
    await write(session, other, 3)
    ids = [message.id for message in (await list_messages(session, user.id)).messages]

    assert await prune_messages(session, NOW) == 2

    assert [m.id for m in (await list_messages(session, user.id)).messages] == ids[:3]
    assert len((await list_messages(session, other.id)).messages) == 3


async def test_a_closed_account_leaves_no_message(
    session: AsyncSession, user: User, other: User
) -> None:
    for shopper in (user, other):
        await write(session, shopper, 2)

    await forget_messages(session, user.id)

    assert await session.scalar(select(func.count()).select_from(UserMessage)) == 2


async def kinds_of(session: AsyncSession, user_id: int) -> list[str]:
    """The news of orders, oldest first."""
    kinds = await session.scalars(
        select(UserMessage.kind)
        .where(
            UserMessage.user_id == user_id,
            UserMessage.kind.like("order%") | (UserMessage.kind == "refund_done"),
        )
        .order_by(UserMessage.id)
    )
    return list(kinds)


async def test_an_order_tells_when_it_leaves_and_comes(session: AsyncSession, goods: Goods) -> None:
    buyer, order = await make_delivered(session, (goods, 1))

    assert await kinds_of(session, buyer.id) == ["order_shipping", "order_delivered"]
    links = await session.scalars(select(UserMessage.link).where(UserMessage.user_id == buyer.id))
    assert f"/axf/orders/{order.no}/" in links.all()


async def test_an_order_tells_that_its_time_was_over(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    await place(session, buyer.id)

    await close_due(session, NOW + DAY)

    assert await kinds_of(session, buyer.id) == ["order_timeout"]


async def test_an_order_tells_that_the_shop_closed_it_and_that_money_came_back(
    session: AsyncSession, goods: Goods
) -> None:
    buyer, order = await make_paid(session, (goods, 2))

    await close_order(session, order.id, "close", "cancel", actor="staff:test", now=NOW)

    refund = await _refund_no(session, order.id)
    await note_event(
        session, order.id, "refund_done", None, None, actor="system", now=NOW, note=refund
    )
    assert await kinds_of(session, buyer.id) == ["order_closed", "refund_done"]
    page = await list_messages(session, buyer.id)
    text = next(say_message(m.text) for m in page.messages if "money" in say_message(m.title))
    assert text.startswith(f"¥{order.pay_fen / 100:.2f} of order {order.no}")


async def _refund_no(session: AsyncSession, order_id: int) -> str:
    return (await session.scalars(select(Refund.no).where(Refund.order_id == order_id))).one()


async def test_an_order_tells_that_it_could_not_be_delivered(
    session: AsyncSession, goods: Goods
) -> None:
    buyer, order = await make_paid(session, (goods, 1))
    for move in ("pick", "ship", "fail"):
        assert await make_move(session, order.id, move, actor="staff:test", now=NOW)

    assert await kinds_of(session, buyer.id) == ["order_shipping", "order_failed"]


async def test_who_calls_an_order_off_knows_it(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    no = (await place(session, buyer.id)).no

    await cancel_order(session, buyer.id, no, now=NOW)

    assert await kinds_of(session, buyer.id) == []
