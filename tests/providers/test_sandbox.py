"""The sandbox's notices: only what it signed itself, a short while ago, is believed."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.errors import BadSignature
from app.providers import Notice, PaymentRequest
from app.providers.sandbox import PURPOSE, SIGNATURE, TIMESTAMP, Sandbox
from app.security import sign

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SANDBOX = Sandbox("a secret")
PAYMENT = PaymentRequest("P" * 24, "A" * 16, 1990)


async def test_the_shopper_is_sent_to_the_page_of_the_payment() -> None:
    assert await SANDBOX.begin(PAYMENT) == f"/sandbox/pay/{'P' * 24}/"


def test_its_own_notice_is_read() -> None:
    body, headers = SANDBOX.write_notice(PAYMENT, now=NOW)

    notice = SANDBOX.read_notice(body, headers, now=NOW)

    assert notice == Notice("sandbox", "P" * 24, f"SB-{'P' * 24}", 1990)


def test_paying_twice_has_one_reference() -> None:
    first, _ = SANDBOX.write_notice(PAYMENT, now=NOW)
    second, _ = SANDBOX.write_notice(PAYMENT, now=NOW + timedelta(minutes=1))

    assert json.loads(first)["ref"] == json.loads(second)["ref"]


def test_another_amount_breaks_the_signature() -> None:
    body, headers = SANDBOX.write_notice(PAYMENT, now=NOW)

    with pytest.raises(BadSignature):
        SANDBOX.read_notice(body.replace(b"1990", b"1991"), headers, now=NOW)


def test_another_time_breaks_the_signature() -> None:
    body, headers = SANDBOX.write_notice(PAYMENT, now=NOW - timedelta(hours=1))

    with pytest.raises(BadSignature):
        SANDBOX.read_notice(body, headers | {TIMESTAMP: str(int(NOW.timestamp()))}, now=NOW)


def test_another_shops_secret_is_refused() -> None:
    body, headers = Sandbox("another secret").write_notice(PAYMENT, now=NOW)

    with pytest.raises(BadSignature):
        SANDBOX.read_notice(body, headers, now=NOW)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_future_notice_is_refused(minutes: int) -> None:
    body, headers = SANDBOX.write_notice(PAYMENT, now=NOW + timedelta(minutes=minutes))

    with pytest.raises(BadSignature):
        SANDBOX.read_notice(body, headers, now=NOW)


@pytest.mark.parametrize("minutes", [-4, 4])
def test_clocks_may_differ_a_little(minutes: int) -> None:
    body, headers = SANDBOX.write_notice(PAYMENT, now=NOW + timedelta(minutes=minutes))

    assert SANDBOX.read_notice(body, headers, now=NOW).amount_fen == 1990


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {TIMESTAMP: "now", SIGNATURE: "f" * 64},
        {TIMESTAMP: "", SIGNATURE: ""},
        {TIMESTAMP: "1\udcff", SIGNATURE: "é\udcff"},
    ],
)
def test_broken_headers_are_refused(headers: dict[str, str]) -> None:
    body, _ = SANDBOX.write_notice(PAYMENT, now=NOW)

    with pytest.raises(BadSignature):
        SANDBOX.read_notice(body, headers, now=NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"payment_no":"P","ref":"R","amount_fen":NaN}',
        b'{"payment_no":"P","ref":"R","amount_fen":"1990"}',
        b'{"payment_no":"P","ref":"R","amount_fen":-1}',
        b'{"payment_no":"P","ref":"R","amount_fen":1e999}',
        b'{"payment_no":"P\\u0000","ref":"R","amount_fen":1}',
    ],
)
def test_a_signed_body_must_also_make_sense(body: bytes) -> None:
    at = str(int(NOW.timestamp()))
    signature = sign("a secret", PURPOSE, at.encode() + b"." + body)

    with pytest.raises(BadSignature):
        SANDBOX.read_notice(body, {TIMESTAMP: at, SIGNATURE: signature}, now=NOW)


@pytest.mark.parametrize("at", ["", "now", "nan", "1e9", "-1", " 1", "١", "9" * 5000])
def test_a_signed_time_must_also_be_one(at: str) -> None:
    body, _ = SANDBOX.write_notice(PAYMENT, now=NOW)
    signature = sign("a secret", PURPOSE, at.encode() + b"." + body)

    with pytest.raises(BadSignature):
        SANDBOX.read_notice(body, {TIMESTAMP: at, SIGNATURE: signature}, now=NOW)


def test_the_secret_is_not_printed() -> None:
    assert "a secret" not in repr(SANDBOX)
