"""One good with its facts, and what is like it."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.services.catalogue import (
    MOST_SIMILAR,
    get_goods,
    list_cards_of,
    list_similar,
)
from tests.factories import make_child, make_goods, make_type


async def test_a_good_comes_with_its_facts_and_its_place(session: AsyncSession) -> None:
    food_type = await make_type(session)
    child = await make_child(session, food_type)
    goods = await make_goods(session, food_type=food_type, child=child, price=1290, stock=3)
    goods.origin, goods.storage, goods.life_days = "山东烟台", "冷藏", 20
    await session.flush()

    detail = await get_goods(session, goods.id)

    assert (detail.card.id, detail.card.price_fen, detail.card.left) == (goods.id, 1290, 3)
    assert (detail.origin, detail.storage, detail.life_days) == ("山东烟台", "Chilled", 20)
    assert (detail.type_number, detail.child_number) == (food_type.number, child.number)


async def test_a_good_need_not_have_a_child(session: AsyncSession) -> None:
    goods = await make_goods(session)

    detail = await get_goods(session, goods.id)

    assert (detail.child_id, detail.child_number, detail.storage) == (None, None, "")


async def test_goods_off_sale_or_unknown_are_not_found(session: AsyncSession) -> None:
    goods = await make_goods(session, on_sale=False)

    for goods_id in (goods.id, 0, 2**53):
        with pytest.raises(NotFound):
            await get_goods(session, goods_id)


async def test_similar_are_the_same_child_first_then_the_best_sellers(
    session: AsyncSession,
) -> None:
    food_type = await make_type(session)
    child = await make_child(session, food_type)
    goods = await make_goods(session, food_type=food_type, child=child)
    loose = await make_goods(session, food_type=food_type, sales=900)
    slow = await make_goods(session, food_type=food_type, child=child, sales=1)
    fast = await make_goods(session, food_type=food_type, child=child, sales=2)

    similar = await list_similar(session, await get_goods(session, goods.id))

    assert [card.id for card in similar] == [fast.id, slow.id, loose.id]


async def test_similar_can_all_be_bought(session: AsyncSession) -> None:
    food_type = await make_type(session)
    goods = await make_goods(session, food_type=food_type)
    await make_goods(session, food_type=food_type, stock=0)
    await make_goods(session, food_type=food_type, on_sale=False)
    await make_goods(session)

    assert await list_similar(session, await get_goods(session, goods.id)) == []


async def test_similar_are_few(session: AsyncSession) -> None:
    food_type = await make_type(session)
    many = [await make_goods(session, food_type=food_type) for _ in range(MOST_SIMILAR + 3)]

    similar = await list_similar(session, await get_goods(session, many[0].id))

    assert len(similar) == MOST_SIMILAR


async def test_tags_say_what_a_shopper_must_know(session: AsyncSession) -> None:
    wine = await make_goods(session, stock=2)
    wine.min_age, wine.storage = 18, "冷冻"
    plain = await make_goods(session)
    await session.flush()

    cards = await list_cards_of(session, [wine.id, plain.id])

    assert cards[wine.id].tags == [
        ("Frozen", "fresh"),
        ("Adults only", "danger"),
        ("Nearly gone", "danger"),
    ]
    assert cards[plain.id].tags == []
