"""What the Alipay adapter signs, and which notices it believes."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from app.errors import BadSignature
from app.providers import Notice, PaymentRequest
from app.providers.alipay import Alipay, read_fen, write_yuan
from app.providers.alipay_gateway import Gateway
from app.providers.rsa import is_signed_text, sign_text
from tests.alipay_gateway import (
    ALIPAY_KEY,
    APP_ID,
    SELLER_ID,
    SHOP_KEY,
    STRANGERS_KEY,
    joined,
    query_of,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADDRESS = "https://gateway.example/gateway.do"
ALIPAY = Alipay(
    Gateway(ADDRESS, APP_ID, SHOP_KEY, ALIPAY_KEY.public_key()), SELLER_ID, "https://axf.example"
)
PAYMENT = PaymentRequest("P" * 24, "A" * 16, 2480, NOW + timedelta(minutes=15))
FIELDS = {
    "app_id": APP_ID,
    "seller_id": SELLER_ID,
    "out_trade_no": "P" * 24,
    "trade_no": "2026112122001400000000000001",
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "24.80",
    "subject": "爱鲜蜂 & more = fresh",
    "body": "",
}


def signed(fields: Mapping[str, str], **changes: str) -> bytes:
    """A notice that Alipay signed."""
    told = dict(fields) | changes
    sign = sign_text(ALIPAY_KEY, joined(told))
    return urlencode(told | {"sign": sign, "sign_type": "RSA2"}).encode()


def read(body: bytes) -> Notice | None:
    return ALIPAY.read_notice(body, {}, now=NOW)


async def test_a_desktop_is_led_to_the_page_with_a_signed_request() -> None:
    address = await ALIPAY.begin(PAYMENT)

    params = query_of(address)
    signature = params.pop("sign")
    assert address.startswith(f"{ADDRESS}?")
    assert is_signed_text(SHOP_KEY.public_key(), joined(params), signature)
    assert params["method"] == "alipay.trade.page.pay"
    assert params["notify_url"] == "https://axf.example/payments/notify/alipay/"
    assert params["return_url"] == f"https://axf.example/axf/orders/{'A' * 16}/pay/"
    assert json.loads(params["biz_content"]) == {
        "out_trade_no": "P" * 24,
        "total_amount": "24.80",
        "subject": f"爱鲜蜂 {'A' * 16}",
        "product_code": "FAST_INSTANT_TRADE_PAY",
        "time_expire": "2026-11-21 20:15:00",
    }


async def test_a_phone_is_led_to_the_page_for_phones() -> None:
    params = query_of(await ALIPAY.begin(PAYMENT, on_phone=True))

    content = json.loads(params["biz_content"])
    assert params["method"] == "alipay.trade.wap.pay"
    assert content["product_code"] == "QUICK_WAP_WAY"
    assert content["quit_url"] == f"https://axf.example/axf/orders/{'A' * 16}/pay/"


@pytest.mark.parametrize("status", ["TRADE_SUCCESS", "TRADE_FINISHED"])
def test_a_paid_trade_is_a_notice(status: str) -> None:
    notice = read(signed(FIELDS, trade_status=status))

    assert notice == Notice("alipay", "P" * 24, FIELDS["trade_no"], 2480)


@pytest.mark.parametrize("status", ["WAIT_BUYER_PAY", "TRADE_CLOSED", "NEW_WORD", ""])
def test_what_is_not_about_money_that_came_is_no_notice(status: str) -> None:
    assert read(signed(FIELDS, trade_status=status)) is None


@pytest.mark.parametrize("name", ["total_amount", "out_trade_no", "trade_status", "app_id"])
def test_a_changed_field_breaks_the_signature(name: str) -> None:
    body = signed(FIELDS).replace(
        urlencode({name: FIELDS[name]}).encode(), urlencode({name: "1"}).encode()
    )

    with pytest.raises(BadSignature):
        read(body)


def test_a_strangers_signature_is_refused() -> None:
    sign = sign_text(STRANGERS_KEY, joined(FIELDS))

    with pytest.raises(BadSignature):
        read(urlencode(FIELDS | {"sign": sign, "sign_type": "RSA2"}).encode())


def test_our_own_signature_is_refused() -> None:
    """Who could read the shop's key must not be able to say that money came."""
    sign = sign_text(SHOP_KEY, joined(FIELDS))

    with pytest.raises(BadSignature):
        read(urlencode(FIELDS | {"sign": sign, "sign_type": "RSA2"}).encode())


@pytest.mark.parametrize("sign_type", ["RSA", "", "none"])
def test_a_weaker_kind_of_signature_is_refused(sign_type: str) -> None:
    sign = sign_text(ALIPAY_KEY, joined(FIELDS))

    with pytest.raises(BadSignature):
        read(urlencode(FIELDS | {"sign": sign, "sign_type": sign_type}).encode())


@pytest.mark.parametrize("name", ["app_id", "seller_id"])
def test_a_notice_for_another_shop_is_refused(name: str) -> None:
    with pytest.raises(BadSignature):
        read(signed(FIELDS, **{name: "2088999999999999"}))

    with pytest.raises(BadSignature):
        read(signed({key: value for key, value in FIELDS.items() if key != name}))


@pytest.mark.parametrize(
    "changes",
    [
        {"total_amount": "24.801"},
        {"total_amount": "-1.00"},
        {"total_amount": "1e3"},
        {"total_amount": "NaN"},
        {"total_amount": "２４"},
        {"out_trade_no": ""},
        {"trade_no": ""},
    ],
)
def test_a_signed_notice_must_also_make_sense(changes: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        read(signed(FIELDS, **changes))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{}",
        b"sign=",
        b"sign=x&sign_type=RSA2",
        b"a=%ff&sign=x&sign_type=RSA2",
        b"&".join(b"a%d=1" % number for number in range(200)),
    ],
)
def test_what_is_no_notice_is_refused(body: bytes) -> None:
    with pytest.raises(BadSignature):
        read(body)


def test_a_field_that_comes_twice_is_refused() -> None:
    with pytest.raises(BadSignature):
        read(signed(FIELDS) + b"&total_amount=24.80")


@pytest.mark.parametrize(
    ("yuan", "fen"),
    [("24.80", 2480), ("24.8", 2480), ("24", 2400), ("0.01", 1), ("1.10", 110), ("0.29", 29)],
)
def test_yuan_become_whole_fen(yuan: str, fen: int) -> None:
    assert read_fen(yuan) == fen
    assert read_fen(write_yuan(fen)) == fen


def test_no_key_is_printed() -> None:
    assert "key" not in repr(ALIPAY)
