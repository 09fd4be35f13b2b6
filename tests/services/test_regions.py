"""Provinces, cities and districts, as the package has them."""

import tracemalloc

import pytest

from app.models import Order
from app.services import regions
from app.services.regions import is_district, lies_in, pick, region_words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("110105", "北京市 朝阳区"),
        ("330106", "浙江省 杭州市 西湖区"),
        ("429004", "湖北省 仙桃市"),
        ("500229", "重庆市 城口县"),
        ("441904", "广东省 东莞市 长安镇"),
        ("442006", "广东省 中山市 小榄镇"),
        ("460401", "海南省 儋州市 那大镇"),
        ("620290", "甘肃省 嘉峪关市 雄关区"),
        ("810101", "香港特别行政区 香港岛 中西区"),
        ("710101", "台湾省 台北市 中正区"),
    ],
)
def test_a_district_is_told_in_words(code: str, words: str) -> None:
    assert is_district(code)
    assert region_words(code) == words


@pytest.mark.parametrize(
    "code", ["", "000000", "999999", "110000", "110100", "11010", "<b>", "１１"]
)
def test_what_is_no_district_has_no_words(code: str) -> None:
    assert not is_district(code)
    assert region_words(code) == ""


def test_every_city_has_districts_and_every_district_fits_into_an_order() -> None:
    room = Order.__table__.c.region.type.length  # type: ignore[attr-defined]

    provinces = pick({}).provinces
    cities = [city for province in provinces for city in pick({"province": province.code}).cities]
    districts = [region for city in cities for region in pick({"city": city.code}).regions]

    assert (len(provinces), len(cities) > 300, len(districts) > 3000) == (34, True, True)
    assert all(pick({"city": city.code}).regions for city in cities)
    assert all(0 < len(region_words(district.code)) <= room for district in districts)


def test_a_district_brings_the_lists_above_it() -> None:
    picker = pick({"region": "330106"})

    assert (picker.province, picker.city, picker.region) == ("330000", "330100", "330106")
    assert "宁波市" in [city.name for city in picker.cities]
    assert "余杭区" in [region.name for region in picker.regions]


def test_where_there_is_but_one_city_it_is_chosen() -> None:
    picker = pick({"province": "110000"})

    assert (picker.city, picker.region) == ("110100", "")
    assert "朝阳区" in [region.name for region in picker.regions]


def test_what_lies_elsewhere_is_not_kept() -> None:
    moved = pick({"province": "440000", "city": "110100", "region": "110105"})
    nearer = pick({"province": "330000", "city": "330200", "region": "330106"})

    assert (moved.province, moved.city, moved.region) == ("440000", "", "")
    assert (nearer.city, nearer.region) == ("330200", "")


@pytest.mark.parametrize("typed", ["", "11", "xx", "<b>", "000000", "110105"])
def test_nonsense_chooses_nothing(typed: str) -> None:
    picker = pick({"province": typed})

    assert (picker.province, picker.cities, picker.regions) == ("", (), ())


def test_a_district_must_lie_in_what_was_chosen_above_it() -> None:
    assert lies_in("110105", province="110000", city="110100")
    assert lies_in("110105", province="", city="")
    assert not lies_in("110105", province="330000", city="")
    assert not lies_in("110105", province="110000", city="330100")
    assert not lies_in("110100", province="110000", city="")


def test_the_names_take_little_memory() -> None:
    regions._names.cache_clear()
    regions._list_below.cache_clear()
    tracemalloc.start()
    try:
        pick({"region": "110105"})
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert held < 2_000_000
