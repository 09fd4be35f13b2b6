"""Public numbers: they can be read out over the telephone, and nobody can guess the next."""

import secrets

# Crockford's base32: no I, L, O, U, which look or sound like others.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ORDER_LENGTH = 16
PAYMENT_LENGTH = 24
SHIPMENT_LENGTH = 20
CODE_DIGITS = 6


def new_order_no() -> str:
    return _draw(ORDER_LENGTH)


def new_payment_no() -> str:
    return _draw(PAYMENT_LENGTH)


def new_shipment_no() -> str:
    """Whoever holds it may see where the parcel goes, so it is longer than an order's."""
    return _draw(SHIPMENT_LENGTH)


def new_handover_code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def _draw(length: int) -> str:
    """Five random bits a character, so 80 in the number of an order."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
