"""The demo shop's home page."""

from collections.abc import Mapping

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import HomeBlock, HomeBlockGoods
from app.services.demo.files import read_blocks
from app.services.demo.parts import DemoBlock


async def add_blocks(session: AsyncSession, goods_ids: Mapping[str, int]) -> int:
    """Add the blocks that are missing; returns how many.

    A kind of which the shop has blocks of its own is left as it is: two navs in one help nobody.
    """
    known = set(await session.execute(select(HomeBlock.kind, HomeBlock.source_key)))
    ours = {(block.kind, block.key) for block in read_blocks()}
    taken = {kind for kind, _ in known - ours}
    missing = [
        (position, block)
        for position, block in enumerate(read_blocks(), start=1)
        if (block.kind, block.key) not in known and block.kind not in taken
    ]
    if missing:
        await _insert_blocks(session, missing, goods_ids)
    return len(missing)


async def _insert_blocks(
    session: AsyncSession, blocks: list[tuple[int, DemoBlock]], goods_ids: Mapping[str, int]
) -> None:
    rows = [
        {
            "kind": block.kind,
            "source_key": block.key,
            "position": position,
            "title_zh": block.title_zh,
            "title_en": block.title_en,
            "text_zh": block.text_zh,
            "text_en": block.text_en,
            "pictures": block.pictures,
            "tint": block.tint,
            "link_type": block.link_type,
            "link_child": block.link_child,
            "link_goods_id": goods_ids[block.link_name] if block.link_name else None,
        }
        for position, block in blocks
    ]
    await session.execute(insert(HomeBlock), rows)
    await _insert_block_goods(session, [block for _, block in blocks], goods_ids)


async def _insert_block_goods(
    session: AsyncSession, blocks: list[DemoBlock], goods_ids: Mapping[str, int]
) -> None:
    found = await session.execute(select(HomeBlock.kind, HomeBlock.source_key, HomeBlock.id))
    block_ids = {(kind, key): block_id for kind, key, block_id in found}
    rows = [
        {
            "block_id": block_ids[block.kind, block.key],
            "position": position,
            "goods_id": goods_ids[name],
        }
        for block in blocks
        for position, name in enumerate(block.goods, start=1)
    ]
    if rows:
        await session.execute(insert(HomeBlockGoods), rows)
