"""What can follow from an order's history: the line that was written, and what is done about it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of an order's history, just written; the order's row is locked.

    `kind` is that of the event ("delivered", "refund_done"), `note` its note: with refunds it is
    the refund's number.
    """

    order_id: int
    kind: str
    note: str
    now: datetime


Effect = Callable[[AsyncSession, Happening], Awaitable[None]]
