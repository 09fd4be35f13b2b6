"""What the fields of a course file's rows mean, and which of them are refused."""

import pytest

from app.services.course.fields import Refused
from app.services.course.pictures import BASKET, PICTURES, picture_of
from app.services.course.rows import is_deleted, read_block, read_goods, read_type
from app.services.course.sql import Row
from app.templating import PICTURES as FOLDER

GOODS = {
    "productid": "901",
    "productname": "苹果,水果",
    "productlongname": "脆苹果",
    "price": "9.9",
    "categoryid": "700001",
}


def make_row(table: str = "axf_goods", /, **values: str | None) -> Row:
    return Row(table, 1, {**(GOODS if table == "axf_goods" else {}), **values})


@pytest.mark.parametrize(
    ("written", "fen"),
    [("9.9", 990), ("2.500000", 250), ("15", 1500), (".5", 50), ("0.29", 29), (" 3. ", 300)],
)
def test_a_price_is_exact_to_the_fen(written: str, fen: int) -> None:
    assert read_goods(make_row(price=written)).price_fen == fen


@pytest.mark.parametrize(
    "price", ["", None, "0", "-1", "abc", "1e3", "NaN", "1_0", "2.505", "９", "9" * 12, "1,5"]
)
def test_a_price_is_refused(price: str | None) -> None:
    with pytest.raises(Refused, match="price"):
        read_goods(make_row(price=price))


def test_a_market_price_below_the_price_is_kept() -> None:
    assert read_goods(make_row(marketprice="8")).market_price_fen == 800


def test_missing_columns_have_plain_values() -> None:
    goods = read_goods(make_row())

    assert (goods.market_price_fen, goods.child_number, goods.sales, goods.stock) == (0, 0, 0, 0)
    assert (goods.spec, goods.is_pinned) == ("", False)


def test_the_long_name_is_shown_and_else_the_keywords() -> None:
    assert read_goods(make_row()).name == "脆苹果"
    assert read_goods(make_row(productlongname=" ")).name == "苹果,水果"
    with pytest.raises(Refused, match="no name"):
        read_goods(make_row(productlongname=None, productname=""))


@pytest.mark.parametrize(
    ("pinned", "written", "sales"),
    [
        ("1", "100001033", 1033),
        ("1", "100000000", 0),
        ("1", "95", 95),
        ("0", "100001033", 100001033),
        ("0", "7.000", 7),
    ],
)
def test_sales_of_pinned_goods_are_put_right(pinned: str, written: str, sales: int) -> None:
    assert read_goods(make_row(isxf=pinned, productnum=written)).sales == sales


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("productid", ""),
        ("productid", "9" * 21),
        ("categoryid", "fruit"),
        ("categoryid", None),
        ("storenums", "-1"),
        ("storenums", "9999999999"),
        ("productnum", "2.5"),
        ("childcid", "x"),
        ("productlongname", "长" * 81),
        ("specifics", "长" * 41),
    ],
)
def test_a_field_is_refused_by_its_name(column: str, value: str | None) -> None:
    with pytest.raises(Refused, match=column):
        read_goods(make_row(**{column: value}))


def test_control_characters_in_a_name_become_spaces() -> None:
    assert read_goods(make_row(productlongname="脆\n苹\x00果\t")).name == "脆 苹 果"


@pytest.mark.parametrize(
    ("written", "children"),
    [
        ("全部分类:0#进口水果:103534#茶饮/咖啡:5", ((103534, "进口水果"), (5, "茶饮/咖啡"))),
        ("全部分类:0", ()),
        ("", ()),
        ("全部:0#a:b:7#", ((7, "a:b"),)),
        ("甲:7#乙:7", ((7, "乙"),)),
    ],
)
def test_child_types_are_read(written: str, children: tuple[tuple[int, str], ...]) -> None:
    row = make_row("axf_foodtypes", typeid="1", typename="果", childtypenames=written)

    assert read_type(row).children == children


@pytest.mark.parametrize(
    "written", ["水果", "水果:", ":7", "水果:七", "甲:1##乙", "果:" + "9" * 30]
)
def test_child_types_are_refused(written: str) -> None:
    with pytest.raises(Refused, match="childtypenames"):
        read_type(make_row("axf_foodtypes", typeid="1", typename="果", childtypenames=written))


def test_a_block_is_known_by_its_track_and_name() -> None:
    shop = read_block(make_row("axf_shop", trackid="103536", name="牛奶"))

    assert shop.key == ("shop", "course:103536:牛奶")
    assert shop.type_number == 103536


def test_rows_marked_as_deleted_are_known() -> None:
    marks = ["1", "true", "0", "", None]

    assert [is_deleted(make_row(isdelete=mark)) for mark in marks] == [True, True, *[False] * 3]


def test_every_picture_is_there() -> None:
    assert [name for name, _ in PICTURES if not (FOLDER / f"{name}.webp").is_file()] == []


@pytest.mark.parametrize(
    ("names", "picture"),
    [
        (("薯片番茄味", "膨化食品"), "1f35f"),
        (("红富士苹果",), "1f34e"),
        (("没见过的", "碳酸饮料"), "1f964"),
        (("xyz",), BASKET.picture),
    ],
)
def test_a_picture_shows_what_a_thing_is(names: tuple[str, ...], picture: str) -> None:
    assert picture_of(*names).picture == picture
