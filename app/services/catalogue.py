"""What is on sale, as lists and cards show it."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import N_, NotFound
from app.models import ChildType, FoodType, Goods, Stock
from app.services.flash_prices import is_offered, running
from app.services.viewer import pays_member_price, seen_by

LOW_STOCK = 5
MOST_SIMILAR = 8

_STORAGE_WORDS = {
    "冷藏": N_("Chilled"),
    "冷冻": N_("Frozen"),
    "常温": N_("Room temperature"),
}
_STORAGE_TAGS = {
    "冷藏": (_STORAGE_WORDS["冷藏"], "fresh"),
    "冷冻": (_STORAGE_WORDS["冷冻"], "fresh"),
}


@dataclass(frozen=True, slots=True)
class GoodsCard:
    """A good as every list shows it. `left` is what can still be sold; prices are fen.

    While a flash sale runs and has some left, `flash_item_id` is set; otherwise it is None.
    `member_price_fen` is 0 when members pay what everybody pays; `pays_member` is about who looks.
    """

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
    flash_item_id: int | None = None
    flash_price_fen: int = 0
    flash_left: int = 0
    flash_per_user: int = 0
    flash_ends_at: datetime | None = None
    member_price_fen: int = 0
    pays_member: bool = False

    @property
    def sold_out(self) -> bool:
        return self.left <= 0 or not self.on_sale

    @property
    def is_flash(self) -> bool:
        return self.flash_item_id is not None

    @property
    def normal_fen(self) -> int:
        """What the viewer pays without a flash sale."""
        return self.member_price_fen if self.pays_member else self.price_fen

    @property
    def now_fen(self) -> int:
        return self.flash_price_fen if self.is_flash else self.normal_fen

    @property
    def unit_price_now_fen(self) -> int:
        """The price by weight or volume at what the good costs now; only to be shown."""
        return (2 * self.unit_price_fen * self.now_fen + self.price_fen) // (2 * self.price_fen)

    @property
    def tags(self) -> list[tuple[str, str]]:
        """(English source text, tone) of each tag."""
        tags = [_STORAGE_TAGS[self.storage]] if self.storage in _STORAGE_TAGS else []
        if self.min_age:
            tags.append((N_("Adults only"), "danger"))
        if 0 < self.left <= LOW_STOCK:
            tags.append((N_("Nearly gone"), "danger"))
        return tags


# How many of a row's first columns make the card, when a query adds its own behind them.
CARD_WIDTH = len(fields(GoodsCard))

Columns = Select[*tuple[Any, ...]]  # Any: SQLAlchemy's own type of a row of many columns


_CARDS: Columns = (
    select(
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
        running.c.item_id.label("flash_item_id"),
        func.coalesce(running.c.price_fen, 0).label("flash_price_fen"),
        func.coalesce(running.c.left, 0).label("flash_left"),
        func.coalesce(running.c.per_user, 0).label("flash_per_user"),
        running.c.ends_at.label("flash_ends_at"),
        case((Goods.member_price_fen < Goods.price_fen, Goods.member_price_fen), else_=0).label(
            "member_price_fen"
        ),
        pays_member_price.label("pays_member"),
    )
    .join(Stock, Stock.goods_id == Goods.id)
    .outerjoin(running, is_offered)
)


def select_cards() -> Columns:
    """The columns of GoodsCard, in its order; add WHERE, ORDER BY and LIMIT."""
    return _CARDS


async def list_cards(
    session: AsyncSession, query: Columns, viewer: int | None = None
) -> list[GoodsCard]:
    """Run a query made from `select_cards`, for the shopper who looks."""
    return [GoodsCard(*row) for row in await session.execute(query, seen_by(viewer))]


async def list_cards_of(
    session: AsyncSession, goods_ids: Iterable[int], viewer: int | None = None
) -> dict[int, GoodsCard]:
    """The cards of these goods by id, also of those no longer on sale."""
    query = select_cards().where(Goods.id.in_(list(goods_ids)))
    cards = await list_cards(session, query, viewer)
    return {card.id: card for card in cards}


@dataclass(frozen=True, slots=True)
class GoodsDetail:
    """A good as its own page shows it. Facts that are not known are empty or 0."""

    card: GoodsCard
    origin: str
    life_days: int
    type_id: int
    type_number: int
    type_zh: str
    type_en: str
    child_id: int | None
    child_number: int | None
    child_zh: str | None
    child_en: str | None

    @property
    def storage(self) -> str:
        """How to keep it, as an English source text; unknown words stay as they are."""
        return _STORAGE_WORDS.get(self.card.storage, self.card.storage)


async def get_goods(session: AsyncSession, goods_id: int, viewer: int | None = None) -> GoodsDetail:
    """A good that is on sale. Raises NotFound."""
    row = (
        await session.execute(
            select_cards()
            .add_columns(
                Goods.origin,
                Goods.life_days,
                Goods.type_id,
                FoodType.number,
                FoodType.name_zh,
                FoodType.name_en,
                Goods.child_id,
                ChildType.number,
                ChildType.name_zh,
                ChildType.name_en,
            )
            .join(FoodType, FoodType.id == Goods.type_id)
            .outerjoin(ChildType, ChildType.id == Goods.child_id)
            .where(Goods.id == goods_id, Goods.on_sale),
            seen_by(viewer),
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return GoodsDetail(GoodsCard(*row[:CARD_WIDTH]), *row[CARD_WIDTH:])


async def list_similar(
    session: AsyncSession, goods: GoodsDetail, viewer: int | None = None
) -> list[GoodsCard]:
    """What else of the same type can be bought: the same child first, then by sales."""
    same_child = case((Goods.child_id == goods.child_id, 0), else_=1)
    query = (
        select_cards()
        .where(
            Goods.type_id == goods.type_id,
            Goods.id != goods.card.id,
            Goods.on_sale,
            Stock.on_hand > Stock.allocated,
        )
        .order_by(same_child, Goods.sales.desc(), Goods.id)
        .limit(MOST_SIMILAR)
    )
    return await list_cards(session, query, viewer)
