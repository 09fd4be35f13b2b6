"""What the flash sale's page shows: what runs now, and what comes next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import FlashItem, FlashSession, Goods
from app.models.base import utcnow
from app.services.catalogue import CARD_WIDTH, Columns, GoodsCard, select_cards
from app.services.viewer import level_now, normal_price, seen_by
from app.services.vip import LEVELS

MOST_OFFERS = 300


@dataclass(frozen=True, slots=True)
class Offer:
    """A good in a sale: `left` of `quota` pieces are to be had at `price_fen`."""

    card: GoodsCard
    item_id: int
    price_fen: int
    quota: int
    left: int
    per_user: int

    @property
    def at_hand(self) -> int:
        """What can still be bought at the price: as many as are left, and are in the store."""
        return max(0, min(self.left, self.card.left))

    @property
    def all_taken(self) -> bool:
        return self.left <= 0

    @property
    def is_charged(self) -> bool:
        """This is what the good costs now: no other running sale has it for less."""
        return self.card.flash_item_id == self.item_id


@dataclass(frozen=True, slots=True)
class Sale:
    """`opens_at` is when it begins for who looks, `starts_at` when for everybody."""

    id: int
    title_zh: str
    title_en: str
    starts_at: datetime
    opens_at: datetime
    ends_at: datetime
    offers: tuple[Offer, ...]

    @property
    def is_early(self) -> bool:
        return self.opens_at < self.starts_at


@dataclass(frozen=True, slots=True)
class FlashPage:
    """Running sales by their end, upcoming ones by their start."""

    running: tuple[Sale, ...]
    upcoming: tuple[Sale, ...]


async def get_flash_page(
    session: AsyncSession, now: datetime | None = None, viewer: int | None = None
) -> FlashPage:
    """All sales that are not over, in one statement."""
    now = now or utcnow()
    rows = (await session.execute(_select_offers(now), seen_by(viewer, now))).all()
    sales = list(_group(rows, now))
    running = [sale for sale in sales if sale.opens_at <= now and sale.offers]
    upcoming = [sale for sale in sales if sale.opens_at > now]
    return FlashPage(tuple(sorted(running, key=lambda sale: sale.ends_at)), tuple(upcoming))


def _select_offers(now: datetime) -> Columns:
    return (
        select_cards()
        .add_columns(
            FlashItem.id,
            FlashItem.price_fen,
            FlashItem.quota,
            FlashItem.quota - FlashItem.sold,
            FlashItem.per_user,
            FlashSession.id,
            FlashSession.title_zh,
            FlashSession.title_en,
            FlashSession.starts_at,
            FlashSession.ends_at,
            level_now,
        )
        .join(FlashItem, FlashItem.goods_id == Goods.id)
        .join(FlashSession, FlashSession.id == FlashItem.session_id)
        .where(FlashSession.ends_at > now, Goods.on_sale, FlashItem.price_fen < normal_price)
        .order_by(FlashSession.starts_at, FlashSession.id, FlashItem.id)
        .limit(MOST_OFFERS)
    )


def _group(rows: Iterable[Any], now: datetime) -> Iterable[Sale]:  # Any: rows of _select_offers
    offers: dict[Any, list[Offer]] = {}
    for row in rows:
        card = GoodsCard(*row[:CARD_WIDTH])
        offer = Offer(card, *row[CARD_WIDTH : CARD_WIDTH + 5])
        *facts, ends_at, level = row[CARD_WIDTH + 5 :]
        opens_at = facts[-1] - LEVELS[level].flash_head_start
        is_running = opens_at <= now
        # Of a good in two running sales the one is shown whose price is charged.
        if not is_running or offer.is_charged or (offer.all_taken and not card.is_flash):
            offers.setdefault((*facts, opens_at, ends_at), []).append(offer)
    return (_sale(tuple(found), *facts) for facts, found in offers.items())


def _sale(offers: tuple[Offer, ...], *facts: Any) -> Sale:  # Any: as in _group
    id_, title_zh, title_en, starts_at, opens_at, ends_at = facts
    return Sale(id_, title_zh, title_en, starts_at, opens_at, ends_at, offers)
