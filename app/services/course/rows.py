"""From the text of a course file's rows to what the shop keeps, or the reason why not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.services.course.fields import (
    Refused,
    read_child,
    read_fen,
    read_number,
    read_text,
)
from app.services.course.sql import DELETED, Row

PINNED_SALES = 100_000_000
KINDS = {
    "axf_wheel": "banner",
    "axf_nav": "nav",
    "axf_mustbuy": "mustbuy",
    "axf_shop": "shop",
    "axf_mainshow": "mainshow",
}
TABLES = {kind: table for table, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class TypeRow:
    """A food type; `children` are (number, name) in the order of the file."""

    line: int
    number: int
    name: str
    sort: int
    children: tuple[tuple[int, str], ...]

    @property
    def key(self) -> int:
        return self.number


@dataclass(frozen=True, slots=True)
class GoodsRow:
    """A good; money in fen. `child_number` is 0 when it stands under the whole type only."""

    line: int
    type_number: int
    product_no: str
    name: str
    spec: str
    price_fen: int
    market_price_fen: int
    child_number: int
    child_name: str
    is_pinned: bool
    sales: int
    stock: int

    @property
    def key(self) -> tuple[int, str]:
        """The same product may stand in two types."""
        return self.type_number, self.product_no


@dataclass(frozen=True, slots=True)
class BlockRow:
    """A block of the home page; `products` are the product numbers that a main show names."""

    line: int
    kind: str
    track_no: str
    title: str
    text: str
    type_number: int
    products: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.source_key

    @property
    def source_key(self) -> str:
        return f"course:{self.track_no}:{self.title}"


def is_deleted(row: Row) -> bool:
    return (row.values.get(DELETED) or "0") not in {"0", "false", "False"}


def read_type(row: Row) -> TypeRow:
    return TypeRow(
        line=row.line,
        number=read_number(row, "typeid", least=1),
        name=read_text(row, "typename", 40, required=True),
        sort=read_number(row, "typesort"),
        children=_children(row),
    )


def _children(row: Row) -> tuple[tuple[int, str], ...]:
    """`全部分类:0#进口水果:103534#…`; number 0 means all of the type and is no child."""
    parts = filter(None, read_text(row, "childtypenames", 10_000).split("#"))
    children = dict(read_child(part) for part in parts)
    return tuple((number, name) for number, name in children.items() if number)


def read_goods(row: Row) -> GoodsRow:
    is_pinned = read_number(row, "isxf") == 1
    sales = read_number(row, "productnum")
    return GoodsRow(
        line=row.line,
        type_number=read_number(row, "categoryid", least=1),
        product_no=read_text(row, "productid", 20, required=True),
        name=_goods_name(row),
        spec=read_text(row, "specifics", 40),
        price_fen=_price(row),
        market_price_fen=read_fen(row, "marketprice"),
        child_number=read_number(row, "childcid"),
        child_name=read_text(row, "childcidname", 10_000),
        is_pinned=is_pinned,
        sales=sales - PINNED_SALES if is_pinned and sales >= PINNED_SALES else sales,
        stock=read_number(row, "storenums"),
    )


def _goods_name(row: Row) -> str:
    """`productname` holds keywords, so it is but the second choice."""
    name = read_text(row, "productlongname", 80) or read_text(row, "productname", 80)
    if not name:
        raise Refused("the good has no name: productlongname and productname are empty")
    return name


def _price(row: Row) -> int:
    price = read_fen(row, "price")
    if not price:
        raise Refused("price is missing or 0")
    return price


def read_block(row: Row) -> BlockRow:
    track_no = read_text(row, "trackid", 20)
    category = read_number(row, "categoryid") if "categoryid" in row.values else 0
    return BlockRow(
        line=row.line,
        kind=KINDS[row.table],
        track_no=track_no,
        title=read_text(row, "name", 40, required=True),
        text=read_text(row, "brandname", 60),
        type_number=category or _type_of(track_no),
        products=tuple(filter(None, (read_text(row, f"productid{n}", 20) for n in (1, 2, 3)))),
    )


def _type_of(track_no: str) -> int:
    """A trackid may be the number of a type; whether it is, is seen later."""
    return int(track_no) if track_no.isascii() and track_no.isdigit() else 0


READERS: Mapping[str, Callable[[Row], TypeRow | GoodsRow | BlockRow]] = {
    "axf_foodtypes": read_type,
    "axf_goods": read_goods,
    **dict.fromkeys(KINDS, read_block),
}
