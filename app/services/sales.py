"""How often goods were sold, counted when an order is paid."""

from sqlalchemy import case, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, OrderLine


async def count_sales(session: AsyncSession, order_id: int) -> None:
    await _count(session, order_id, 1)


async def uncount_sales(session: AsyncSession, order_id: int) -> None:
    """A paid order was called off: paying and cancelling must not make goods look popular."""
    await _count(session, order_id, -1)


async def _count(session: AsyncSession, order_id: int, sign: int) -> None:
    """In goods order; an import may have lowered the number, so it never falls below 0."""
    lines = await session.execute(
        select(OrderLine.goods_id, OrderLine.quantity)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.goods_id)
    )
    for goods_id, quantity in lines.all():
        sales = Goods.sales + sign * quantity
        await session.execute(
            update(Goods)
            .where(Goods.id == goods_id)
            .values(sales=case((sales < 0, 0), else_=sales), updated_at=Goods.updated_at),
            execution_options={"synchronize_session": False},
        )
