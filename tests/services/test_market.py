"""The market's orders and pages by key."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.models import FoodType, Goods
from app.services.market import PAGE, Sort, find_first_type, get_market
from tests.factories import make_child, make_goods, make_type


async def page_through(session: AsyncSession, number: int, sort: Sort) -> list[int]:
    """The ids of all pages, first to last."""
    ids: list[int] = []
    after = None
    while True:
        shown = await get_market(session, number, 0, sort, after)
        assert len(shown.cards) <= PAGE
        ids += [card.id for card in shown.cards]
        after = shown.next_key
        if after is None:
            return ids


async def make_many(session: AsyncSession, food_type: FoodType, count: int) -> list[Goods]:
    """Goods full of ties in whatever they are sorted by."""
    many = []
    for i in range(count):
        goods = await make_goods(
            session, food_type=food_type, price=100 + i % 3, sales=i % 4, stock=i % 2
        )
        goods.position, goods.is_pinned = i % 5, i % 7 == 0
        many.append(goods)
    await session.flush()
    return many


@pytest.mark.parametrize("sort", list(Sort))
async def test_pages_by_key_show_every_good_once_in_order(
    session: AsyncSession, sort: Sort
) -> None:
    food_type = await make_type(session)
    many = await make_many(session, food_type, 2 * PAGE + 5)

    ids = await page_through(session, food_type.number, sort)

    keys = {
        Sort.DEFAULT: lambda goods: (not goods.is_pinned, goods.position, goods.id),
        Sort.SALES: lambda goods: (-goods.sales, -goods.id),
        Sort.DEAREST: lambda goods: (-goods.price_fen, -goods.id),
        Sort.CHEAPEST: lambda goods: (goods.price_fen, goods.id),
    }
    assert ids == [goods.id for goods in sorted(many, key=keys[sort])]


@pytest.mark.parametrize("count", [PAGE, PAGE + 1])
async def test_the_last_page_has_no_key(session: AsyncSession, count: int) -> None:
    food_type = await make_type(session)
    await make_many(session, food_type, count)

    shown = await get_market(session, food_type.number, 0, Sort.DEFAULT)

    assert (shown.next_key is None) == (count == PAGE)
    assert (len(shown.cards), shown.count) == (PAGE, count)


async def test_a_good_that_vanishes_between_pages_moves_nothing(session: AsyncSession) -> None:
    food_type = await make_type(session)
    many = await make_many(session, food_type, PAGE + 10)
    first = await get_market(session, food_type.number, 0, Sort.CHEAPEST)
    shown_last = next(goods for goods in many if goods.id == first.cards[-1].id)
    shown_last.on_sale = False
    await session.flush()

    second = await get_market(session, food_type.number, 0, Sort.CHEAPEST, first.next_key)

    seen = [card.id for card in first.cards + second.cards]
    assert sorted(seen) == sorted(goods.id for goods in many)
    assert second.count == PAGE + 9


async def test_a_child_shows_only_its_own_and_all_shows_also_goods_without_child(
    session: AsyncSession,
) -> None:
    food_type = await make_type(session)
    child = await make_child(session, food_type)
    own = await make_goods(session, food_type=food_type, child=child)
    loose = await make_goods(session, food_type=food_type)

    of_child = await get_market(session, food_type.number, child.number, Sort.DEFAULT)
    of_type = await get_market(session, food_type.number, 0, Sort.DEFAULT)

    assert ([card.id for card in of_child.cards], of_child.count) == ([own.id], 1)
    assert ([card.id for card in of_type.cards], of_type.count) == ([own.id, loose.id], 2)
    assert [aisle.number for aisle in of_type.children] == [child.number]


async def test_off_sale_goods_are_left_out_and_sold_out_ones_stay_in_place(
    session: AsyncSession,
) -> None:
    food_type = await make_type(session)
    await make_goods(session, food_type=food_type, on_sale=False)
    sold_out = await make_goods(session, food_type=food_type, stock=0)
    there = await make_goods(session, food_type=food_type)

    shown = await get_market(session, food_type.number, 0, Sort.DEFAULT)

    assert [(card.id, card.sold_out) for card in shown.cards] == [
        (sold_out.id, True),
        (there.id, False),
    ]
    assert shown.count == 2


async def test_types_come_by_position_then_number(session: AsyncSession) -> None:
    last = await make_type(session, number=11, position=2)
    second = await make_type(session, number=13, position=1)
    first = await make_type(session, number=12, position=1)

    shown = await get_market(session, 11, 0, Sort.DEFAULT)

    assert [aisle.id for aisle in shown.types] == [first.id, second.id, last.id]
    assert (shown.count, shown.cards, shown.next_key) == (0, (), None)


async def test_a_child_of_another_type_does_not_exist_here(session: AsyncSession) -> None:
    food_type, other = await make_type(session), await make_type(session)
    child = await make_child(session, other)

    with pytest.raises(NotFound):
        await get_market(session, food_type.number, child.number, Sort.DEFAULT)


@pytest.mark.parametrize(
    "after",
    ["x", "1", "1.2.3.4", "..", "1.2.", "9" * 40 + ".1.1", "1.2.٣", "1 .2.3", "\0", "1.2.3\n"],
)
async def test_a_broken_key_is_not_found(session: AsyncSession, after: str) -> None:
    food_type = await make_type(session)

    with pytest.raises(NotFound):
        await get_market(session, food_type.number, 0, Sort.DEFAULT, after)


async def test_the_first_type_is_the_first_with_something_on_sale(session: AsyncSession) -> None:
    await make_type(session, number=11, position=0)
    off = await make_type(session, number=12, position=1)
    await make_goods(session, food_type=off, on_sale=False)
    full = await make_type(session, number=13, position=2)
    await make_goods(session, food_type=full)

    assert await find_first_type(session) == 13


async def test_without_goods_the_first_type_is_the_first_of_all(session: AsyncSession) -> None:
    assert await find_first_type(session) is None

    await make_type(session, number=12, position=1)
    await make_type(session, number=11, position=0)

    assert await find_first_type(session) == 11
