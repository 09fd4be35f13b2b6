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
    pay_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A provider's word, signature checked, that money came in. `ref` is its own number for it."""

    provider: str
    payment_no: str
    ref: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money to give back. The provider knows it by `refund_no`: asked twice, it gives once.

    `provider_ref` is the provider's own number of the payment that it comes from.
    """

    refund_no: str
    payment_no: str
    provider_ref: str
    amount_fen: int
    reason: str = ""


class ProviderAway(Exception):
    """No answer, or none to be trusted. Nobody knows whether it happened: ask again later."""


class ProviderRefused(Exception):
    """A signed no, with the provider's own word for the reason. Asking again will not help."""


class PaymentProvider(Protocol):
    """Everything but `begin` and `read_notice` calls another server: never in a transaction."""

    @property
    def name(self) -> str:
        """Stands in the table and in the address that notices are sent to."""
        ...

    async def begin(self, payment: PaymentRequest, *, on_phone: bool = False) -> str:
        """The address of the page where the shopper pays."""
        ...

    def read_notice(
        self, body: bytes, headers: Mapping[str, str], *, now: datetime
    ) -> Notice | None:
        """What a server's call to the notify address says; None when it is not about money.

        Raises BadSignature if it is not the provider's.
        """
        ...

    async def query(self, payment_no: str) -> Notice | None:
        """What a notice would say now, None while nothing was paid. Raises ProviderAway."""
        ...

    async def refund(self, refund: RefundRequest) -> str:
        """The provider's reference of the money given back, the same whenever it is asked again.

        Raises ProviderAway, after which it must be asked again, or ProviderRefused.
        """
        ...
