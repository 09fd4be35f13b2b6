"""What `make check` says about translations, and what `make translations` does to them."""

from pathlib import Path

import pytest

from scripts import translations, update_translations
from scripts.translations import find_problems

TEXTS = {
    "Cart": "templates/a.html",
    "Only %(left)s left": "app/b.py",
    ("%(num)s good", "%(num)s goods"): "templates/a.html",
}
COMPLETE = """
msgid ""
msgstr ""
"Language: zh_Hans\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"Content-Type: text/plain; charset=utf-8\\n"

msgid "%(num)s good"
msgid_plural "%(num)s goods"
msgstr[0] "%(num)s 件商品"

msgid "Cart"
msgstr "购物车"

msgid "Only %(left)s left"
msgstr "只剩 %(left)s 件"
"""


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A complete catalogue of three texts."""
    file = tmp_path / "messages.po"
    file.write_text(COMPLETE)
    for module in (translations, update_translations):
        monkeypatch.setattr(module, "CATALOGUE", file)
        monkeypatch.setattr(module, "find_texts", lambda: TEXTS)
    return file


@pytest.mark.usefixtures("catalogue")
def test_a_complete_catalogue_has_no_problem() -> None:
    assert find_problems() == []


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('msgstr "购物车"', 'msgstr ""', "untranslated: 'Cart' (templates/a.html)"),
        ('msgstr[0] "%(num)s 件商品"', 'msgstr[0] ""', "untranslated: '%(num)s good'"),
        ('msgid "Cart"', '#, fuzzy\nmsgid "Cart"', "untranslated: 'Cart'"),
        ("只剩 %(left)s", "只剩 %(rest)s", "other placeholders: 'Only %(left)s left'"),
        ("只剩 %(left)s", "只剩", "other placeholders: 'Only %(left)s left'"),
        ("购物车", "满 100% 购物车", "a % sign must be written %%"),
        ('msgid "Cart"', 'msgid "Basket"', "no longer used: 'Basket'"),
        (
            'msgid "Cart"\nmsgstr',
            '#~ msgid "Old"\n#~ msgstr "旧"\n\nmsgid "Cart"\nmsgstr',
            "obsolete",
        ),
    ],
)
def test_each_fault_is_named(catalogue: Path, before: str, after: str, problem: str) -> None:
    catalogue.write_text(COMPLETE.replace(before, after))

    assert any(found.startswith(problem) for found in find_problems())


def test_an_update_adds_new_texts_and_drops_unused_ones(catalogue: Path) -> None:
    catalogue.write_text(COMPLETE.replace('msgid "Cart"', 'msgid "Basket"'))

    update_translations.main([])

    assert find_problems() == ["untranslated: 'Cart' (templates/a.html)"]
    assert "Basket" not in catalogue.read_text()


def test_an_update_takes_translations_from_a_file(catalogue: Path, tmp_path: Path) -> None:
    given = tmp_path / "given.tsv"
    given.write_text("Cart\t购物车\n%(num)s good\t%(num)s 件商品\nno tab here\n")
    catalogue.write_text(
        COMPLETE.replace("购物车", "").replace('msgstr[0] "%(num)s 件商品"', 'msgstr[0] ""')
    )

    update_translations.main([str(given)])

    assert find_problems() == []


def test_a_second_update_changes_nothing(catalogue: Path) -> None:
    update_translations.main([])
    first = catalogue.read_text()

    update_translations.main([])

    assert catalogue.read_text() == first


def test_texts_are_found_in_code_and_templates() -> None:
    texts = translations.find_texts()

    assert texts["Please log in first"] == "app/errors.py"
    assert any(file.startswith("templates/") for file in texts.values())
