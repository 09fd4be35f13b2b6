"""Search: the tokens that find a good, written with it, and the look-up of what was typed."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import FoodType, Goods, GoodsToken
from app.services.catalogue import Columns, GoodsCard, list_cards, select_cards
from app.services.search_tokens import LONGEST_QUERY, Term, near_terms_of, terms_of, tokens_of
from app.services.viewer import seen_by

BATCH = 500
MOST_FOUND = 60
SUGGESTED = 12
POPULAR_TYPES = 8
FEW_TERMS = 5  # a word of three characters


@dataclass(frozen=True, slots=True)
class TypeLink:
    """A food type to go on with."""

    number: int
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was found for `text`, or what is offered when nothing was.

    `kind` says which: goods with all that was typed, similar ones, or what sells best. `types`
    are ways to go on, only given when nothing was found.
    """

    text: str
    kind: Literal["found", "similar", "popular"]
    cards: list[GoodsCard]
    has_more: bool
    types: list[TypeLink]


async def search(session: AsyncSession, text: str, viewer: int | None = None) -> SearchResult:
    """Goods on sale that have everything that was typed; never a dead end."""
    text = _shown(text)
    terms = terms_of(text)
    if terms:
        cards = await list_cards(session, _select_matches(terms), viewer)
        if cards:
            has_more = len(cards) > MOST_FOUND
            return SearchResult(text, "found", cards[:MOST_FOUND], has_more, [])
    return await _suggest(session, text, viewer)


def _shown(text: str) -> str:
    """What was typed, short enough and without what cannot be seen."""
    seen = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in text[:1000])
    return " ".join(seen.split())[:LONGEST_QUERY].strip()


def _select_matches(terms: list[Term]) -> Columns:
    matches = (
        select(GoodsToken.goods_id)
        .where(or_(*map(_has, terms)))
        .group_by(GoodsToken.goods_id)
        .having(and_(*(_count(term) > 0 for term in terms)))
        .subquery()
    )
    return (
        select_cards()
        .join(matches, matches.c.goods_id == Goods.id)
        .where(Goods.on_sale)
        .order_by(Goods.sales.desc(), Goods.id)
        .limit(MOST_FOUND + 1)
    )


def _has(term: Term) -> ColumnElement[bool]:
    """The token begins as one of the term's ways to write it.

    As a range: unlike LIKE it has no wildcards, and both databases use the index for it.
    """
    return or_(
        *(
            and_(GoodsToken.token >= start, GoodsToken.token < start[:-1] + chr(ord(start[-1]) + 1))
            for start in term
        )
    )


def _count(term: Term) -> ColumnElement[int]:
    return func.max(case((_has(term), 1), else_=0))


async def _suggest(session: AsyncSession, text: str, viewer: int | None) -> SearchResult:
    """Similar goods or, where there are none, what sells best; and the food types."""
    terms = near_terms_of(text)
    rows = (await session.execute(_select_suggestions(terms), seen_by(viewer))).all()
    types = await _list_types(session)
    # One character in common is something for a short word and chance for a long one.
    least = 1 if len(terms) <= FEW_TERMS else 2
    enough = max(least, (rows[0][-1] + 1) // 2) if rows else least
    near = [GoodsCard(*row[:-1]) for row in rows if row[-1] >= enough]
    if near:
        return SearchResult(text, "similar", near, False, types)
    return SearchResult(text, "popular", [GoodsCard(*row[:-1]) for row in rows], False, types)


def _select_suggestions(terms: list[Term]) -> Columns:
    """Cards, and after them how much of the query their name shares."""
    near = (
        select(GoodsToken.goods_id, sum(map(_count, terms), func.max(0)).label("shared"))
        .where(or_(False, *map(_has, terms)))
        .group_by(GoodsToken.goods_id)
        .subquery()
    )
    shared = func.coalesce(near.c.shared, 0)
    return (
        select_cards()
        .add_columns(shared)
        .outerjoin(near, near.c.goods_id == Goods.id)
        .where(Goods.on_sale)
        .order_by(shared.desc(), Goods.sales.desc(), Goods.id)
        .limit(SUGGESTED)
    )


async def _list_types(session: AsyncSession) -> list[TypeLink]:
    has_goods = select(Goods.id).where(Goods.type_id == FoodType.id, Goods.on_sale).exists()
    rows = await session.execute(
        select(FoodType.number, FoodType.name_zh, FoodType.name_en)
        .where(has_goods)
        .order_by(FoodType.position, FoodType.id)
        .limit(POPULAR_TYPES)
    )
    return [TypeLink(*row) for row in rows]


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
