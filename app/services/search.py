"""Search: the tokens that find a good, written with it, and the look-up of what was typed."""

from collections.abc import Iterable

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import GoodsToken
from app.services.search_tokens import tokens_of

BATCH = 500


async def index_goods(session: AsyncSession, goods: Iterable[tuple[int, str, str]]) -> None:
    """Rewrite the tokens of goods given as (id, name_zh, name_en).

    Call it in the transaction that adds or renames them.
    """
    names = list(goods)
    for start in range(0, len(names), BATCH):
        await _rewrite_tokens(session, names[start : start + BATCH])


async def _rewrite_tokens(session: AsyncSession, names: list[tuple[int, str, str]]) -> None:
    goods_ids = [goods_id for goods_id, _, _ in names]
    # The table is kept in the order of its tokens; inserting in that order is the quickest.
    pairs = sorted((token, id_) for id_, zh, en in names for token in tokens_of(zh, en))
    await session.execute(
        delete(GoodsToken).where(GoodsToken.goods_id.in_(goods_ids)),
        execution_options={"synchronize_session": False},
    )
    if pairs:
        rows = [{"token": token, "goods_id": goods_id} for token, goods_id in pairs]
        await session.execute(insert(GoodsToken.__table__), rows)  # type: ignore[arg-type]
