"""What the demo shop is made of: types, goods, home page, flash sales, shoppers, orders."""

from dataclasses import dataclass, field
from datetime import time

from app.services.addresses import Place


@dataclass(frozen=True, slots=True)
class DemoType:
    """A food type; `children` are (number, Chinese name, English name) in the file's order."""

    number: int
    name_zh: str
    name_en: str
    picture: str
    tint: str
    children: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True, slots=True)
class DemoGoods:
    """A row of sample_goods.csv with its extra columns; `row` counts from 1."""

    row: int
    type_zh: str
    child_zh: str
    name_zh: str
    name_en: str
    spec: str
    price_fen: int
    market_price_fen: int
    unit_price_fen: int
    unit_price_per: str
    picture: str
    tint: str
    origin: str
    storage: str
    life_days: int
    min_age: int

    @property
    def product_no(self) -> str:
        return f"D{self.row:04d}"


@dataclass(frozen=True, slots=True)
class DemoShelf:
    """Goods that stand out, by name: pinned ones, those sold out and those nearly gone; `member` is
    what members pay for some, in fen."""

    pinned: frozenset[str]
    sold_out: frozenset[str]
    few: dict[str, int]
    member: dict[str, int]


@dataclass(frozen=True, slots=True)
class DemoBlock:
    """A block of the home page. `link_name` and `goods` name goods."""

    kind: str
    key: str
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    pictures: str
    tint: str
    link_type: int
    link_child: int
    link_name: str | None
    goods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoOffer:
    """A good, by name, in a flash sale; `price` in fen."""

    good: str
    price: int
    quota: int
    per_user: int


@dataclass(frozen=True, slots=True)
class DemoSale:
    """A flash sale; `key` says when it runs."""

    key: str
    title_zh: str
    title_en: str
    offers: tuple[DemoOffer, ...]


@dataclass(frozen=True, slots=True)
class DemoCoupon:
    """A coupon of the shop; sums in fen, `percent` in basis points, `of` names what it is for.
    `when` it can be claimed: always, from "tomorrow" on, or it is "over"."""

    key: str
    title_zh: str
    title_en: str
    kind: str
    days: int
    amount: int = 0
    percent: int = 0
    most: int | None = None
    least: int = 0
    scope: str = "all"
    of: tuple[str, ...] = ()
    total: int | None = None
    per_user: int = 1
    listed: bool = True
    level: int = 0
    when: str = ""
    owners: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """An order placed `minutes` ago, or `days` ago at `clock`; `goods` are pieces by name,
    `coupon` is the key of the one it used."""

    status: str
    goods: dict[str, int]
    note: str = ""
    minutes: int = 0
    days: int = 0
    clock: time | None = None
    coupon: str = ""


@dataclass(frozen=True, slots=True)
class DemoReview:
    """What a shopper says about a good, `hours` after it came; `helpful` are those who thank."""

    by: str
    good: str
    stars: int
    fresh: int
    hours: int
    body: str
    anonymous: bool = False
    reply: str = ""
    helpful: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoShopper:
    """A made-up person. The first address is the default one; `cart` is pieces by name,
    `devices` are browsers in which they are signed in, by what these say of themselves."""

    username: str
    addresses: tuple[dict[str, str], ...]
    cart: dict[str, int] = field(default_factory=dict)
    orders: tuple[DemoOrder, ...] = ()
    locale: str | None = None
    nickname: str | None = None
    email: str | None = None
    devices: tuple[str, ...] = ()

    @property
    def places(self) -> list[tuple[Place, str]]:
        """The addresses, each with its tag."""
        return [_split_tag(**entry) for entry in self.addresses]


def _split_tag(*, tag: str = "", **place: str) -> tuple[Place, str]:
    return Place(**place), tag
