"""What may be typed into the shop's forms, and the words for what may not."""

import re
import unicodedata
from typing import Annotated, Any, TypeVar

from email_validator import EmailNotValidError, validate_email
from fastapi import Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError
from starlette.datastructures import UploadFile

from app.errors import N_, InvalidInput, Message

Form = TypeVar("Form", bound="ShopForm")

_BUILT_IN = {
    "missing": N_("Please fill this in"),
    "int_parsing": N_("Please enter a whole number"),
    "bool_parsing": N_("Please choose yes or no"),
}


class ShopForm(BaseModel):
    """Base of all forms. Unknown fields are ignored: they are bound to nothing."""

    model_config = ConfigDict(extra="ignore", frozen=True)


async def read_form(request: Request, form: type[Form], *, page: str, **context: Any) -> Form:
    """The posted form, checked.

    When something is wrong, `page` is shown again at 422 with what was typed (but passwords) and
    the reason beside each field; also when a service raises InvalidInput afterwards.
    """
    values = await _typed(request)
    request.state.form_page = (page, {"values": values, **context})
    try:
        return form.model_validate(values)
    except ValidationError as error:
        raise InvalidInput(_reasons(error)) from None


async def _typed(request: Request) -> dict[str, str]:
    data = await request.form(max_files=0, max_fields=50)
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
    text = unicodedata.normalize("NFC", text).strip()
    if any(unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"} for char in text):
        raise refuse(N_("Some characters here cannot be used"))
    return text


def _length(least: int, most: int, too_short: str) -> AfterValidator:
    def check(text: str) -> str:
        if len(text) < least:
            raise refuse(too_short)
        if len(text) > most:
            raise refuse(N_("This is too long"))
        return text

    return AfterValidator(check)


def _username(name: str) -> str:
    if not all(
        unicodedata.category(char)[0] in "LMN" or char in "_-." or _is_emoji(char) for char in name
    ):
        raise refuse(N_("Letters, digits, Chinese characters and _ - . only"))
    return name


def _is_emoji(char: str) -> bool:
    return unicodedata.category(char) == "So"


def username_key(name: str) -> str:
    """How names are compared: Ａnn, ann and ANN are one."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _email(text: str) -> str | None:
    if not text:
        return None
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise refuse(N_("That is not a whole e-mail address, like name@example.com")) from None


def _phone(text: str) -> str:
    digits = re.sub(r"[\s-]", "", text).removeprefix("+86")
    if not re.fullmatch(r"1[3-9][0-9]{9}", digits):
        raise refuse(N_("Please enter an 11-digit mobile number"))
    return digits


Line = Annotated[str, BeforeValidator(_line)]
Username = Annotated[Line, _length(2, 32, N_("At least 2 characters")), AfterValidator(_username)]
# Passwords are taken as typed: any character, no trimming.
Password = Annotated[str, _length(8, 256, N_("At least 8 characters"))]
Email = Annotated[Line, _length(0, 254, ""), AfterValidator(_email)]
Phone = Annotated[Line, AfterValidator(_phone)]
Filled80 = Annotated[Line, _length(1, 80, N_("Please fill this in"))]
Filled32 = Annotated[Line, _length(1, 32, N_("Please fill this in"))]
Note60 = Annotated[Line, _length(0, 60, "")]
