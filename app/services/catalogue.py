"""What is on sale, as lists and cards show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import N_
from app.models import Goods, Stock

LOW_STOCK = 5

_STORAGE_TAGS = {
    "冷藏": (N_("Chilled"), "fresh"),
    "冷冻": (N_("Frozen"), "fresh"),
}


@dataclass(frozen=True, slots=True)
class GoodsCard:
    """A good as every list shows it. `left` is what can still be sold; prices are fen."""

    id: int
    name_zh: str
    name_en: str
    spec: str
    price_fen: int
    market_price_fen: int
    unit_price_fen: int
    unit_price_per: str
    sales: int
    picture: str
    tint: str
    storage: str
    min_age: int
    on_sale: bool
    left: int

    @property
    def sold_out(self) -> bool:
        return self.left <= 0 or not self.on_sale

    @property
    def tags(self) -> list[tuple[str, str]]:
        """(English source text, tone) of each tag."""
        tags = [_STORAGE_TAGS[self.storage]] if self.storage in _STORAGE_TAGS else []
        if self.min_age:
            tags.append((N_("Adults only"), "danger"))
        if 0 < self.left <= LOW_STOCK:
            tags.append((N_("Nearly gone"), "danger"))
        return tags


Columns = Select[*tuple[Any, ...]]  # Any: SQLAlchemy's own type of a row of many columns


def select_cards() -> Columns:
    """The columns of GoodsCard, in its order; add WHERE, ORDER BY and LIMIT."""
    return select(
        Goods.id,
        Goods.name_zh,
        Goods.name_en,
        Goods.spec,
        Goods.price_fen,
        Goods.market_price_fen,
        Goods.unit_price_fen,
        Goods.unit_price_per,
        Goods.sales,
        Goods.picture,
        Goods.tint,
        Goods.storage,
        Goods.min_age,
        Goods.on_sale,
        (Stock.on_hand - Stock.allocated).label("left"),
    ).join(Stock, Stock.goods_id == Goods.id)


async def list_cards(session: AsyncSession, query: Columns) -> list[GoodsCard]:
    """Run a query made from `select_cards`."""
    return [GoodsCard(*row) for row in await session.execute(query)]


async def list_cards_of(session: AsyncSession, goods_ids: Iterable[int]) -> dict[int, GoodsCard]:
    """The cards of these goods by id, also of those no longer on sale."""
    cards = await list_cards(session, select_cards().where(Goods.id.in_(list(goods_ids))))
    return {card.id: card for card in cards}
