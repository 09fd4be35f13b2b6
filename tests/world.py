"""A small shop in memory, and a model of what should be in its books."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import StaticPool

from app.db import Database
from app.errors import ShopError
from app.models import Base, Goods, Order, Payment, Stock, User
from app.models.base import utcnow
from app.providers import Notice, ProviderAway, ProviderRefused, RefundRequest
from app.services.audit import RULES
from app.services.basket import Basket
from tests.factories import make_address, make_coupon, make_goods, make_slot, make_user
from tests.flash_sales import make_offer
from tests.membership import make_member
from tests.shopping import wrong_books

STAFF = "staff:test"
PRICES = (990, 333, 1)
MEMBER_PRICE = 900  # of the first good; the second shopper is a silver member
STOCKS = (12, 9, 6)
FLASHED = 1  # the second good is in a flash sale
COUPON_FEN = 500
ALL_RULES = text(
    " UNION ALL ".join(f"SELECT '{rule.name}' WHERE EXISTS ({rule.sql})" for rule in RULES)
)
Work = Callable[..., Awaitable[Any]]


class MoodyProvider:
    """Gives money back, or is away, or refuses."""

    name = "sandbox"

    def __init__(self) -> None:
        self.mood = "fine"
        self.given: dict[str, int] = {}

    async def refund(self, refund: RefundRequest) -> str:
        if self.mood == "refuses":
            raise ProviderRefused("TEST")
        # The answer of one that is away is lost: the money may have gone all the same.
        self.given[refund.refund_no] = refund.amount_fen
        if self.mood == "away":
            raise ProviderAway("test")
        return f"B-{refund.refund_no}"


@dataclass
class Line:
    """What the model knows of a line. `back` is how many pieces were refunded."""

    goods: int
    quantity: int
    pay_fen: int
    held: int
    back: int = 0

    def take(self, pieces: int) -> int:
        """Refund pieces; what the shopper gets for them."""
        before = self.pay_fen * self.back // self.quantity
        self.back += pieces
        return self.pay_fen * self.back // self.quantity - before


@dataclass
class Bought:
    """What the model knows of an order."""

    id: int
    no: str
    user_id: int
    key: str
    basket: Basket
    pay_fen: int
    lines: dict[int, Line]
    status: str = "unpaid"
    back_fen: int = 0
    under_way: int = 0
    arrived: int = 0
    begun: list[str] = field(default_factory=list)


class World:
    """Every step is a call of a service; a refused one must leave everything as it was."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.now = utcnow()
        self.provider = MoodyProvider()
        self.orders: list[Bought] = []
        self.notices: list[tuple[Notice, str]] = []
        self.on_hand, self.allocated = Counter[int](), Counter[int]()
        self.received_fen = self.promised_fen = 0
        self.run(self._open())

    def close(self) -> None:
        self.run(self.engine.dispose())
        self.runner.close()

    def run(self, work: Awaitable[Any]) -> Any:  # Any: whatever the step answers
        async def wrapped() -> Any:
            return await work

        return self.runner.run(wrapped())

    def write(self, work: Work, *args: Any, **more: Any) -> Any:
        return self.run(self.db.write_keyed(work, *args, **more))

    def attempt(self, work: Work, *args: Any, **more: Any) -> tuple[bool, Any]:
        """Whether the shop did it, and its answer."""
        try:
            return True, self.write(work, *args, **more)
        except ShopError as refusal:
            return False, refusal

    async def _open(self) -> None:
        self.engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)

        @event.listens_for(self.engine.sync_engine, "connect")
        def prepare(connection: Any, _: Any) -> None:
            connection.isolation_level = None
            connection.execute("PRAGMA foreign_keys=ON")

        @event.listens_for(self.engine.sync_engine, "begin")
        def begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN")

        async with self.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self.db = Database(sessions, sessions, readers=1, writers=1, budget=60)
        await self.db.write(self._furnish)

    async def _furnish(self, session: AsyncSession) -> None:
        self.goods = [
            (await make_goods(session, price=price, stock=stock)).id
            for price, stock in zip(PRICES, STOCKS, strict=True)
        ]
        self.on_hand.update(dict(zip(self.goods, STOCKS, strict=True)))
        (await session.get_one(Goods, self.goods[0])).member_price_fen = MEMBER_PRICE
        await make_slot(session, capacity=2)
        await make_slot(session, capacity=4, hours=5, fee=300)
        self.users = []
        for _ in range(2):
            user = await make_user(session)
            await make_address(session, user)
            for kind in ("amount", "amount", "delivery"):
                await make_coupon(session, user, kind=kind, amount=COUPON_FEN)
            self.users.append(user.id)
        await make_member(session, await session.get_one(User, self.users[1]), 1)

    def open_flash_sale(self) -> None:
        async def work(session: AsyncSession) -> None:
            good = await session.get_one(Goods, self.goods[FLASHED])
            await make_offer(session, good, price=200, quota=4, per_user=3)

        self.write(work)

    def check(self) -> None:
        """The books add up, and the shop has what the model says that it should have."""
        self.check_books()
        assert self.run(self.db.read(self._count)) == (
            {goods: (self.on_hand[goods], self.allocated[goods]) for goods in self.goods},
            {order.no: (order.status, order.back_fen) for order in self.orders},
            (self.received_fen, self.promised_fen),
        )

    def check_books(self) -> None:
        """All rules in one statement; the rows are only asked for when one is broken."""
        if self.run(self.db.read(self._names_of_broken)):
            raise AssertionError(self.list_wrong())

    def list_wrong(self) -> list[str]:
        return list(self.run(self.db.read(wrong_books)))

    async def _names_of_broken(self, session: AsyncSession) -> list[str]:
        return list(await session.scalars(ALL_RULES))

    async def _count(self, session: AsyncSession) -> tuple[Any, Any, tuple[int, int]]:
        stock = await session.execute(select(Stock.goods_id, Stock.on_hand, Stock.allocated))
        orders = await session.execute(select(Order.no, Order.status, Order.refunded_fen))
        money = await session.execute(
            select(
                func.coalesce(func.sum(Payment.received_fen), 0),
                func.coalesce(func.sum(Payment.refunded_fen), 0),
            )
        )
        sums = money.one()
        return (
            {row[0]: (row[1], row[2]) for row in stock},
            {row[0]: (row[1], row[2]) for row in orders},
            (sums[0], sums[1]),
        )
