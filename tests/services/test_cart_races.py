"""Many clicks at the same moment, on real connections: every one counts, none counts twice."""

from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import OutOfStock
from app.services import cart as carts
from app.services import cart_changes as changes
from tests.conftest import all_at_once
from tests.factories import make_goods, make_user


async def open_shop(session: AsyncSession, stock: int) -> tuple[int, int]:
    """A shopper and a good, by their ids."""
    user, goods = await make_user(session), await make_goods(session, stock=stock)
    return user.id, goods.id


async def in_cart(db: Database, user_id: int) -> list[int]:
    cart = await db.read(carts.get_cart, user_id)
    return [line.quantity for line in cart.lines]


async def test_forty_adds_at_once_count_forty(real_db: Database) -> None:
    user_id, goods_id = await real_db.write(open_shop, 50)
    add = partial(real_db.write, changes.add_goods, user_id, goods_id)

    results = await all_at_once(*[add] * 40)

    assert results == [None] * 40
    assert await in_cart(real_db, user_id) == [40]


async def test_adds_at_once_stop_at_what_is_left(real_db: Database) -> None:
    """A cart holds no stock, so two shoppers may each have the last ten; one has never eleven."""
    user_id, goods_id = await real_db.write(open_shop, 10)
    add = partial(real_db.write, changes.add_goods, user_id, goods_id)

    results = await all_at_once(*[add] * 15)

    assert results.count(None) == 10
    assert sum(isinstance(result, OutOfStock) for result in results) == 5
    assert await in_cart(real_db, user_id) == [10]


async def test_takes_at_once_end_at_nothing(real_db: Database) -> None:
    user_id, goods_id = await real_db.write(open_shop, 50)
    await real_db.write(changes.add_goods, user_id, goods_id, 10)
    take = partial(real_db.write, changes.take_goods, user_id, goods_id)

    results = await all_at_once(*[take] * 20)

    assert results.count(None) == 19
    assert sum(isinstance(result, changes.Removed) for result in results) == 1
    assert await in_cart(real_db, user_id) == []


async def test_as_many_adds_as_takes_leave_the_number(real_db: Database) -> None:
    user_id, goods_id = await real_db.write(open_shop, 99)
    await real_db.write(changes.add_goods, user_id, goods_id, 30)
    add = partial(real_db.write, changes.add_goods, user_id, goods_id)
    take = partial(real_db.write, changes.take_goods, user_id, goods_id)

    results = await all_at_once(*([add] * 20), *([take] * 20))

    assert results == [None] * 40
    assert await in_cart(real_db, user_id) == [30]


async def test_undo_clicked_twice_brings_back_one_line(real_db: Database) -> None:
    user_id, goods_id = await real_db.write(open_shop, 9)
    restore = partial(real_db.write, changes.restore_line, user_id, goods_id, 4, True)

    results = await all_at_once(*[restore] * 8)

    assert results == [None] * 8
    assert await in_cart(real_db, user_id) == [4]


async def test_a_line_is_removed_once(real_db: Database) -> None:
    user_id, goods_id = await real_db.write(open_shop, 9)
    await real_db.write(changes.add_goods, user_id, goods_id, 4)
    remove = partial(real_db.write, changes.remove_line, user_id, goods_id)

    results = await all_at_once(*[remove] * 8)

    assert sum(isinstance(result, changes.Removed) for result in results) == 1
    assert results.count(None) == 7
    assert await in_cart(real_db, user_id) == []
