"""The texts that the shop shows, gathered from code and templates, and their catalogue."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "messages.po"

KEYWORDS = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2)}
PYTHON = [("**.py", "python")]
TEMPLATES = [("**.html", "jinja2.ext:babel_extract")]
# As in app/templating.py, so that both read the same texts; a broken template is an error.
JINJA = {"**.html": {"silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}}

Text = str | tuple[str, ...]
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def find_texts() -> dict[Text, str]:
    """Every text in code and templates, with the file that shows it first."""
    found: dict[Text, str] = {}
    for folder, methods in (("app", PYTHON), ("templates", TEMPLATES)):
        for file, _, text, _, _ in extract_from_dir(
            ROOT / folder, methods, options_map=JINJA, keywords=KEYWORDS
        ):
            found.setdefault(text, f"{folder}/{file}")
    return found


def read_catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hans", abort_invalid=True)


def find_problems() -> list[str]:
    """What is wrong with the catalogue, one sentence each."""
    texts, catalogue = find_texts(), read_catalogue()
    return [
        *(
            f"untranslated: {_first(text)!r} ({file})"
            for text, file in texts.items()
            if not is_translated(catalogue.get(_first(text)))
        ),
        *(
            f"no longer used: {message.id!r}"
            for message in catalogue
            if message.id and message.id not in texts
        ),
        *(f"obsolete: {text!r}" for text in catalogue.obsolete),
        *(problem for message in catalogue if message.id for problem in _misfits(message)),
    ]


def is_translated(message: Message | None) -> bool:
    return message is not None and not message.fuzzy and all(_forms(message.string))


def _misfits(message: Message) -> Iterator[str]:
    """Placeholders that the translation lacks or invents, and stray % signs."""
    wanted = _placeholders(_forms(message.id))
    for form in filter(None, _forms(message.string)):
        if _placeholders([form]) != wanted:
            yield f"other placeholders: {message.id!r} -> {form!r}"
    for form in (*_forms(message.id), *_forms(message.string)):
        if "%" in _PLACEHOLDER.sub("", form).replace("%%", ""):
            yield f"a % sign must be written %%: {form!r}"


def _placeholders(forms: Iterable[str]) -> set[str]:
    return {name for form in forms for name in _PLACEHOLDER.findall(form)}


def _forms(text: Text | list[str] | None) -> tuple[str, ...]:
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def _first(text: Text) -> str:
    return _forms(text)[0]
