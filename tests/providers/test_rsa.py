"""RSA2: keys in every form that people paste, and signatures that are right or refused."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from app.providers.rsa import is_signed_text, read_private_key, read_public_key, sign_text
from tests.alipay_gateway import ALIPAY_KEY, SHOP_KEY, private_pem, public_pem

EC_KEY = generate_ec_key(SECP256R1())
SHORT_KEY = generate_private_key(65537, 1024)  # noqa: S505 - to be refused


def pkcs1(encoding: Encoding) -> bytes:
    return SHOP_KEY.private_bytes(encoding, PrivateFormat.TraditionalOpenSSL, NoEncryption())


@pytest.mark.parametrize(
    "text",
    [
        private_pem(SHOP_KEY),
        private_pem(SHOP_KEY).replace("\n", "\r\n"),
        private_pem(SHOP_KEY).replace("\n", "\\n"),
        "".join(private_pem(SHOP_KEY).splitlines()[1:-1]),
        pkcs1(Encoding.PEM).decode(),
        base64.b64encode(pkcs1(Encoding.DER)).decode(),
    ],
    ids=["pem", "windows", "one line", "bare", "pkcs1", "bare pkcs1"],
)
def test_a_private_key_is_read_in_every_form_that_tools_write(text: str) -> None:
    assert read_private_key(text).private_numbers() == SHOP_KEY.private_numbers()


@pytest.mark.parametrize(
    "text", [public_pem(ALIPAY_KEY), "".join(public_pem(ALIPAY_KEY).splitlines()[1:-1])]
)
def test_a_public_key_is_read_in_every_form_that_pages_show(text: str) -> None:
    key = read_public_key(text)

    assert key.public_numbers() == ALIPAY_KEY.public_key().public_numbers()


@pytest.mark.parametrize(
    "text", ["", "hunter2", "aGk=", public_pem(SHOP_KEY), private_pem(SHORT_KEY), "钥匙"]
)
def test_what_is_no_private_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is not an RSA private key") as caught:
        read_private_key(text)

    assert "hunter2" not in str(caught.value)


def test_another_kind_of_private_key_is_refused() -> None:
    text = EC_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    with pytest.raises(ValueError, match="of 2048 bits or more"):
        read_private_key(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        private_pem(SHOP_KEY),
        public_pem(SHORT_KEY),
        EC_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    ],
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is not an RSA public key"):
        read_public_key(text)


def test_a_signature_fits_its_key_and_its_text() -> None:
    signature = sign_text(SHOP_KEY, "a=1&b=爱鲜蜂")

    assert is_signed_text(SHOP_KEY.public_key(), "a=1&b=爱鲜蜂", signature)
    assert not is_signed_text(SHOP_KEY.public_key(), "a=2&b=爱鲜蜂", signature)
    assert not is_signed_text(ALIPAY_KEY.public_key(), "a=1&b=爱鲜蜂", signature)


@pytest.mark.parametrize("signature", ["", "====", "AAAA", "é", "A" * 10_000])
def test_a_broken_signature_is_only_wrong(signature: str) -> None:
    assert not is_signed_text(SHOP_KEY.public_key(), "a=1", signature)
