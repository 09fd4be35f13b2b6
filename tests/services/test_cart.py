"""The cart's rules: what counts, what is refused, and what stays as it was."""

from collections.abc import Callable

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Conflict, NotFound, OutOfStock, Words
from app.models import CartLine, Goods, Stock, User
from app.services import cart as carts
from app.services import cart_changes as changes
from app.services.cart_pages import list_add_ons
from app.services.quote import Delivery
from tests.factories import make_child, make_goods, make_type

DELIVERY = Delivery(fee_fen=500, free_from_fen=3900)


async def put(
    session: AsyncSession,
    user: User,
    goods: Goods,
    quantity: int = 1,
    *,
    is_select: bool = True,
    seen: int | None = None,
) -> None:
    """A line that is already in the cart."""
    seen_price_fen = goods.price_fen if seen is None else seen
    session.add(
        CartLine(
            user_id=user.id,
            goods_id=goods.id,
            quantity=quantity,
            is_select=is_select,
            seen_price_fen=seen_price_fen,
        )
    )
    await session.flush()


async def test_an_empty_cart_costs_nothing(session: AsyncSession, user: User) -> None:
    cart = await carts.get_cart(session, user.id)

    assert cart == carts.EMPTY_CART
    assert (cart.count, cart.quantity_of(475), cart.newest) == (0, 0, ())
    assert carts.quote_of(cart, DELIVERY).pay_fen == 0


async def test_the_newest_line_is_the_last(session: AsyncSession, user: User) -> None:
    first, second = await make_goods(session), await make_goods(session)
    await put(session, user, second)
    await put(session, user, first, 3)

    cart = await carts.get_cart(session, user.id)

    assert [line.card.id for line in cart.lines] == [second.id, first.id]
    assert (cart.count, cart.quantity_of(first.id)) == (4, 3)


async def test_a_line_knows_the_shelf_its_goods_stand_on(session: AsyncSession, user: User) -> None:
    food_type = await make_type(session)
    child = await make_child(session, food_type)
    await put(session, user, await make_goods(session, food_type=food_type))
    await put(session, user, await make_goods(session, food_type=food_type, child=child))

    cart = await carts.get_cart(session, user.id)

    assert {line.type_number for line in cart.lines} == {food_type.number}
    assert [line.child_number for line in cart.lines] == [0, child.number]


async def test_only_selected_goods_that_can_be_bought_are_charged(
    session: AsyncSession, user: User
) -> None:
    bought = await make_goods(session, price=1000)
    await put(session, user, bought, 2)
    await put(session, user, await make_goods(session), is_select=False)
    await put(session, user, await make_goods(session, on_sale=False))
    await put(session, user, await make_goods(session, stock=0))
    await put(session, user, await make_goods(session, stock=1), 2)

    cart = await carts.get_cart(session, user.id)
    quote = carts.quote_of(cart, DELIVERY)

    assert [line.card.id for line in cart.selected] == [bought.id]
    assert (quote.goods_fen, quote.ship_fen, quote.pay_fen) == (2000, 500, 2500)
    assert (len(cart.gone), len(cart.at_hand)) == (2, 3)
    assert [line.is_short for line in cart.lines] == [False, False, False, False, True]


async def test_the_cart_is_charged_at_todays_price(session: AsyncSession, user: User) -> None:
    goods = await make_goods(session, price=850)
    await put(session, user, goods, seen=990)

    cart = await carts.get_cart(session, user.id)

    assert cart.lines[0].price_changed
    assert carts.quote_of(cart, DELIVERY).goods_fen == 850


async def test_any_number_of_lines_is_one_query(
    session: AsyncSession, user: User, count_queries: Callable[[], int]
) -> None:
    for _ in range(30):
        await put(session, user, await make_goods(session))
    count_queries()

    cart = await carts.get_cart(session, user.id)

    assert (len(cart.lines), count_queries()) == (30, 1)
    assert (len(cart.newest), cart.older_count) == (5, 25)
    assert cart.newest[0] == cart.lines[-1]


async def quantities(session: AsyncSession, user: User) -> dict[int, int]:
    cart = await carts.get_cart(session, user.id)
    return {line.card.id: line.quantity for line in cart.lines}


async def test_the_first_piece_makes_a_selected_line(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    await changes.add_goods(session, user.id, goods.id)

    (line,) = (await carts.get_cart(session, user.id)).lines
    assert (line.card.id, line.quantity, line.is_select) == (goods.id, 1, True)
    assert line.seen_price_fen == goods.price_fen


async def test_one_more_is_one_statement_and_remembers_todays_price(
    session: AsyncSession, user: User, goods: Goods, count_queries: Callable[[], int]
) -> None:
    await put(session, user, goods, 2, is_select=False, seen=1)
    count_queries()

    await changes.add_goods(session, user.id, goods.id)

    assert count_queries() == 1
    (line,) = (await carts.get_cart(session, user.id)).lines
    assert (line.quantity, line.is_select, line.price_changed) == (3, False, False)


async def test_more_than_what_is_left_is_refused(session: AsyncSession, user: User) -> None:
    goods = await make_goods(session, stock=2)
    await put(session, user, goods, 2)

    with pytest.raises(OutOfStock) as refusal:
        await changes.add_goods(session, user.id, goods.id)

    assert refusal.value.params == {"left": 2, "name": Words("红富士苹果", "Fuji apple")}
    assert await quantities(session, user) == {goods.id: 2}


async def test_what_belongs_to_orders_is_not_left(session: AsyncSession, user: User) -> None:
    goods = await make_goods(session, stock=3)
    await session.execute(update(Stock).where(Stock.goods_id == goods.id).values(allocated=2))
    await changes.add_goods(session, user.id, goods.id)

    with pytest.raises(OutOfStock):
        await changes.add_goods(session, user.id, goods.id)


async def test_several_are_put_in_whole_or_not_at_all(session: AsyncSession, user: User) -> None:
    goods = await make_goods(session, stock=5)

    await changes.add_goods(session, user.id, goods.id, 3)
    with pytest.raises(OutOfStock):
        await changes.add_goods(session, user.id, goods.id, 3)

    assert await quantities(session, user) == {goods.id: 3}


async def test_ninety_nine_of_one_good_is_the_most(session: AsyncSession, user: User) -> None:
    goods = await make_goods(session, stock=1000)
    await put(session, user, goods, 98)

    await changes.add_goods(session, user.id, goods.id)
    with pytest.raises(Conflict) as refusal:
        await changes.add_goods(session, user.id, goods.id)

    assert (refusal.value.code, refusal.value.params) == ("conflict", {"most": 99})
    assert await quantities(session, user) == {goods.id: 99}


async def test_a_cart_holds_only_so_many_lines(
    session: AsyncSession, user: User, goods: Goods, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_LINES", 2)
    first, second = await make_goods(session), await make_goods(session)
    await put(session, user, first)
    await put(session, user, second)

    for refused in (
        changes.add_goods(session, user.id, goods.id),
        changes.restore_line(session, user.id, goods.id, 3, True),
    ):
        with pytest.raises(Conflict) as refusal:
            await refused
        assert refusal.value.params == {"most": 2}
    await changes.add_goods(session, user.id, first.id)

    assert await quantities(session, user) == {first.id: 2, second.id: 1}


async def test_goods_off_sale_and_unknown_goods_are_not_found(
    session: AsyncSession, user: User
) -> None:
    off_sale = await make_goods(session, on_sale=False)
    await put(session, user, off_sale)

    for goods_id in (off_sale.id, 10**12):
        with pytest.raises(NotFound):
            await changes.add_goods(session, user.id, goods_id)

    assert await quantities(session, user) == {off_sale.id: 1}


async def test_the_last_piece_takes_the_line_with_it(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    await put(session, user, goods, 2)

    await changes.take_goods(session, user.id, goods.id)
    assert await quantities(session, user) == {goods.id: 1}
    await changes.take_goods(session, user.id, goods.id)
    assert await quantities(session, user) == {}


async def test_less_than_nothing_is_nothing(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    await changes.take_goods(session, user.id, goods.id)

    assert await quantities(session, user) == {}
    with pytest.raises(NotFound):
        await changes.take_goods(session, user.id, 10**12)


async def test_goods_that_are_gone_can_still_be_taken_out(
    session: AsyncSession, user: User
) -> None:
    goods = await make_goods(session, stock=0, on_sale=False)
    await put(session, user, goods, 2)

    await changes.take_goods(session, user.id, goods.id)

    assert await quantities(session, user) == {goods.id: 1}


async def test_a_line_can_be_reduced_to_what_is_left(session: AsyncSession, user: User) -> None:
    goods = await make_goods(session, stock=2)
    await put(session, user, goods, 5)

    await changes.take_what_is_left(session, user.id, goods.id)

    assert await quantities(session, user) == {goods.id: 2}


async def test_a_line_with_enough_left_is_not_reduced(session: AsyncSession, user: User) -> None:
    plenty, sold_out = await make_goods(session, stock=9), await make_goods(session, stock=0)
    await put(session, user, plenty, 5)
    await put(session, user, sold_out, 5)

    await changes.take_what_is_left(session, user.id, plenty.id)
    await changes.take_what_is_left(session, user.id, sold_out.id)

    assert await quantities(session, user) == {plenty.id: 5, sold_out.id: 5}


async def test_a_removed_line_can_be_brought_back(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    await put(session, user, goods, 4, is_select=False)

    removed = await changes.remove_line(session, user.id, goods.id)
    assert removed is not None
    assert await quantities(session, user) == {}
    await changes.restore_line(session, user.id, goods.id, removed.quantity, removed.is_select)

    (line,) = (await carts.get_cart(session, user.id)).lines
    assert (line.quantity, line.is_select) == (4, False)


async def test_bringing_back_twice_changes_nothing(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    await put(session, user, goods, 1)

    await changes.restore_line(session, user.id, goods.id, 4, True)

    assert await quantities(session, user) == {goods.id: 1}


async def test_a_line_is_selected_to_a_stated_end(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    await put(session, user, goods)

    for _ in range(2):
        await changes.select_line(session, user.id, goods.id, False)

    assert not (await carts.get_cart(session, user.id)).lines[0].is_select


async def test_all_lines_are_selected_together(session: AsyncSession, user: User) -> None:
    await put(session, user, await make_goods(session), is_select=False)
    await put(session, user, await make_goods(session))
    assert not (await carts.get_cart(session, user.id)).all_selected

    await changes.select_all(session, user.id, True)

    assert (await carts.get_cart(session, user.id)).all_selected


async def test_clearing_takes_out_only_what_is_gone(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    await put(session, user, goods)
    await put(session, user, await make_goods(session, stock=0))
    await put(session, user, await make_goods(session, on_sale=False))

    assert await changes.clear_gone(session, user.id) == 2

    assert await quantities(session, user) == {goods.id: 1}


async def test_nobody_changes_another_shoppers_cart(
    session: AsyncSession, user: User, other: User
) -> None:
    goods = await make_goods(session, stock=2)
    gone = await make_goods(session, stock=0)
    await put(session, other, goods, 5)
    await put(session, other, gone, 1)

    await changes.take_goods(session, user.id, goods.id)
    await changes.select_all(session, user.id, False)
    await changes.clear_gone(session, user.id)
    assert await changes.remove_line(session, user.id, goods.id) is None
    with pytest.raises(NotFound):
        await changes.take_what_is_left(session, user.id, goods.id)
    with pytest.raises(NotFound):
        await changes.select_line(session, user.id, goods.id, False)

    assert await quantities(session, other) == {goods.id: 5, gone.id: 1}
    assert all(line.is_select for line in (await carts.get_cart(session, other.id)).lines)


async def test_add_ons_each_close_the_gap_cheapest_first(session: AsyncSession, user: User) -> None:
    in_cart = await make_goods(session, price=500)
    dear, near = await make_goods(session, price=900), await make_goods(session, price=300)
    await make_goods(session, price=299)
    await make_goods(session, price=400, stock=0)
    await make_goods(session, price=400, on_sale=False)
    await put(session, user, in_cart)

    cards = await list_add_ons(session, await carts.get_cart(session, user.id), 300)

    assert [card.id for card in cards] == [near.id, dear.id]
