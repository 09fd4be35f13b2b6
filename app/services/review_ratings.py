"""The stars of a good: how many visible reviews gave how many, moved with the reviews."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import upsert
from app.models import GoodsRating

STARS = (5, 4, 3, 2, 1)
GOOD_FROM = 4


@dataclass(frozen=True, slots=True)
class Marks:
    """What one visible review gives its good."""

    stars: int
    fresh: int


@dataclass(frozen=True, slots=True)
class Rating:
    """`numbers` are the visible reviews with 1, 2 … 5 stars."""

    numbers: tuple[int, int, int, int, int]
    fresh_sum: int

    @property
    def count(self) -> int:
        return sum(self.numbers)

    @property
    def average(self) -> str:
        """With one decimal; "0.0" when there is none."""
        return _one_decimal(sum(n * stars for stars, n in enumerate(self.numbers, 1)), self.count)

    @property
    def fresh(self) -> str:
        """The average freshness, with one decimal."""
        return _one_decimal(self.fresh_sum, self.count)

    @property
    def full_stars(self) -> int:
        """The average in whole stars, to be drawn."""
        return int(_rounded(sum(n * stars for stars, n in enumerate(self.numbers, 1)), self.count))

    @property
    def good_percent(self) -> int:
        return _rounded(100 * sum(self.numbers[GOOD_FROM - 1 :]), self.count)

    @property
    def bars(self) -> tuple[tuple[int, int, int], ...]:
        """(stars, how many, percent) from five stars down."""
        return tuple(
            (stars, n, _rounded(100 * n, self.count))
            for stars, n in ((stars, self.numbers[stars - 1]) for stars in STARS)
        )


NO_RATING = Rating((0, 0, 0, 0, 0), 0)


def _rounded(total: int, count: int) -> int:
    return (2 * total + count) // (2 * count) if count else 0


def _one_decimal(total: int, count: int) -> str:
    tenths = _rounded(10 * total, count)
    return f"{tenths // 10}.{tenths % 10}"


async def get_rating(session: AsyncSession, goods_id: int) -> Rating:
    row = (
        await session.execute(
            select(
                GoodsRating.n1,
                GoodsRating.n2,
                GoodsRating.n3,
                GoodsRating.n4,
                GoodsRating.n5,
                GoodsRating.fresh_sum,
            ).where(GoodsRating.goods_id == goods_id)
        )
    ).one_or_none()
    return Rating((row[0], row[1], row[2], row[3], row[4]), row[5]) if row else NO_RATING


async def move_rating(
    session: AsyncSession, goods_id: int, *, gone: Marks | None, new: Marks | None
) -> None:
    """Take the marks of a review out of its good's rating, put others in, or both.

    The review's row must be locked or new, so that nobody takes the same marks out twice.
    """
    if gone == new:
        return
    deltas = Counter[str]()
    for marks, sign in ((gone, -1), (new, 1)):
        if marks is not None:
            deltas.update({f"n{marks.stars}": sign, "cnt": sign, "fresh_sum": sign * marks.fresh})
    changes = {name: getattr(GoodsRating, name) + n for name, n in deltas.items() if n}
    if gone is None:
        first = {"goods_id": goods_id, **deltas}
        await upsert(session, GoodsRating, first, conflict_on=("goods_id",), update=changes)
    else:
        await session.execute(
            update(GoodsRating).where(GoodsRating.goods_id == goods_id).values(changes)
        )
