"""When and by whom the demo shoppers' orders were placed and moved on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.models import User
from app.services.demo.parts import DemoOrder, DemoShopper

SHOP_ZONE = ZoneInfo("Asia/Shanghai")

# How an order comes to its last status, how long after placing, and the word in its history.
_PAID = ("paid",)
_SHIPPING = (*_PAID, "picking", "shipping")
_DELIVERED = (*_SHIPPING, "delivered")
PATHS = {
    "paid": _PAID,
    "shipping": _SHIPPING,
    "delivered": _DELIVERED,
    "completed": (*_DELIVERED, "completed"),
    "closed": ("closed",),
}
STEPS = {
    "paid": (timedelta(minutes=2), "paid"),
    "picking": (timedelta(minutes=8), "picking"),
    "shipping": (timedelta(minutes=19), "shipping"),
    "delivered": (timedelta(minutes=47), "delivered"),
    "completed": (timedelta(hours=26), "completed"),
    "closed": (timedelta(minutes=6), "cancelled"),
}


@dataclass(frozen=True, slots=True)
class Placing:
    """An order about to be written: whose, what, and when each status was reached."""

    user: User
    shopper: DemoShopper
    order: DemoOrder
    placed_at: datetime
    pieces: dict[int, int]

    @property
    def path(self) -> tuple[str, ...]:
        return PATHS[self.order.status]

    def when(self, status: str) -> datetime:
        return self.placed_at + STEPS[status][0]

    def who(self, status: str) -> str:
        """Who moved the order there."""
        if status == "paid":
            return "provider:sandbox"
        return f"user:{self.user.id}" if status in {"unpaid", "completed", "closed"} else "staff"


def plan_orders(
    user: User, shopper: DemoShopper, goods_ids: Mapping[str, int], *, now: datetime
) -> list[Placing]:
    return [
        Placing(
            user=user,
            shopper=shopper,
            order=order,
            placed_at=_placed_at(order, now),
            pieces={goods_ids[name]: quantity for name, quantity in order.goods.items()},
        )
        for order in shopper.orders
    ]


def _placed_at(order: DemoOrder, now: datetime) -> datetime:
    if order.clock is None:
        return now - timedelta(minutes=order.minutes)
    day = (now.astimezone(SHOP_ZONE) - timedelta(days=order.days)).date()
    return datetime.combine(day, order.clock, SHOP_ZONE)
