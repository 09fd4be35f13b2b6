"""What follows from something that happened to an order, in the same transaction."""

from collections.abc import Awaitable, Callable, Mapping
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

# In the order in which they are carried out. An effect must be right also when it runs again.
EFFECTS: Mapping[str, tuple[Effect, ...]] = {}


async def carry_out(session: AsyncSession, happening: Happening) -> None:
    for effect in EFFECTS.get(happening.kind, ()):
        await effect(session, happening)
