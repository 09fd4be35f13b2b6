"""What the pages of orders show, with the words and sums that follow from it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.services.order_moves import SHOPPER, allowed
from app.services.refund_queries import RefundView
from app.services.reviews import ARRIVED

# For so long after delivery a shopper may ask for money back.
REFUND_TIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Head:
    """An order without its lines. `late_fen` is money that came in beside it and is given back."""

    now: datetime
    late_fen: int
    id: int
    no: str
    status: str
    close_reason: str | None
    goods_fen: int
    ship_fen: int
    off_fen: int
    points_fen: int
    pay_fen: int
    refunded_fen: int
    quantity: int
    receiver: str
    phone: str
    region: str
    area: str
    room: str
    note: str
    placed_at: datetime
    pay_by: datetime | None
    paid_at: datetime | None
    delivered_at: datetime | None
    slot_starts_at: datetime | None
    slot_ends_at: datetime | None

    @property
    def state(self) -> str:
        """The status in the shopper's eyes: an order past its time is `expired`, and is shown so
        before anybody has come to close it."""
        if self.status == "unpaid" and self.pay_by is not None and self.pay_by <= self.now:
            return "expired"
        if self.status == "closed" and self.close_reason == "timeout":
            return "expired"
        return self.status

    @property
    def can_pay(self) -> bool:
        return self.state == "unpaid"

    @property
    def actions(self) -> list[str]:
        """What the shopper may do now, as the names of moves."""
        return allowed(self.state, SHOPPER)

    @property
    def can_ask_refund(self) -> bool:
        if self.status not in {"delivered", "completed"} or self.delivered_at is None:
            return False
        return self.now < self.delivered_at + REFUND_TIME

    @property
    def seconds_to_pay(self) -> int:
        return max(0, int((self.pay_by - self.now).total_seconds())) if self.pay_by else 0

    @property
    def seconds_given(self) -> int:
        return int((self.pay_by - self.placed_at).total_seconds()) if self.pay_by else 0

    @property
    def masked_phone(self) -> str:
        return f"{self.phone[:3]}****{self.phone[-4:]}"

    @property
    def groups(self) -> list[str]:
        """The number in pieces of four, to be read out."""
        return [self.no[start : start + 4] for start in range(0, len(self.no), 4)]


@dataclass(frozen=True, slots=True)
class Piece:
    """A frozen line."""

    order_id: int
    goods_id: int
    name_zh: str
    name_en: str
    spec: str
    picture: str
    tint: str
    quantity: int
    unit_fen: int
    pay_fen: int
    refunded_quantity: int
    note: str
    is_reviewed: bool

    @property
    def kept(self) -> int:
        """Pieces whose money has not been given back."""
        return self.quantity - self.refunded_quantity


def _can_review(head: Head, lines: tuple[Piece, ...]) -> bool:
    return head.status in ARRIVED and any(line.kept and not line.is_reviewed for line in lines)


@dataclass(frozen=True, slots=True)
class Event:
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderView:
    """One order with its lines, its refunds and its history, latest first."""

    head: Head
    lines: tuple[Piece, ...]
    events: tuple[Event, ...]
    refunds: tuple[RefundView, ...]

    @property
    def refundable(self) -> tuple[Piece, ...]:
        """What the shopper may now ask money back for."""
        if not self.head.can_ask_refund:
            return ()
        return tuple(line for line in self.lines if line.kept and line.pay_fen)

    @property
    def can_review(self) -> bool:
        return _can_review(self.head, self.lines)


@dataclass(frozen=True, slots=True)
class Listed:
    head: Head
    lines: tuple[Piece, ...]

    @property
    def can_review(self) -> bool:
        return _can_review(self.head, self.lines)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Some orders, latest first; `next_before` is where the next page begins, if there is one."""

    orders: tuple[Listed, ...]
    next_before: str | None
