"""Favourites, what was looked at lately, and being told when something is back."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.background import JOBS, Tools
from app.db import Database
from app.errors import Conflict, NotFound
from app.models import Favourite, Goods, RecentView, Stock, StockWait, User, UserMessage
from app.models.base import utcnow
from app.providers.registry import make_providers
from app.services import favourites, recent_views
from app.services.favourites import add_favourite, list_favourites, remove_favourite
from app.services.interests import Interest, forget_interests, get_interest
from app.services.recent_views import MOST_VIEWS, clear_views, list_views, note_view
from app.services.stock_waits import stop_waiting, tell_waiting, wait_for_goods
from app.settings import Settings
from tests.conftest import all_at_once
from tests.factories import make_goods, make_user

NOW = utcnow()
SECOND = timedelta(seconds=1)


async def count(session: AsyncSession, model: type) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_a_favourite_is_kept_once_and_let_go(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    for _ in range(2):
        await add_favourite(session, user.id, goods.id, now=NOW)

    assert await count(session, Favourite) == 1
    assert await get_interest(session, user.id, goods.id) == Interest(is_favourite=True)
    for _ in range(2):
        await remove_favourite(session, user.id, goods.id)
    assert await get_interest(session, user.id, goods.id) == Interest()


async def test_the_newest_favourite_comes_first_and_pages_join_without_a_gap(
    session: AsyncSession, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(favourites, "PAGE", 2)
    many = [await make_goods(session) for _ in range(5)]
    for i, goods in enumerate(many):  # two of them in the same moment
        await add_favourite(session, user.id, goods.id, now=NOW + (i // 2) * SECOND)

    shown: list[int] = []
    key: str | None = ""
    while key is not None:
        page = await list_favourites(session, user.id, key)
        shown += [card.id for card in page.cards]
        key = page.next_key

    assert shown == [goods.id for goods in reversed(many)]


async def test_what_is_off_sale_waits_unseen(session: AsyncSession, user: User) -> None:
    goods, sold_out = await make_goods(session), await make_goods(session, stock=0)
    for good in (goods, sold_out):
        await add_favourite(session, user.id, good.id, now=NOW)
    goods.on_sale = False
    await session.flush()

    page = await list_favourites(session, user.id)

    assert [(card.id, card.sold_out) for card in page.cards] == [(sold_out.id, True)]


async def test_unknown_goods_are_nobodys_favourite(session: AsyncSession, user: User) -> None:
    gone = await make_goods(session, on_sale=False)

    for call in (
        add_favourite(session, user.id, 999_999, now=NOW),
        add_favourite(session, user.id, gone.id, now=NOW),
        remove_favourite(session, user.id, 999_999),
        note_view(session, user.id, 999_999, now=NOW),
        wait_for_goods(session, user.id, gone.id, now=NOW),
        stop_waiting(session, user.id, 999_999),
    ):
        with pytest.raises(NotFound):
            await call


@pytest.mark.parametrize("key", ["x", "1", "-1-1", "1-1-1", "9" * 17 + "-1", "1-x", "٣-٣"])
async def test_a_broken_key_is_no_page(session: AsyncSession, user: User, key: str) -> None:
    with pytest.raises(NotFound):
        await list_favourites(session, user.id, key)


async def test_beyond_the_limit_a_favourite_is_refused(
    session: AsyncSession, user: User, goods: Goods, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(favourites, "MOST_FAVOURITES", 1)
    await add_favourite(session, user.id, goods.id, now=NOW)
    await add_favourite(session, user.id, goods.id, now=NOW)

    with pytest.raises(Conflict):
        await add_favourite(session, user.id, (await make_goods(session)).id, now=NOW)
    assert await count(session, Favourite) == 1


async def test_twenty_hearts_at_once_are_one(real_db: Database) -> None:
    user_id, goods_id = await real_db.write(open_shop)
    add = partial(real_db.write, add_favourite, user_id, goods_id, now=NOW)

    assert await all_at_once(*[add] * 20) == [None] * 20
    assert await real_db.read(count, Favourite) == 1


async def test_hearts_at_once_stop_at_the_limit(
    real_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(favourites, "MOST_FAVOURITES", 3)
    user_id, first = await real_db.write(open_shop)
    ids = [first] + [(await real_db.write(open_shop))[1] for _ in range(5)]

    await all_at_once(*(partial(real_db.write, add_favourite, user_id, i, now=NOW) for i in ids))

    assert await real_db.read(count, Favourite) == 3


async def open_shop(session: AsyncSession, stock: int = 10) -> tuple[int, int]:
    """A shopper and a good, by their ids."""
    return (await make_user(session)).id, (await make_goods(session, stock=stock)).id


async def test_the_newest_views_are_kept(
    session: AsyncSession, user: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent_views, "MOST_VIEWS", 2)
    first, second, third = [await make_goods(session) for _ in range(3)]
    await note_view(session, other.id, first.id, now=NOW)

    for i, goods in enumerate([first, second, first, third]):
        await note_view(session, user.id, goods.id, now=NOW + i * SECOND)

    assert [card.id for card in await list_views(session, user.id)] == [third.id, first.id]
    assert [card.id for card in await list_views(session, other.id)] == [first.id]
    assert await count(session, RecentView) == 3


async def test_views_can_be_cleared(
    session: AsyncSession, user: User, other: User, goods: Goods
) -> None:
    for shopper in (user, other):
        await note_view(session, shopper.id, goods.id, now=NOW)

    await clear_views(session, user.id)

    assert await list_views(session, user.id) == []
    assert len(await list_views(session, other.id)) == 1


async def test_twenty_views_at_once_are_one(real_db: Database) -> None:
    user_id, goods_id = await real_db.write(open_shop)
    look = partial(real_db.write, note_view, user_id, goods_id, now=NOW)

    assert await all_at_once(*[look] * 20) == [None] * 20
    assert await real_db.read(count, RecentView) == 1
    assert MOST_VIEWS == 50


async def test_who_waits_is_told_once_it_is_back(session: AsyncSession, user: User) -> None:
    goods = await make_goods(session, name="巨峰葡萄", name_en="Kyoho Grapes", stock=0)
    for _ in range(2):
        await wait_for_goods(session, user.id, goods.id, now=NOW)
    assert await tell_waiting(session, NOW) == []
    assert await get_interest(session, user.id, goods.id) == Interest(is_waiting=True)

    await restock(session, goods.id)

    assert len(await tell_waiting(session, NOW)) == 1
    assert await tell_waiting(session, NOW) == []
    message = (await session.scalars(select(UserMessage))).one()
    assert (message.user_id, message.kind) == (user.id, "back_in_stock")
    assert message.link == f"/axf/goods/{goods.id}/"
    assert "巨峰葡萄" in message.params


async def restock(session: AsyncSession, *goods_ids: int) -> None:
    await session.execute(update(Stock).where(Stock.goods_id.in_(goods_ids)).values(on_hand=5))


async def test_who_waits_a_second_time_is_told_a_second_time(
    session: AsyncSession, user: User
) -> None:
    goods = await make_goods(session, stock=0)
    for day in range(2):
        at = NOW + timedelta(days=day)
        await wait_for_goods(session, user.id, goods.id, now=at)
        await restock(session, goods.id)
        await tell_waiting(session, at)
        await session.execute(update(Stock).values(on_hand=0))

    assert await count(session, UserMessage) == 2


async def test_goods_off_sale_are_not_back(session: AsyncSession, user: User) -> None:
    goods = await make_goods(session, stock=0)
    await wait_for_goods(session, user.id, goods.id, now=NOW)
    goods.on_sale = False
    await restock(session, goods.id)

    assert await tell_waiting(session, NOW) == []
    assert await count(session, StockWait) == 1


async def test_who_no_longer_waits_is_not_told(session: AsyncSession, user: User) -> None:
    goods = await make_goods(session, stock=0)
    await wait_for_goods(session, user.id, goods.id, now=NOW)
    await stop_waiting(session, user.id, goods.id)
    await restock(session, goods.id)

    assert await tell_waiting(session, NOW) == []


async def test_nobody_waits_for_what_is_there(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    with pytest.raises(Conflict, match="put it into the cart"):
        await wait_for_goods(session, user.id, goods.id, now=NOW)
    assert await count(session, StockWait) == 0


async def test_those_who_have_waited_longest_are_told_first(session: AsyncSession) -> None:
    goods = await make_goods(session, stock=0)
    users = [await make_user(session) for _ in range(3)]
    for i, shopper in enumerate(reversed(users)):
        await wait_for_goods(session, shopper.id, goods.id, now=NOW + i * SECOND)
    await restock(session, goods.id)

    await tell_waiting(session, NOW, limit=2)

    left = await session.scalars(select(StockWait.user_id))
    assert left.all() == [users[0].id]


async def test_four_workers_tell_everybody_once(real_db: Database) -> None:
    await real_db.write(line_up, 120)
    job = next(job for job in JOBS if job.name == "back_in_stock")
    settings = Settings(_env_file=None)
    tools = Tools(real_db, settings, make_providers(settings))

    told = await all_at_once(*[partial(job.work, tools, NOW)] * 4)
    # Workers that took parts of the same batch leave the rest to the next time.
    told.append(await job.work(tools, NOW))

    assert sum(int(str(number)) for number in told) == 120
    assert await real_db.read(count, UserMessage) == 120
    assert await real_db.read(count, StockWait) == 0


async def line_up(session: AsyncSession, number: int) -> None:
    goods = await make_goods(session, stock=0)
    for _ in range(number):
        shopper = await make_user(session)
        await wait_for_goods(session, shopper.id, goods.id, now=NOW)
    await restock(session, goods.id)


async def test_a_closed_account_leaves_none_of_it(
    session: AsyncSession, user: User, other: User
) -> None:
    goods = await make_goods(session, stock=0)
    for shopper in (user, other):
        await add_favourite(session, shopper.id, goods.id, now=NOW)
        await note_view(session, shopper.id, goods.id, now=NOW)
        await wait_for_goods(session, shopper.id, goods.id, now=NOW)

    await forget_interests(session, user.id)

    for model in (Favourite, RecentView, StockWait):
        assert (await session.scalars(select(model.user_id))).all() == [other.id]
