"""The levels of regulars, and what each of them is worth. Where growth comes from: growth.py."""

from dataclasses import dataclass, replace
from datetime import timedelta

from app.errors import N_
from app.services.quote import Delivery

# Growth counts, and a level is kept, for so long.
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Level:
    """What a shopper has from a growth of `growth_from_fen` on. `name` is an English source text.

    `points_bp` is how many points are earned instead of one, in basis points; delivery is free
    from `delivery_less_fen` less than for others, or always.
    """

    number: int
    name: str
    growth_from_fen: int
    points_bp: int
    delivery_less_fen: int = 0
    delivery_always_free: bool = False

    @property
    def has_member_price(self) -> bool:
        return self.number >= LEAST_FOR_MEMBER_PRICE

    @property
    def flash_head_start(self) -> timedelta:
        """How much earlier a flash sale opens."""
        return HEAD_START if self.number >= LEAST_FOR_HEAD_START else timedelta()

    @property
    def points_factor(self) -> str:
        """As in "1.2"."""
        return f"{self.points_bp / 10_000:.1f}"


# SQL asks for these, too (viewer.py).
LEAST_FOR_MEMBER_PRICE = 1
LEAST_FOR_HEAD_START = 2
HEAD_START = timedelta(minutes=5)

LEVELS = (
    Level(0, N_("Regular"), 0, 10_000),
    Level(1, N_("Silver"), 50_000, 11_000, 1_000),
    Level(2, N_("Gold"), 200_000, 12_000, 2_000),
    Level(3, N_("Platinum"), 600_000, 15_000, 3_000),
    Level(4, N_("Black Diamond"), 1_500_000, 20_000, delivery_always_free=True),
)


def level_of(growth_fen: int) -> Level:
    """The highest level that so much growth carries."""
    return next(level for level in reversed(LEVELS) if max(0, growth_fen) >= level.growth_from_fen)


def delivery_for(level: int, delivery: Delivery) -> Delivery:
    """The shop's rules of delivery as they are for a shopper of this level."""
    mine = LEVELS[level]
    free_from_fen = max(0, delivery.free_from_fen - mine.delivery_less_fen)
    return replace(delivery, free_from_fen=0 if mine.delivery_always_free else free_from_fen)
