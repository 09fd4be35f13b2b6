"""The cart's rules: what counts, what is refused, and what stays as it was."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import CartLine, Goods, User
from app.services import cart as carts
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
