"""The rules for templates, styles and scripts."""

import re
from pathlib import Path

import pytest

from app.settings import ROOT
from app.templating import STATIC, env

TEMPLATES = ROOT / "templates"
NAMES = sorted(env.list_templates())
MOST_CSS_BYTES = 48 * 1024
MOST_SCRIPT_LINES = 60

FORBIDDEN = {
    "escaping switched off": r"\|\s*safe\b|Markup|autoescape",
    "code in hx-on": r"hx-on\b",
    "code in a js: value": r"\bjs:",
    "inline style": r"\sstyle\s*=|<style\b",
    "inline script": r"<script\b(?![^>]*\bsrc=)",
    "event attribute": r"\son[a-z]+\s*=",
    "link to another site": r"(?:src|href|action)=[\"']?(?:https?:)?//",
}
# The language switch names the other language in its own words.
OWN_WORDS = {"中文"}


def read(name: str) -> str:
    """A template's source without its comments."""
    return re.sub(r"\{#.*?#\}", "", (TEMPLATES / name).read_text(), flags=re.S)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles(name: str) -> None:
    env.get_template(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_holds_nothing_that_the_policy_forbids(name: str) -> None:
    source = read(name)

    assert [rule for rule, pattern in FORBIDDEN.items() if re.search(pattern, source)] == []


@pytest.mark.parametrize("name", NAMES)
def test_texts_are_english_and_translated(name: str) -> None:
    assert set(re.findall(r"[\u3400-\u9fff]+", read(name))) <= OWN_WORDS


def test_every_template_is_used() -> None:
    sources = [path.read_text() for path in (ROOT / "app").rglob("*.py")]
    sources += [read(name) for name in NAMES]
    text = "\n".join(sources)

    assert [name for name in NAMES if f'"{name}"' not in text] == []


def test_every_partial_is_included_somewhere() -> None:
    text = "\n".join(read(name) for name in NAMES)
    partials = [name for name in NAMES if name.split("/")[-1].startswith("_")]

    assert [name for name in partials if f'"{name}"' not in text] == []


def test_the_styles_stay_small() -> None:
    assert sum(path.stat().st_size for path in (STATIC / "css").glob("*.css")) < MOST_CSS_BYTES


@pytest.mark.parametrize("path", sorted((STATIC / "css").glob("*.css")), ids=lambda path: path.name)
def test_styles_fetch_nothing_from_other_sites(path: Path) -> None:
    source = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)

    assert re.findall(r"@import|https?:", source) == []


@pytest.mark.parametrize("path", sorted((STATIC / "js").glob("*.js")), ids=lambda path: path.name)
def test_scripts_are_few_lines_and_write_no_html(path: Path) -> None:
    source = path.read_text()

    assert len(source.splitlines()) <= MOST_SCRIPT_LINES
    assert re.findall(r"innerHTML|outerHTML\s*=|eval\(|document\.write|https?:", source) == []
