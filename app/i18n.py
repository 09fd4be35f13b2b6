"""Which language a page speaks, and its words. English is the source, Chinese complete."""

import gettext as gnu
import io
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.errors import Message, Param, Params, Texts, Words, Yuan
from app.settings import ROOT

ZH, EN = "zh-Hans", "en"
LOCALES = (ZH, EN)

_locale: ContextVar[str] = ContextVar("locale", default=ZH)


def _load(path: str) -> gnu.NullTranslations:
    """Compile a catalogue in memory, so that no generated file can be out of date."""
    compiled = io.BytesIO()
    with (ROOT / "locale" / path / "LC_MESSAGES" / "messages.po").open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return gnu.GNUTranslations(compiled)


_catalogues: dict[str, gnu.NullTranslations] = {
    ZH: _load("zh_Hans"),
    EN: gnu.NullTranslations(),
}


def use_locale(locale: str | None) -> None:
    """Speak `locale` for the rest of this request; unknown ones are ignored."""
    if locale in LOCALES:
        _locale.set(locale)


def current_locale() -> str:
    return _locale.get()


def gettext(text: str) -> str:
    return _catalogues[_locale.get()].gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    return _catalogues[_locale.get()].ngettext(one, many, count)


def words(zh: str, en: str) -> str:
    """The reader's one of a name in two languages; the other where one is missing."""
    return (zh or en) if _locale.get() == ZH else (en or zh)


def name_of(thing: Any, field: str = "name") -> str:  # Any: a row, a model or a dataclass
    """`name_zh` or `name_en` of anything that has both."""
    return words(getattr(thing, f"{field}_zh"), getattr(thing, f"{field}_en"))


def say(text: str, params: Params | None = None) -> str:
    """Translate a message and put its parameters in."""
    return gettext(text) % _spoken(params) if params else gettext(text)


def say_message(message: Message) -> str:
    return say(message.text, message.params)


def _spoken(params: Params) -> Mapping[str, str | int]:
    return {key: _speak(value) for key, value in params.items()}


def _speak(value: Param) -> str | int:
    if isinstance(value, Words):
        return words(value.zh, value.en)
    if isinstance(value, Texts):
        return words("、", ", ").join(gettext(text) for text in value.texts)
    return f"¥{yuan(value.fen)}" if isinstance(value, Yuan) else value


def yuan(fen: int) -> str:
    """1990 -> "19.90"."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def negotiate(accept_language: str | None) -> str:
    """The best of our languages for an Accept-Language header; Chinese when none fits."""
    best, best_quality = ZH, 0.0
    for part in (accept_language or "").split(","):
        tag, _, quality_text = part.strip().partition(";q=")
        quality = _quality(quality_text)
        language = tag.strip().lower().split("-")[0]
        if quality > best_quality and language in {"zh", "en"}:
            best, best_quality = (ZH if language == "zh" else EN), quality
    return best


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
