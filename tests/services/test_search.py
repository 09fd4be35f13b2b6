"""The tokens by which goods are found, and the search itself."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import FoodType, Goods, GoodsToken
from app.services.search import MOST_FOUND, SearchResult, index_goods, search
from app.services.search_tokens import LONGEST_TOKEN, tokens_of
from tests.factories import make_goods, make_type


async def make_found(
    session: AsyncSession,
    name: str,
    name_en: str = "",
    *,
    sales: int = 0,
    on_sale: bool = True,
    food_type: FoodType | None = None,
) -> Goods:
    """A good with its tokens."""
    goods = await make_goods(
        session, name=name, name_en=name_en, sales=sales, on_sale=on_sale, food_type=food_type
    )
    await index_goods(session, [(goods.id, name, name_en)])
    return goods


def ids_of(result: SearchResult) -> list[int]:
    return [card.id for card in result.cards]


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


@pytest.mark.parametrize(
    "text",
    [
        *("红富士苹果", "苹果", "果", "富士 苹果", "苹果 红富士", "apple 苹果"),
        *("pingguo", "pinggu", "hongfushi", "PINGGUO", "píngguǒ", "hfs", "pg", "hfspg"),
        *("fuji", "FUJI", "appl", "apples", "ｆｕｊｉ", "fuji-apple", "5斤"),
    ],
)
async def test_goods_are_found_by(session: AsyncSession, text: str) -> None:
    apple = await make_found(session, "红富士苹果5斤", "Fuji apples")
    await make_found(session, "梨", "Pear")

    result = await search(session, text)

    assert (result.kind, ids_of(result)) == ("found", [apple.id])


@pytest.mark.parametrize(
    "text", ["苹果梨", "苹果 pear", "uji", "士富", "ingguo", "%", "_", "苹_梨"]
)
async def test_goods_are_not_found_by(session: AsyncSession, text: str) -> None:
    await make_found(session, "红富士苹果", "Fuji apples")

    assert (await search(session, text)).kind != "found"


async def test_an_umlaut_is_typed_as_v(session: AsyncSession) -> None:
    tea = await make_found(session, "绿茶", "")

    assert ids_of(await search(session, "lvcha")) == [tea.id]
    assert ids_of(await search(session, "lǜchá")) == [tea.id]


async def test_what_sells_best_comes_first(session: AsyncSession) -> None:
    little, much = [await make_found(session, "苹果", sales=sales) for sales in (1, 9)]
    same = await make_found(session, "苹果", sales=1)

    assert ids_of(await search(session, "苹果")) == [much.id, little.id, same.id]


async def test_what_is_off_sale_is_not_found(session: AsyncSession) -> None:
    await make_found(session, "苹果", on_sale=False)

    result = await search(session, "苹果")

    assert (result.kind, result.cards) == ("popular", [])


async def test_no_more_than_a_page_is_found(session: AsyncSession) -> None:
    kind = await make_type(session)
    for _ in range(MOST_FOUND + 1):
        await make_found(session, "苹果", food_type=kind)

    result = await search(session, "苹果")

    assert (len(result.cards), result.has_more) == (MOST_FOUND, True)


async def test_similar_goods_are_offered_nearest_first(session: AsyncSession) -> None:
    near = await make_found(session, "苹果绿茶", sales=1)
    nearer = await make_found(session, "苹果醋")
    far = await make_found(session, "果冻", sales=99)

    result = await search(session, "苹果醋饮")

    assert (result.kind, ids_of(result)) == ("similar", [nearer.id, near.id])
    assert ids_of(await search(session, "青果")) == [far.id, near.id, nearer.id]


async def test_one_character_of_many_is_not_similar(session: AsyncSession) -> None:
    await make_found(session, "纸巾三层")

    assert (await search(session, "榴莲千层")).kind == "popular"


async def test_a_slip_of_the_finger_finds_similar_goods(session: AsyncSession) -> None:
    berry = await make_found(session, "草莓", "Strawberry")

    assert ids_of(await search(session, "strawbery")) == [berry.id]
    assert ids_of(await search(session, "caomie")) == [berry.id]


async def test_the_best_sellers_are_offered_otherwise(session: AsyncSession) -> None:
    little, much = [await make_found(session, "苹果", sales=sales) for sales in (1, 9)]

    result = await search(session, "榴莲千层")

    assert (result.kind, ids_of(result)) == ("popular", [much.id, little.id])
    assert len(result.types) == 2


async def test_types_without_goods_are_no_way_to_go_on(session: AsyncSession) -> None:
    await make_type(session)
    await make_found(session, "苹果", on_sale=False)

    assert (await search(session, "")).types == []


@pytest.mark.parametrize(
    "text", ["", " \t\n", "\x00\x07", "😀" * 99, "\ud800", "\u202e", "苹" * 10_000, "a b " * 5_000]
)
async def test_strange_texts_are_no_error(session: AsyncSession, text: str) -> None:
    goods = await make_found(session, "牛奶")

    result = await search(session, text)

    assert ids_of(result) == [goods.id]
    assert len(result.text) <= 60
    assert result.text.isprintable()
