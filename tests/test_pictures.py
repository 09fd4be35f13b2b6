"""Every picture that the shop names is in the package that brings the pictures."""

import re
from collections.abc import Iterator

from app.services.demo.files import picture_of, read_blocks, read_goods, read_types
from app.settings import ROOT
from app.templating import PICTURES

# As templates and code write them: '1f34e', "1f336-fe0f".
QUOTED = re.compile(r"""["']((?:1f[0-9a-f]{3}|2[367][0-9a-f]{2})(?:-[0-9a-f]{4,5})*)["']""")
TINTS = {
    *("leaf", "lime", "honey", "orange", "tomato"),
    *("berry", "grape", "ocean", "wheat", "milk"),
}


def named_in(*patterns: str) -> Iterator[str]:
    for pattern in patterns:
        for path in ROOT.glob(pattern):
            yield from QUOTED.findall(path.read_text())


def is_missing(name: str) -> bool:
    return not (PICTURES / f"{name}.webp").is_file()


def test_a_picture_is_named_by_its_code_points() -> None:
    assert [picture_of("🍎"), picture_of("🌶️")] == ["1f34e", "1f336-fe0f"]


def test_the_demo_shops_pictures_are_there() -> None:
    names = {good.picture for good in read_goods()} | {kind.picture for kind in read_types()}
    names |= {name for block in read_blocks() for name in block.pictures.split()}

    assert len(names) > 130
    assert set(filter(is_missing, names)) == set()


def test_pictures_named_in_templates_and_code_are_there() -> None:
    names = set(named_in("templates/**/*.html", "app/**/*.py"))

    assert {"1f34e", "1f9fa"} <= names
    assert set(filter(is_missing, names)) == set()


def test_the_demo_shops_tints_are_in_the_style_sheet() -> None:
    styles = (ROOT / "static/css/tokens.css").read_text()
    used = {good.tint for good in read_goods()} | {kind.tint for kind in read_types()}
    used |= {block.tint for block in read_blocks()}

    assert used == TINTS == set(re.findall(r'\[data-tint="(\w+)"\]', styles))
