"""The home page: its blocks, and the goods of its main shows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CompoundSelect, and_, bindparam, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import ChildType, FoodType, Goods, HomeBlock, HomeBlockGoods, Stock
from app.services.catalogue import CARD_WIDTH, Columns, GoodsCard, select_cards
from app.services.flash_prices import is_offered, running
from app.services.viewer import normal_price, seen_by

MOST_BLOCKS = 200
MOST_GOODS = 400
GOODS_OF_A_SHOW = 8
_PLAIN_PICTURE = "1f9fa"
# Stands for a block's id where the goods of a flash sale are listed beside those of the shows.
_FLASH = 0


@dataclass(frozen=True, slots=True)
class Block:
    """A banner, a nav entry, a tile, a shop or a main show. `href` always leads somewhere."""

    id: int
    kind: str
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    pictures: tuple[str, ...]
    tint: str
    href: str
    price_fen: int | None
    goods: tuple[GoodsCard, ...] = ()


@dataclass(slots=True)
class Home:
    """The blocks of each kind in their order; one that has none is not shown.

    `flash` is what can be bought in a flash sale now, first what ends first.
    """

    banner: list[Block] = field(default_factory=list)
    nav: list[Block] = field(default_factory=list)
    mustbuy: list[Block] = field(default_factory=list)
    shop: list[Block] = field(default_factory=list)
    mainshow: list[Block] = field(default_factory=list)
    flash: tuple[GoodsCard, ...] = ()

    @property
    def is_empty(self) -> bool:
        blocks = self.banner or self.nav or self.mustbuy or self.shop or self.mainshow
        return not (blocks or self.flash)


async def get_home(session: AsyncSession, viewer: int | None = None) -> Home:
    """What is shown now, in two statements."""
    rows = (await session.execute(_select_blocks(), seen_by(viewer))).all()
    shows = [row.id for row in rows if row.kind == "mainshow"]
    goods = await _list_goods(session, shows, viewer)
    home = Home(flash=goods.get(_FLASH, ()))
    for row in rows:
        block = _make_block(row, goods.get(row.id, ()))
        getattr(home, block.kind).append(block)
    return home


def _select_blocks() -> Columns:
    # The joins find out what became of the places that the blocks lead to.
    return (
        select(
            HomeBlock.id,
            HomeBlock.kind,
            HomeBlock.title_zh,
            HomeBlock.title_en,
            HomeBlock.text_zh,
            HomeBlock.text_en,
            HomeBlock.pictures,
            HomeBlock.tint,
            FoodType.number.label("type_number"),
            ChildType.number.label("child_number"),
            Goods.id.label("goods_id"),
            func.coalesce(running.c.price_fen, normal_price).label("price_fen"),
        )
        .outerjoin(FoodType, FoodType.number == HomeBlock.link_type)
        .outerjoin(
            ChildType,
            and_(ChildType.type_id == FoodType.id, ChildType.number == HomeBlock.link_child),
        )
        .outerjoin(Goods, and_(Goods.id == HomeBlock.link_goods_id, Goods.on_sale))
        .outerjoin(running, is_offered)
        .where(HomeBlock.is_shown)
        .order_by(HomeBlock.kind, HomeBlock.position, HomeBlock.id)
        .limit(MOST_BLOCKS)
    )


def _select_goods() -> CompoundSelect[Any]:  # Any: as in Columns
    """The goods of `shows` and those of a flash sale, in one statement."""
    of_shows = (
        select_cards()
        .add_columns(HomeBlockGoods.block_id, HomeBlockGoods.position.label("position"))
        .join(HomeBlockGoods, HomeBlockGoods.goods_id == Goods.id)
        .where(HomeBlockGoods.block_id.in_(bindparam("shows", expanding=True)), Goods.on_sale)
        .order_by(HomeBlockGoods.block_id, HomeBlockGoods.position)
        .limit(MOST_GOODS)
    )
    of_flash = (
        select_cards()
        .add_columns(literal(_FLASH).label("block_id"), running.c.item_id.label("position"))
        .where(running.c.item_id.is_not(None), Goods.on_sale, Stock.on_hand > Stock.allocated)
        .order_by(running.c.ends_at, running.c.item_id)
        .limit(GOODS_OF_A_SHOW)
    )
    return union_all(*(select(part.subquery()) for part in (of_shows, of_flash)))


_GOODS = _select_goods()


async def _list_goods(
    session: AsyncSession, shows: Iterable[int], viewer: int | None
) -> dict[int, tuple[GoodsCard, ...]]:
    """What is on sale of each show's goods, in the show's order, and of a flash sale's."""
    rows = await session.execute(_GOODS, {"shows": list(shows), **seen_by(viewer)})
    goods: dict[int, list[GoodsCard]] = defaultdict(list)
    for row in sorted(rows, key=_place_of):
        goods[row.block_id].append(GoodsCard(*row[:CARD_WIDTH]))
    return {block_id: tuple(cards[:GOODS_OF_A_SHOW]) for block_id, cards in goods.items()}


def _place_of(row: Any) -> tuple[Any, ...]:  # Any: a row of _GOODS
    """By block; goods of a flash sale by its end, those of a show as they were put in."""
    ends_at = row.flash_ends_at if row.block_id == _FLASH else None
    return (row.block_id, ends_at, row.position)


def _make_block(row: Any, goods: tuple[GoodsCard, ...]) -> Block:  # Any: a row of _select_blocks
    return Block(
        id=row.id,
        kind=row.kind,
        title_zh=row.title_zh,
        title_en=row.title_en,
        text_zh=row.text_zh,
        text_en=row.text_en,
        pictures=tuple(row.pictures.split()) or (_PLAIN_PICTURE,),
        tint=row.tint,
        href=_address(row.goods_id, row.type_number, row.child_number),
        price_fen=row.price_fen,
        goods=goods,
    )


def _address(goods_id: int | None, type_number: int | None, child_number: int | None) -> str:
    if goods_id is not None:
        address = f"/axf/goods/{goods_id}/"
    elif type_number is not None:
        address = f"/axf/market/{type_number}/{child_number or 0}/0/"
    else:
        address = "/axf/market/"
    return address
