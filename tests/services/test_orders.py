"""Placing an order: what it takes, what it freezes, and when it is refused."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import CheckoutRefused, Conflict, InvalidInput, KeyReused, NotFound
from app.models import (
    Address,
    CartLine,
    Goods,
    IdempotencyKey,
    Order,
    OrderLine,
    Stock,
    StockMove,
    User,
)
from app.models.base import utcnow
from app.services.order_moves import allowed
from app.services.order_queries import get_head, get_order, list_orders
from app.services.orders import cancel_order, count_tabs
from app.services.quote_changes import Shown
from tests.factories import make_goods, make_user
from tests.shopping import (
    KEY,
    history_of,
    look,
    make_buyer,
    order_of,
    place,
    put_in_cart,
    stock_of,
    wrong_books,
)


async def count_of(session: AsyncSession, model: type) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_an_order_claims_its_stock_and_empties_the_cart(
    session: AsyncSession, goods: Goods
) -> None:
    buyer = await make_buyer(session, (goods, 3))

    placed = await place(session, buyer.id)

    assert await stock_of(session, goods.id) == (10, 3)
    assert await count_of(session, CartLine) == 0
    assert await wrong_books(session) == []
    assert await history_of(session, placed.no) == ["placed"]


async def test_an_order_adds_up_and_goes_to_the_default_address(
    session: AsyncSession, goods: Goods
) -> None:
    buyer = await make_buyer(session, (goods, 3))

    order = await order_of(session, (await place(session, buyer.id, note="Door")).no)

    assert (order.goods_fen, order.ship_fen, order.pay_fen) == (2970, 500, 3470)
    assert (order.status, order.quantity, order.note) == ("unpaid", 3, "Door")
    assert (order.receiver, order.area, order.room) == ("林小满", "望京 SOHO T3", "B 座 2307")


async def test_only_selected_lines_are_ordered(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    kept = await put_in_cart(session, buyer, await make_goods(session), 2, is_select=False)

    await place(session, buyer.id)

    assert list(await session.scalars(select(CartLine.id))) == [kept.id]
    assert await count_of(session, OrderLine) == 1


async def test_lines_are_frozen(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 2))
    placed = await place(session, buyer.id)

    await session.execute(
        update(Goods)
        .where(Goods.id == goods.id)
        .values(price_fen=1, name_zh="别的", name_en="Other", spec="1 kg", picture="1f350")
    )

    (line,) = (await get_order(session, buyer.id, placed.no, now=utcnow())).lines
    assert (line.name_zh, line.name_en, line.spec) == ("红富士苹果", "Fuji apple", "500g")
    assert (line.unit_fen, line.pay_fen, line.picture) == (990, 1980, "1f34e")


async def test_the_address_is_frozen(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    placed = await place(session, buyer.id)

    await session.execute(update(Address).values(area="Elsewhere"))

    assert (await get_head(session, buyer.id, placed.no, now=utcnow())).area == "望京 SOHO T3"


async def test_the_number_is_random(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    first = await place(session, buyer.id)
    await put_in_cart(session, buyer, goods)

    second = await place(session, buyer.id, key=KEY + "2")

    assert first.no != second.no
    assert len(first.no) == 16
    assert set(first.no + second.no) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


async def test_the_same_form_twice_is_one_order(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    agreed = (await look(session, buyer.id)).shown

    first = await place(session, buyer.id, agreed=agreed)
    again = await place(session, buyer.id, agreed=agreed)

    assert again == first
    assert await count_of(session, Order) == 1
    assert await stock_of(session, goods.id) == (10, 1)


async def test_a_key_with_other_content_is_refused(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    await place(session, buyer.id, agreed=None)

    with pytest.raises(KeyReused):
        await place(session, buyer.id, note="Something else")

    assert await count_of(session, Order) == 1


async def test_somebody_elses_key_is_just_another_key(session: AsyncSession, goods: Goods) -> None:
    first = await make_buyer(session, (goods, 1))
    second = await make_buyer(session, (goods, 1))
    theirs = await place(session, first.id)

    mine = await place(session, second.id)

    assert mine.no != theirs.no
    assert (await order_of(session, mine.no)).user_id == second.id


async def refused(session: AsyncSession, user_id: int, agreed: Shown) -> CheckoutRefused:
    """The refusal; what was done before it is undone, as db.write does."""
    with pytest.raises(CheckoutRefused) as caught:
        async with session.begin_nested():
            await place(session, user_id, agreed=agreed)
    assert await count_of(session, Order) == 0
    assert await count_of(session, IdempotencyKey) == 0
    assert await count_of(session, CartLine) > 0
    assert await wrong_books(session) == []
    return caught.value


async def test_a_price_that_changed_is_shown_first(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    agreed = (await look(session, buyer.id)).shown
    await session.execute(update(Goods).where(Goods.id == goods.id).values(price_fen=1090))

    refusal = await refused(session, buyer.id, agreed)

    assert refusal.status == 409


async def test_an_address_that_changed_is_shown_first(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    agreed = (await look(session, buyer.id)).shown
    await session.execute(update(Address).values(room="1"))

    await refused(session, buyer.id, agreed)


async def test_a_forged_sum_buys_nothing(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))

    agreed = replace((await look(session, buyer.id)).shown, pay_fen=1)

    await refused(session, buyer.id, agreed)


async def test_every_short_line_is_named(session: AsyncSession, goods: Goods) -> None:
    pear = await make_goods(session, name="梨", name_en="Pear")
    buyer = await make_buyer(session, (goods, 5), (pear, 5))
    agreed = (await look(session, buyer.id)).shown
    for goods_id, lost in ((goods.id, 10), (pear.id, 7)):
        await session.execute(
            update(Stock).where(Stock.goods_id == goods_id).values(on_hand=Stock.on_hand - lost)
        )
        session.add(StockMove(goods_id=goods_id, kind="wasted", quantity=-lost, actor="test"))

    refusal = await refused(session, buyer.id, agreed)

    assert refusal.fields[f"goods-{goods.id}"].text == "%(name)s is sold out"
    assert refusal.fields[f"goods-{pear.id}"].params["left"] == 3


async def test_an_order_needs_an_address(session: AsyncSession, goods: Goods) -> None:
    user = await make_user(session)
    await put_in_cart(session, user, goods)

    with pytest.raises(InvalidInput) as caught:
        await place(session, user.id)

    assert list(caught.value.fields) == ["address"]


async def test_nothing_selected_is_no_order(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session)
    await put_in_cart(session, buyer, goods, is_select=False)

    with pytest.raises(CheckoutRefused):
        await place(session, buyer.id)


async def place_many(session: AsyncSession, buyer: User, goods: Goods, number: int) -> list[str]:
    placed = [await place(session, buyer.id, key=f"{KEY}-0")]
    for turn in range(1, number):
        await put_in_cart(session, buyer, goods)
        placed.append(await place(session, buyer.id, key=f"{KEY}-{turn}"))
    return [order.no for order in placed]


async def test_at_most_three_orders_wait_for_payment(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    numbers = await place_many(session, buyer, goods, 3)
    await put_in_cart(session, buyer, goods)

    with pytest.raises(CheckoutRefused) as caught:
        async with session.begin_nested():
            await place(session, buyer.id, key=KEY + "-4")
    await cancel_order(session, buyer.id, numbers[0], now=utcnow())
    await place(session, buyer.id, key=KEY + "-5")

    assert caught.value.params == {"most": 3}
    assert await count_of(session, Order) == 4


async def test_cancelling_gives_the_stock_back_once(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 3))
    placed = await place(session, buyer.id)

    await cancel_order(session, buyer.id, placed.no, now=utcnow())
    await cancel_order(session, buyer.id, placed.no, now=utcnow())

    order = await order_of(session, placed.no)
    assert (order.status, order.close_reason) == ("closed", "user")
    assert await stock_of(session, goods.id) == (10, 0)
    assert await history_of(session, placed.no) == ["placed", "cancelled"]
    assert await wrong_books(session) == []


async def test_what_is_being_packed_is_not_cancelled(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    placed = await place(session, buyer.id)
    await session.execute(update(Order).values(status="picking", paid_at=utcnow(), pay_by=None))

    with pytest.raises(Conflict):
        await cancel_order(session, buyer.id, placed.no, now=utcnow())

    assert await stock_of(session, goods.id) == (10, 1)


async def test_somebody_elses_order_does_not_exist(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    placed = await place(session, buyer.id)
    stranger = await make_user(session)

    with pytest.raises(NotFound):
        await cancel_order(session, stranger.id, placed.no, now=utcnow())
    with pytest.raises(NotFound):
        await get_order(session, stranger.id, placed.no, now=utcnow())

    assert (await order_of(session, placed.no)).status == "unpaid"


async def test_tabs_are_counted(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    numbers = await place_many(session, buyer, goods, 3)
    for no, status in zip(numbers, ["paid", "picking", "shipping"], strict=True):
        await session.execute(update(Order).where(Order.no == no).values(status=status))

    counts = await count_tabs(session, buyer.id)
    assert {tab: number for tab, number in counts.items() if number} == {
        "to_send": 2,
        "to_receive": 1,
    }
    assert not any((await count_tabs(session, 0)).values())


async def test_the_list_goes_on_where_it_ended(
    session: AsyncSession, goods: Goods, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.order_queries.PAGE", 2)
    buyer = await make_buyer(session, (goods, 1))
    numbers = await place_many(session, buyer, goods, 3)

    first = await list_orders(session, buyer.id, "all", before=None, now=utcnow())
    rest = await list_orders(session, buyer.id, "all", before=first.next_before, now=utcnow())

    assert [order.head.no for order in first.orders + rest.orders] == numbers[::-1]
    assert rest.next_before is None


async def test_an_overdue_order_is_shown_as_expired(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    placed = await place(session, buyer.id)

    head = await get_head(session, buyer.id, placed.no, now=utcnow() + timedelta(minutes=15))

    assert (head.state, head.can_pay, head.actions) == ("expired", False, [])
    assert (await order_of(session, placed.no)).status == "unpaid"


def test_orders_may_be_cancelled_by_the_shopper_until_they_are_packed() -> None:
    assert allowed("unpaid", "shopper") == ["cancel"]
    assert allowed("paid", "shopper") == ["cancel"]
    assert allowed("picking", "shopper") == []
    assert allowed("unpaid", "provider") == ["pay"]
