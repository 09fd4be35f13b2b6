"""China's provinces, cities and districts by their official codes (GB/T 2260).

They come from a package for browsers, whose lists are read as they stand there: `110105: "…"`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from app.settings import ROOT

SOURCE = ROOT / "node_modules" / "@vant" / "area-data" / "dist" / "index.cjs"
_ENTRY = re.compile(r'^\s*([0-9]{6}): ("(?:[^"\\]|\\.)*")', flags=re.MULTILINE)
# Cities that are none: they only gather the districts right below a province.
_GATHERS = re.compile("^县$|直辖")


@dataclass(frozen=True, slots=True)
class Region:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Picker:
    """The three lists of the picker; of what is not chosen yet, the code is empty."""

    province: str
    city: str
    region: str

    @property
    def provinces(self) -> tuple[Region, ...]:
        return _list_below("")

    @property
    def cities(self) -> tuple[Region, ...]:
        return _list_below(self.province) if self.province else ()

    @property
    def regions(self) -> tuple[Region, ...]:
        return _list_below(self.city) if self.city else ()


def pick(values: Mapping[str, str]) -> Picker:
    """The picker for what a form says. What does not lie in what was chosen above is left out, and
    where there is but one, it is chosen."""
    region = values.get("region", "")
    if not is_district(region):
        region = ""
    city = values.get("city", "") or _parent(region)
    province = values.get("province", "") or _parent(_parent(region) or city)
    province = _only(_list_below(""), province)
    city = _only(_list_below(province), city, or_single=True) if province else ""
    region = _only(_list_below(city), region, or_single=True) if city else ""
    return Picker(province, city, region)


def is_district(code: str) -> bool:
    """The lowest level, which an address names."""
    return code in _names() and not code.endswith("00")


def lies_in(code: str, *, province: str, city: str) -> bool:
    """Whether it is a district of these two; one that is empty is not asked for."""
    above = _parent(code)
    return is_district(code) and city in {"", above} and province in {"", _parent(above)}


def region_words(code: str) -> str:
    """北京市 朝阳区, 湖北省 仙桃市: without what only repeats or gathers. Empty if unknown."""
    if not is_district(code):
        return ""
    names = _names()
    city = names[_parent(code)]
    province = names[_parent(_parent(code))]
    middle = [] if city == province or _GATHERS.search(city) else [city]
    return " ".join([province, *middle, names[code]])


def _only(regions: tuple[Region, ...], code: str, *, or_single: bool = False) -> str:
    if or_single and len(regions) == 1:
        return regions[0].code
    return code if any(region.code == code for region in regions) else ""


def _parent(code: str) -> str:
    """The city of a district, the province of a city; empty above a province."""
    if not code or code.endswith("0000"):
        return ""
    return f"{code[:2]}0000" if code.endswith("00") else f"{code[:4]}00"


@cache
def _names() -> Mapping[str, str]:
    """Read when somebody first asks, and kept: about 4,000 names."""
    entries = _ENTRY.findall(SOURCE.read_text("utf-8"))
    return MappingProxyType({code: json.loads(name) for code, name in entries})


@cache
def _list_below(code: str) -> tuple[Region, ...]:
    """The provinces (of ""), the cities of a province, the districts of a city."""
    return tuple(Region(key, name) for key, name in _names().items() if _parent(key) == code)
