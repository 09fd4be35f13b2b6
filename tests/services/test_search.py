"""The tokens by which goods are found, and the search itself."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, GoodsToken
from app.services.search import index_goods
from app.services.search_tokens import LONGEST_TOKEN, tokens_of
from tests.factories import make_goods


async def make_found(session: AsyncSession, name: str, name_en: str = "", **more: int) -> Goods:
    """A good with its tokens."""
    goods = await make_goods(session, name=name, name_en=name_en, **more)  # type: ignore[arg-type]
    await index_goods(session, [(goods.id, name, name_en)])
    return goods


def test_a_name_gives_pairs_pinyin_initials_and_words() -> None:
    tokens = tokens_of("苹果NFC汁", "Apple juice")

    assert tokens == {
        *("c:苹果", "c:果", "c:汁"),
        *("p:pingguo", "p:guo", "p:zhi"),
        *("i:pg", "i:g", "i:z"),
        *("w:nfc", "w:apple", "w:juice"),
    }


@pytest.mark.parametrize("name", ["", " ", "😀🍎", "%_\\", "·-/()", "\x00"])
def test_a_name_without_letters_gives_no_token(name: str) -> None:
    assert tokens_of(name, "") == set()


def test_tokens_fit_the_column() -> None:
    assert max(map(len, tokens_of("壮" * 80, "x" * 120))) == LONGEST_TOKEN


def test_a_character_without_pinyin_is_no_obstacle() -> None:
    assert {"c:辻利", "p:li", "c:㐂㐂"} <= tokens_of("辻利 㐂㐂", "")


async def test_indexing_again_replaces_the_tokens(session: AsyncSession) -> None:
    goods = await make_found(session, "苹果")

    await index_goods(session, [(goods.id, "梨", "")])

    tokens = await session.scalars(select(GoodsToken.token).where(GoodsToken.goods_id == goods.id))
    assert set(tokens) == {"c:梨", "p:li", "i:l"}


async def test_nothing_to_index_is_fine(session: AsyncSession) -> None:
    await index_goods(session, [])

    assert await session.scalar(select(func.count()).select_from(GoodsToken)) == 0
