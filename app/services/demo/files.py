"""The demo shop as its files in data/ describe it."""

import csv
import tomllib
from functools import cache
from typing import Any

from app.services.demo.parts import (
    DemoBlock,
    DemoCoupon,
    DemoGoods,
    DemoOffer,
    DemoOrder,
    DemoReview,
    DemoSale,
    DemoShelf,
    DemoShopper,
    DemoType,
)
from app.settings import ROOT

DATA = ROOT / "data"


@cache
def read_types() -> tuple[DemoType, ...]:
    rows = _read_table("sample_goods.csv")
    english = {row["type_zh"]: row["type_en"] for row in rows}
    return tuple(
        DemoType(
            number=entry["number"],
            name_zh=entry["name"],
            name_en=english[entry["name"]],
            picture=picture_of(entry["picture"]),
            tint=entry["tint"],
            children=_children_of(entry["number"], entry["name"], rows),
        )
        for entry in _read_toml("demo_goods.toml")["types"]
    )


def _children_of(
    number: int, type_zh: str, rows: list[dict[str, str]]
) -> tuple[tuple[int, str, str], ...]:
    names = {row["child_zh"]: row["child_en"] for row in rows if row["type_zh"] == type_zh}
    return tuple((number + n, zh, en) for n, (zh, en) in enumerate(names.items(), start=1))


@cache
def read_goods() -> tuple[DemoGoods, ...]:
    tints = {
        emoji: tint
        for tint, row in _read_toml("demo_goods.toml")["tints"].items()
        for emoji in row.split()
    }
    rows = zip(_read_table("sample_goods.csv"), _read_table("sample_goods_extra.csv"), strict=True)
    return tuple(_goods_from(row, extra, tints[row["emoji"]]) for row, extra in rows)


def _goods_from(row: dict[str, str], extra: dict[str, str], tint: str) -> DemoGoods:
    return DemoGoods(
        row=int(extra["row"]),
        type_zh=row["type_zh"],
        child_zh=row["child_zh"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        spec=row["spec"],
        price_fen=int(row["price_fen"]),
        market_price_fen=int(row["market_price_fen"]),
        unit_price_fen=int(extra["unit_price_fen"]),
        unit_price_per=extra["unit_price_per"],
        picture=picture_of(row["emoji"]),
        tint=tint,
        origin=extra["origin"],
        storage=extra["storage"],
        life_days=int(extra["life_days"]),
        min_age=int(extra["min_age"]),
    )


@cache
def read_shelf() -> DemoShelf:
    shelf = _read_toml("demo_goods.toml")["shelf"]
    return DemoShelf(
        frozenset(shelf["pinned"]), frozenset(shelf["sold_out"]), shelf["few"], shelf["member"]
    )


@cache
def read_blocks() -> tuple[DemoBlock, ...]:
    return tuple(
        _block_from(kind, entry)
        for kind, entries in _read_toml("demo_home.toml").items()
        for entry in entries
    )


def _block_from(kind: str, entry: dict[str, Any]) -> DemoBlock:
    text = entry.get("text", {"zh": "", "en": ""})
    return DemoBlock(
        kind=kind,
        key=f"demo-{entry['key']}",
        title_zh=entry["title"]["zh"],
        title_en=entry["title"]["en"],
        text_zh=text["zh"],
        text_en=text["en"],
        pictures=" ".join(map(picture_of, entry["pictures"].split())),
        tint=entry["tint"],
        link_type=entry["type"],
        link_child=entry.get("child", 0),
        link_name=entry.get("good"),
        goods=tuple(entry.get("goods", ())),
    )


@cache
def read_sales() -> tuple[DemoSale, ...]:
    return tuple(
        DemoSale(
            key=key,
            title_zh=sale["title"]["zh"],
            title_en=sale["title"]["en"],
            offers=tuple(DemoOffer(**offer) for offer in sale["offers"]),
        )
        for key, sale in _read_toml("demo_flash.toml").items()
    )


@cache
def read_coupons() -> tuple[DemoCoupon, ...]:
    return tuple(
        DemoCoupon(
            title_zh=entry["title"]["zh"],
            title_en=entry["title"]["en"],
            **{key: value for key, value in entry.items() if key != "title"},
        )
        for entry in _read_toml("demo_coupons.toml")["coupons"]
    )


@cache
def read_shoppers() -> tuple[DemoShopper, ...]:
    return tuple(
        DemoShopper(
            **entry
            | {
                "addresses": tuple(entry["addresses"]),
                "devices": tuple(entry.get("devices", ())),
                "orders": tuple(DemoOrder(**order) for order in entry["orders"]),
            }
        )
        for entry in _read_toml("demo_shoppers.toml")["shoppers"]
    )


@cache
def read_interests() -> dict[str, dict[str, list[str]]]:
    """By username: goods by name under favourites, seen and waits, the latest first."""
    return _read_toml("demo_interests.toml")


@cache
def read_reviews() -> tuple[DemoReview, ...]:
    entries = _read_toml("demo_reviews.toml")["reviews"]
    return tuple(
        DemoReview(**entry | {"helpful": tuple(entry.get("helpful", ()))}) for entry in entries
    )


def read_password() -> str:
    """What every demo shopper logs in with. Published, so never to be loaded in production."""
    return str(_read_toml("demo_shoppers.toml")["password"])


def picture_of(emoji: str) -> str:
    """The picture's file name: its code points, as in 1f336-fe0f."""
    return "-".join(f"{ord(point):x}" for point in emoji)


def _read_table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _read_toml(name: str) -> dict[str, Any]:  # Any: what the file holds
    return tomllib.loads((DATA / name).read_text("utf-8"))
