"""RSA2, as Alipay calls SHA256withRSA: reading its tools' keys, signing, checking."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
)

LEAST_BITS = 2048  # what Alipay demands for RSA2


def read_private_key(text: str) -> RSAPrivateKey:
    """PKCS#8 or PKCS#1, as PEM or as its bare base64. Raises ValueError, which shows no key."""
    try:
        key = load_der_private_key(_der(text), password=None)
    except (ValueError, TypeError):
        raise ValueError("is not an RSA private key") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < LEAST_BITS:
        raise ValueError(f"is not an RSA private key of {LEAST_BITS} bits or more")
    return key


def read_public_key(text: str) -> RSAPublicKey:
    """X.509, as PEM or as its bare base64, which is what Alipay's pages show."""
    try:
        key = load_der_public_key(_der(text))
    except (ValueError, TypeError):
        raise ValueError("is not an RSA public key") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_BITS:
        raise ValueError(f"is not an RSA public key of {LEAST_BITS} bits or more")
    return key


def _der(text: str) -> bytes:
    """The bytes between the lines BEGIN and END; an .env file may hold its line ends as `\\n`."""
    lines = text.replace("\\n", "\n").split("\n")
    body = "".join(line for line in lines if "-----" not in line)
    return base64.b64decode("".join(body.split()), validate=True)


def sign_text(key: RSAPrivateKey, text: str) -> str:
    return base64.b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode()


def is_signed_text(key: RSAPublicKey, text: str, signature: str) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), text.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
