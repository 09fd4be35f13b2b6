"""What the pages of reviews show."""

from dataclasses import dataclass
from datetime import datetime

from app.models.review import MOST_PHOTOS
from app.services.review_ratings import Rating


@dataclass(frozen=True, slots=True)
class Photo:
    picture_id: int
    digest: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A review as everybody sees it. `author` is masked, None for somebody who stays unnamed."""

    id: int
    goods_id: int
    author: str | None
    avatar: str | None
    stars: int
    fresh: int
    body: str
    helpful: int
    reply: str
    reply_at: datetime | None
    edited_at: datetime | None
    created_at: datetime
    is_own: bool
    is_helped: bool
    photos: tuple[Photo, ...]


@dataclass(frozen=True, slots=True)
class ShownPage:
    """`next_before` is the key of the page after this one."""

    reviews: tuple[Shown, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True)
class GoodsReviews:
    """A good's rating and the first of its reviews."""

    rating: Rating
    reviews: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """A review as its author sees it."""

    id: int
    goods_id: int
    order_no: str
    name_zh: str
    name_en: str
    spec: str
    picture: str
    tint: str
    stars: int
    fresh: int
    body: str
    anonymous: bool
    status: str
    held_for: str
    hidden_reason: str
    helpful: int
    reply: str
    reply_at: datetime | None
    edited_at: datetime | None
    created_at: datetime
    can_edit: bool
    photos: tuple[Photo, ...]

    @property
    def room(self) -> int:
        """How many photos more it can have."""
        return MOST_PHOTOS - len(self.photos)


@dataclass(frozen=True, slots=True)
class OwnPage:
    reviews: tuple[Own, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True)
class ToReview:
    """A line of an order that can be reviewed now."""

    goods_id: int
    name_zh: str
    name_en: str
    spec: str
    picture: str
    tint: str


def mask(name: str) -> str:
    """A name of which strangers see the ends only: 小满 -> 小***, xiaoman -> x***n."""
    tail = name[-1] if len(name) > 2 and name[-1].isalnum() else ""  # noqa: PLR2004
    return f"{name[0]}***{tail}"
