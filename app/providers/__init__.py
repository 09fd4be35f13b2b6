"""Who collects the money: what the shop needs of a payment provider, and those it has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What a provider is asked to collect. It knows the payment by `payment_no`."""

    payment_no: str
    order_no: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A provider's word, signature checked, that money came in. `ref` is its own number for it."""

    provider: str
    payment_no: str
    ref: str
    amount_fen: int


class PaymentProvider(Protocol):
    @property
    def name(self) -> str:
        """Stands in the table and in the address that notices are sent to."""
        ...

    async def begin(self, payment: PaymentRequest) -> str:
        """The address of the page where the shopper pays. Never called inside a transaction."""
        ...

    def read_notice(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Notice:
        """What a server's call to the notify address says. Raises Forbidden if it is not theirs."""
        ...
