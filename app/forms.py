"""What may be typed into the shop's forms, and the words for what may not."""

import re
import unicodedata
from typing import Annotated, Any, ClassVar, TypeVar
from urllib.parse import parse_qsl

from email_validator import EmailNotValidError, validate_email
from fastapi import Request
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError
from starlette.datastructures import UploadFile

from app.errors import N_, InvalidInput, Message, Unreadable

Form = TypeVar("Form", bound="ShopForm")

MOST_FIELDS = 50
SHORTEST_NAME = 2
LONGEST_NAME = 32
LONGEST_KEY = 64
LONGEST_LINE = 1000
ZERO_WIDTH_JOINER = "\u200d"
# Letters and signs by their category, but nothing is to be seen.
_BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\U0001d159"
)
# Joins emoji, or chooses how one or a character is drawn.
_UNSEEN = dict.fromkeys([0x200D, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])

_BUILT_IN = {
    "missing": N_("Please fill this in"),
    "int_parsing": N_("Please enter a whole number"),
    "bool_parsing": N_("Please choose yes or no"),
}


class ShopForm(BaseModel):
    """Base of all forms. Unknown fields are ignored: they are bound to nothing."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    most_fields: ClassVar[int] = MOST_FIELDS


async def read_form(
    request: Request, form: type[Form], *, page: str | None = None, **context: Any
) -> Form:
    """The posted form, checked.

    When something is wrong, `page` is shown again at 422 with what was typed (but passwords) and
    the reason beside each field; also when a service raises InvalidInput afterwards. `context` is
    handed to `render`, so `block="…"` names what htmx gets of the page; `fresh`, a function,
    is awaited only then, for the part of the context that has to be read again.
    """
    values = await read_typed(request, most=form.most_fields)
    show_again(request, page, values, context)
    return check_form(form, values)


def show_again(
    request: Request, page: str | None, values: dict[str, str], context: dict[str, Any]
) -> None:
    """Answer whatever is refused from now on with this page, filled in as it was."""
    if page is not None:
        shown = {key: value for key, value in values.items() if "password" not in key}
        request.state.form_page = (page, {"values": shown, **context})


def check_form(form: type[Form], values: dict[str, str]) -> Form:
    try:
        return form.model_validate(values)
    except ValidationError as error:
        raise InvalidInput(_reasons(error)) from None


async def read_typed(request: Request, *, most: int = MOST_FIELDS) -> dict[str, str]:
    """What was posted, unchecked; of a field that comes twice the last."""
    try:
        values = await _fields(request, most)
        # A multipart body may name an encoding, and some bring half characters.
        "".join([*values, *values.values()]).encode()
    except ValueError:
        raise Unreadable from None
    return values


async def _fields(request: Request, most: int) -> dict[str, str]:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        # Scripts send UTF-8 as it is, not as %E6…, and Starlette would read it as Latin-1.
        body = (await request.body()).decode("utf-8", "replace")
        return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=most))
    data = await request.form(max_files=0, max_fields=most)
    return {key: value for key, value in data.items() if not isinstance(value, UploadFile)}


def _reasons(error: ValidationError) -> dict[str, Message]:
    reasons: dict[str, Message] = {}
    for problem in error.errors(include_url=False, include_input=False):
        field = str(problem["loc"][0]) if problem["loc"] else ""
        text = _BUILT_IN.get(problem["type"])
        if text is None and problem["type"].startswith("axf_"):
            text = problem["ctx"]["text"]
        reasons.setdefault(field, Message(text or N_("That does not fit here"), {}))
    return reasons


def refuse(text: str) -> PydanticCustomError:
    """A validation error whose text is one of the shop's messages."""
    return PydanticCustomError("axf_refused", "{text}", {"text": text})


def _line(text: Any) -> Any:  # Any: pydantic hands over whatever was posted
    """One line of plain text: normalised, trimmed, without control characters or half emoji."""
    if not isinstance(text, str):
        return text
    if len(text) > LONGEST_LINE:  # before normalising, which takes the square of the marks' number
        raise refuse(N_("This is too long"))
    text = unicodedata.normalize("NFC", text).strip()
    if any(unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"} for char in text):
        raise refuse(N_("Some characters here cannot be used"))
    return text


def _text(text: Any) -> Any:  # Any: as above
    """As a line, but there may be several, with at most one empty one between two."""
    if not isinstance(text, str):
        return text
    text = text.replace("\r\n", "\n")
    if len(text) > LONGEST_LINE:
        raise refuse(N_("This is too long"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(map(_line, text.split("\n")))).strip()


def _length(least: int, most: int, too_short: str) -> AfterValidator:
    def check(text: str) -> str:
        if len(text) < least:
            raise refuse(too_short)
        if len(text) > most:
            raise refuse(N_("This is too long"))
        return text

    return AfterValidator(check)


def _username(name: str) -> str:
    if not all(_may_be_in_a_name(char) for char in name) or unicodedata.category(name[0])[0] == "M":
        raise refuse(N_("Letters, digits, Chinese characters and _ - . only"))
    if len(username_key(name)) < SHORTEST_NAME:
        raise refuse(N_("At least 2 characters"))
    if len(username_key(name)) > LONGEST_KEY:  # one character may be compared as up to eighteen
        raise refuse(N_("This is too long"))
    return name


def _nickname(name: str) -> str:
    """As a user name, with spaces between words; empty for none."""
    if not all(_may_be_in_a_name(char) for char in name if char != " "):
        raise refuse(N_("Letters, digits, Chinese characters, spaces and _ - . only"))
    if name and (not username_key(name) or unicodedata.category(name[0])[0] == "M"):
        raise refuse(N_("Some characters here cannot be used"))
    return name


def _may_be_in_a_name(char: str) -> bool:
    category = unicodedata.category(char)
    is_joiner = char == ZERO_WIDTH_JOINER or unicodedata.name(char, "").startswith("EMOJI MODIFIER")
    return (
        category[0] in "LMN" or category == "So" or char in "_-." or is_joiner
    ) and char not in _BLANK


def username_key(name: str) -> str:
    """How names are compared: Ａnn, ann and ANN are one, and what nobody sees does not count."""
    key = name.translate(_UNSEEN)
    for _ in range(2):  # Unicode's own recipe: folding may undo the normal form
        key = unicodedata.normalize("NFKC", key).casefold()
    return unicodedata.normalize("NFKC", key).translate(_UNSEEN).strip()


def problem_with_username(name: str) -> Message | None:
    """Why this cannot be a name; None when it can."""
    try:
        _a_username.validate_python(name)
    except ValidationError as error:
        return _reasons(error)[""]
    return None


def _checked(value: Any) -> Any:  # Any: as above
    """A box that is ticked is posted as `on` or any other word; one that is not, not at all."""
    return value not in {"", "0", "off", "false"} if isinstance(value, str) else value


def _email(text: str) -> str | None:
    if not text:
        return None
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise refuse(N_("That is not a whole e-mail address, like name@example.com")) from None


def _code(text: str) -> str:
    digits = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text))
    if not re.fullmatch(r"[0-9]{6}", digits):
        raise refuse(N_("Please enter the six digits"))
    return digits


def _phone(text: str) -> str:
    digits = re.sub(r"[\s-]", "", text).removeprefix("+86")
    if not re.fullmatch(r"1[3-9][0-9]{9}", digits):
        raise refuse(N_("Please enter an 11-digit mobile number"))
    return digits


Line = Annotated[str, BeforeValidator(_line)]
Username = Annotated[
    Line,
    _length(SHORTEST_NAME, LONGEST_NAME, N_("At least 2 characters")),
    AfterValidator(_username),
]
_a_username: TypeAdapter[str] = TypeAdapter(Username)
Nickname = Annotated[Line, _length(0, LONGEST_NAME, ""), AfterValidator(_nickname)]
# What is typed to log in is only compared, so a name that cannot exist is just not known.
Known = Annotated[Line, _length(1, 256, N_("Please fill this in"))]
KnownPassword = Annotated[str, _length(1, 256, N_("Please fill this in"))]
Checkbox = Annotated[bool, BeforeValidator(_checked)]
# Passwords are taken as typed: any character, no trimming.
Password = Annotated[str, _length(8, 256, N_("At least 8 characters"))]
Email = Annotated[Line, _length(0, 254, ""), AfterValidator(_email)]
Phone = Annotated[Line, AfterValidator(_phone)]
HandOverCode = Annotated[Line, AfterValidator(_code)]
Filled80 = Annotated[Line, _length(1, 80, N_("Please fill this in"))]
Filled60 = Annotated[Line, _length(1, 60, N_("Please fill this in"))]
Filled32 = Annotated[Line, _length(1, 32, N_("Please fill this in"))]
Note60 = Annotated[Line, _length(0, 60, "")]
Text500 = Annotated[str, BeforeValidator(_text), _length(0, 500, "")]
