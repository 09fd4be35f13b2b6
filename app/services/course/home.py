"""Writing the course's blocks of the home page."""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import FoodType, Goods, HomeBlock, HomeBlockGoods
from app.services.course.pictures import picture_of
from app.services.course.report import Tally
from app.services.course.rows import TABLES, BlockRow
from app.services.course.types import Shelf
from app.services.course.words import english_of


async def write_blocks(
    session: AsyncSession,
    rows: Sequence[BlockRow],
    shelves: Mapping[int, Shelf],
    tallies: Mapping[str, Tally],
) -> None:
    """Bring the blocks to what the file says.

    They are added to the home page, which may show a shop already: new blocks stand after the
    others of their kind. Their order, and whether they are shown, then belong to the shop.
    """
    known = await _list_known(session, rows)
    products = await _find_products(session, rows)
    last = await _last_positions(session)
    for row in rows:
        block = known.get(row.key)
        is_new = block is None
        if block is None:
            last[row.kind] = last.get(row.kind, 0) + 1
            block = _new_block(row, last[row.kind])
            session.add(block)
        is_changed = _update(block, row, row.type_number if row.type_number in shelves else 0)
        await session.flush()
        wanted = [goods_id for key in _keys(row) if (goods_id := products.get(key))]
        is_changed |= await _show_goods(session, block.id, wanted)
        tallies[TABLES[row.kind]].count(is_new=is_new, is_changed=is_changed)


async def _list_known(
    session: AsyncSession, rows: Sequence[BlockRow]
) -> dict[tuple[str, str], HomeBlock]:
    blocks = await session.scalars(
        select(HomeBlock).where(HomeBlock.source_key.in_([row.source_key for row in rows]))
    )
    return {(block.kind, block.source_key): block for block in blocks}


def _update(block: HomeBlock, row: BlockRow, link_type: int) -> bool:
    if (block.link_type, block.text_zh) == (link_type, row.text):
        return False
    block.link_type = link_type
    block.text_zh, block.text_en = row.text, english_of(row.text)
    return True


def _keys(row: BlockRow) -> list[tuple[int, str]]:
    return [(row.type_number, product) for product in row.products]


async def _find_products(
    session: AsyncSession, rows: Sequence[BlockRow]
) -> dict[tuple[int, str], int]:
    """Goods ids by type number and product number."""
    wanted = {key for row in rows for key in _keys(row)}
    found = await session.execute(
        select(FoodType.number, Goods.product_no, Goods.id)
        .join(Goods, Goods.type_id == FoodType.id)
        .where(
            FoodType.number.in_({number for number, _ in wanted}),
            Goods.product_no.in_({product for _, product in wanted}),
        )
    )
    return {(number, product): goods_id for number, product, goods_id in found}


async def _last_positions(session: AsyncSession) -> dict[str, int]:
    query = select(HomeBlock.kind, func.max(HomeBlock.position)).group_by(HomeBlock.kind)
    return dict((await session.execute(query)).all())


def _new_block(row: BlockRow, position: int) -> HomeBlock:
    picture, tint = picture_of(row.title)
    return HomeBlock(
        kind=row.kind,
        source_key=row.source_key,
        position=position,
        track_no=row.track_no,
        title_zh=row.title,
        title_en=english_of(row.title),
        text_zh="",
        text_en="",
        pictures=picture,
        tint=tint,
        link_type=0,
    )


async def _show_goods(session: AsyncSession, block_id: int, wanted: list[int]) -> bool:
    """Put these goods into the block; True when there were others before."""
    query = (
        select(HomeBlockGoods.goods_id)
        .where(HomeBlockGoods.block_id == block_id)
        .order_by(HomeBlockGoods.position)
    )
    if list(await session.scalars(query)) == wanted:
        return False
    await session.execute(delete(HomeBlockGoods).where(HomeBlockGoods.block_id == block_id))
    if wanted:
        places = enumerate(wanted, start=1)
        await session.execute(
            insert(HomeBlockGoods),
            [{"block_id": block_id, "position": n, "goods_id": id_} for n, id_ in places],
        )
    return True
