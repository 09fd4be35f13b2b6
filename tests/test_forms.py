"""What may be typed, and the words for what may not."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.types import Message

from app.errors import InvalidInput
from app.forms import (
    Checkbox,
    Email,
    Password,
    Phone,
    ShopForm,
    problem_with_username,
    read_form,
    username_key,
)


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "ann",
        "林小满",
        "小林_2.0-x",
        "🍎🍐",
        "👨\u200d👩\u200d👧👍🏽",
        "Ünï",
        "ａｎｎ",
        "x" * 32,
        "蜂" * 32,
        "नमस्ते",
    ],
)
def test_names_of_all_scripts_can_be_taken(name: str) -> None:
    assert problem_with_username(name) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "At least 2 characters"),
        ("a", "At least 2 characters"),
        (" a ", "At least 2 characters"),
        ("🍎", "At least 2 characters"),
        ("a\ufe0f\u200d", "At least 2 characters"),
        ("x" * 33, "This is too long"),
        ("ﷺ" * 10, "This is too long"),
        ("a b", "Letters, digits, Chinese characters and _ - . only"),
        ("<svg/onload=x>", "Letters, digits, Chinese characters and _ - . only"),
        ("a@b", "Letters, digits, Chinese characters and _ - . only"),
        ("\u3164\u3164", "Letters, digits, Chinese characters and _ - . only"),
        ("ann\U0001d159", "Letters, digits, Chinese characters and _ - . only"),
        ("\u2800\u2800", "Letters, digits, Chinese characters and _ - . only"),
        ("a\u200bb", "Letters, digits, Chinese characters and _ - . only"),
        ("a\u202eb", "Letters, digits, Chinese characters and _ - . only"),
        ("\u0301ab", "Letters, digits, Chinese characters and _ - . only"),
        ("a\0b", "Some characters here cannot be used"),
        ("a\ud800b", "Some characters here cannot be used"),
        ("a\nb", "Some characters here cannot be used"),
    ],
    ids=ascii,
)
def test_a_name_that_cannot_be_is_refused_in_words(name: str, reason: str) -> None:
    problem = problem_with_username(name)

    assert problem is not None
    assert problem.text == reason


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann", "ann"),
        ("ANN", "ann"),
        ("ａｎｎ", "ann"),
        ("Straße", "STRASSE"),
        ("cafe\u0301", "caf\u00e9"),
        ("a\u200dnn", "ann"),
        ("👨\u200d👩", "👨👩"),
        ("☎\ufe0f☎\ufe0f", "☎☎"),
        ("葛\U000e0100城", "葛城"),
    ],
    ids=ascii,
)
def test_names_that_look_alike_are_one(one: str, other: str) -> None:
    assert username_key(one) == username_key(other)


@pytest.mark.parametrize(("one", "other"), [("🍎🍎", "🍐🍐"), ("ann", "änn"), ("林", "琳")])
def test_names_that_differ_are_two(one: str, other: str) -> None:
    assert username_key(one) != username_key(other)


@given(st.text(max_size=40))
@example("ΐ\u0345")
@example("\u1e9e")
def test_a_key_is_its_own_key(name: str) -> None:
    assert username_key(username_key(name)) == username_key(name)


@given(st.text(max_size=40))
def test_an_accepted_name_fits_the_table(name: str) -> None:
    if problem_with_username(name) is None:
        assert 2 <= len(username_key(name)) <= 64
        assert len(name.strip()) <= 40


class Everything(ShopForm):
    email: Email = ""
    password: Password = "long enough"
    remember: Checkbox = False


def wrong_fields(**typed: str) -> set[str]:
    try:
        Everything.model_validate(typed)
    except ValidationError as error:
        return {str(problem["loc"][0]) for problem in error.errors()}
    return set()


@pytest.mark.parametrize("length", [8, 72, 256])
def test_a_password_has_8_to_256_characters(length: int) -> None:
    assert wrong_fields(password="蜂" * length) == set()


@pytest.mark.parametrize("length", [0, 7, 257])
def test_a_shorter_or_longer_password_is_refused(length: int) -> None:
    assert wrong_fields(password="蜂" * length) == {"password"}


def test_a_password_is_taken_as_typed() -> None:
    assert Everything(password="  spaces  ").password == "  spaces  "


@pytest.mark.parametrize("email", ["", "  ", "ann@example.com", "林@例子.中国"])
def test_an_email_may_be_missing(email: str) -> None:
    assert wrong_fields(email=email) == set()


@pytest.mark.parametrize(
    "email", ["lin@axf", "lin", "a@b@c.com", "a\0@b.com", "x" * 250 + "@b.com"]
)
def test_half_an_email_is_refused(email: str) -> None:
    assert wrong_fields(email=email) == {"email"}


@pytest.mark.parametrize(
    ("typed", "is_ticked"), [("on", True), ("1", True), ("yes", True), ("", False), ("off", False)]
)
def test_a_box_is_ticked_or_not(typed: str, is_ticked: bool) -> None:
    assert Everything(remember=typed).remember is is_ticked


@pytest.mark.parametrize("typed", ["138 0013 8000", "+8613800138000", "138-0013-8000"])
def test_a_phone_number_may_have_spaces(typed: str) -> None:
    assert TypeAdapter[str](Phone).validate_python(typed) == "13800138000"


async def test_a_page_shown_again_does_not_hold_the_password() -> None:
    body = b"email=lin%40axf&password=long+enough"

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)

    with pytest.raises(InvalidInput):
        await read_form(request, Everything, page="some/page.html", block="form")

    assert request.state.form_page == (
        "some/page.html",
        {"values": {"email": "lin@axf"}, "block": "form"},
    )


def test_a_tower_of_marks_holds_nobody_up() -> None:
    tower = "a" + "\u0301\u0327" * 60_000
    started = time.perf_counter()

    problem = problem_with_username(tower)

    assert problem is not None
    assert problem.text == "This is too long"
    assert time.perf_counter() - started < 0.5
