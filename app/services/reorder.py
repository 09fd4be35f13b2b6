"""Order again: what is still sold of an earlier order goes into the cart."""

from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.models import CartLine, Goods, Order, OrderLine, Stock
from app.models.cart import MOST_OF_ONE
from app.services.cart_changes import add_goods
from app.services.order_queries import Columns


@dataclass(frozen=True, slots=True)
class Earlier:
    """A line of the earlier order, and how much of the good there is now."""

    goods_id: int
    name_zh: str
    name_en: str
    spec: str
    picture: str
    tint: str
    quantity: int
    on_sale: bool
    left: int
    in_cart: int

    @property
    def fitting(self) -> int:
        """How many pieces go into the cart beside those that are there."""
        room = min(self.left, MOST_OF_ONE) - self.in_cart
        return max(0, min(self.quantity, room)) if self.on_sale else 0

    @property
    def is_gone(self) -> bool:
        return not self.on_sale or self.left <= 0

    @property
    def is_missing(self) -> bool:
        """Fewer are in the cart than were ordered then."""
        return self.in_cart < self.quantity


async def order_again(session: AsyncSession, user_id: int, no: str) -> bool:
    """Fill the cart; False when not all of it was to be had."""
    lines = await list_earlier(session, user_id, no)
    for line in sorted(lines, key=lambda line: line.goods_id):
        if line.fitting:
            await add_goods(session, user_id, line.goods_id, line.fitting)
    return all(line.fitting == line.quantity for line in lines)


async def list_earlier(session: AsyncSession, user_id: int, no: str) -> list[Earlier]:
    """The lines of one's own order as they could be bought now. Raises NotFound without any."""
    in_cart = and_(CartLine.goods_id == OrderLine.goods_id, CartLine.user_id == user_id)
    query: Columns = (
        select(
            OrderLine.goods_id,
            OrderLine.name_zh,
            OrderLine.name_en,
            OrderLine.spec,
            OrderLine.picture,
            OrderLine.tint,
            OrderLine.quantity,
            Goods.on_sale,
            Stock.on_hand - Stock.allocated,
            func.coalesce(CartLine.quantity, 0),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .join(Goods, Goods.id == OrderLine.goods_id)
        .join(Stock, Stock.goods_id == OrderLine.goods_id)
        .outerjoin(CartLine, in_cart)
        .where(Order.user_id == user_id, Order.no == no)
        .order_by(OrderLine.id)
    )
    lines = [Earlier(*row) for row in await session.execute(query)]
    if not lines:
        raise NotFound
    return lines
