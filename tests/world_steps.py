"""What shoppers, providers, staff and time do to the small shop, and to its model."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import CartLine, Coupon, CouponTemplate, Goods, Order, OrderLine, Refund, User
from app.providers import Notice
from app.services import payments, refund_decisions, refunds, shipment_failures, shipment_moves
from app.services import sweep as sweeping
from app.services.basket import Basket
from app.services.checkout import Choice, get_checkout
from app.services.order_moves import must_move
from app.services.orders import cancel_order, close_order, confirm_received
from app.services.outbox import take_due
from app.services.placing import place_order
from app.services.points import check_ins, jobs
from app.services.points.ledger import get_order_points
from app.services.refund_sending import RefundSender
from app.services.shipments import ship
from tests.points import give_points
from tests.shopping import DELIVERY, put_in_cart
from tests.world import COUPON_FEN, STAFF, Bought, Line, World


class BusyWorld(World):
    """`parcels`: of which order, and pieces by line."""

    def __init__(self) -> None:
        super().__init__()
        self.parcels: dict[str, tuple[Bought, dict[int, int]]] = {}
        self.serial = 0

    # What shoppers do.

    def place(
        self, user: int, pieces: dict[int, int], *, coupons: bool = True, points: bool = False
    ) -> Bought | None:
        """Order so many of each good (by its place in the list)."""
        self.serial += 1
        key, user_id = f"machine-key-{self.serial:08}", self.users[user]
        basket = self.write(self._fill, user_id, pieces, coupons, points)
        ok, placed = self._place(user_id, key, basket)
        if not ok:
            return None
        order: Bought = self.write(self._learn, placed.no, key, basket)
        for line in order.lines.values():
            assert self.on_hand[line.goods] - self.allocated[line.goods] >= line.quantity
            self.allocated[line.goods] += line.quantity
        self.orders.append(order)
        return order

    def place_again(self, order: Bought) -> None:
        """The same form once more answers the same."""
        ok, placed = self._place(order.user_id, order.key, order.basket)
        assert ok, placed
        assert placed.no == order.no

    def _place(self, user_id: int, key: str, basket: Basket) -> tuple[bool, Any]:
        return self.attempt(
            place_order, user_id, key, basket, DELIVERY, now=self.now, pay_minutes=15
        )

    async def _fill(
        self,
        session: AsyncSession,
        user_id: int,
        pieces: dict[int, int],
        coupons: bool,
        points: bool,
    ) -> Basket:
        await session.execute(delete(CartLine).where(CartLine.user_id == user_id))
        user = await session.get_one(User, user_id)
        for index, quantity in pieces.items():
            good = await session.get_one(Goods, self.goods[index])
            await put_in_cart(session, user, good, quantity)
        wish = Choice(None, None if coupons else frozenset(), points)
        seen = await get_checkout(session, user_id, DELIVERY, wish, now=self.now)
        slot_id = seen.slot.id if seen.slot else None
        return Basket(seen.shown, Choice(slot_id, frozenset(seen.quote.coupon_ids), points))

    async def _learn(self, session: AsyncSession, no: str, key: str, basket: Basket) -> Bought:
        order = (await session.scalars(select(Order).where(Order.no == no))).one()
        found = await session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))
        lines = list(found)
        await _check_coupon(session, order, lines)
        known = {x.id: Line(x.goods_id, x.quantity, x.pay_fen, x.quantity) for x in lines}
        status = "unpaid" if order.pay_fen else "paid"
        return Bought(order.id, no, order.user_id, key, basket, order.pay_fen, known, status)

    def cancel(self, order: Bought) -> None:
        ok, _ = self.attempt(cancel_order, order.user_id, order.no, now=self.now)
        assert ok == (order.status in ("unpaid", "paid")) or order.status == "closed"
        if ok and order.status != "closed":
            self._call_off(order)

    def confirm(self, order: Bought) -> None:
        ok, _ = self.attempt(confirm_received, order.user_id, order.no, now=self.now)
        assert ok == (order.status in ("delivered", "completed"))
        if ok:
            order.status = "completed"

    def check_in(self, user: int) -> None:
        for _ in range(2):
            self.write(check_ins.check_in, self.users[user], self.now)

    # What providers do.

    def begin(self, order: Bought) -> str | None:
        """The number of the order's open payment."""
        _, request = self.attempt(
            payments.begin_payment, order.user_id, order.no, "sandbox", now=self.now
        )
        if request is None:
            return None
        if request.payment_no not in order.begun:
            order.begun.append(request.payment_no)
        return str(request.payment_no)

    def notify(self, order: Bought, payment_no: str, fen: int | None = None) -> str:
        """Money comes in for a payment; it is told twice, and booked once."""
        self.serial += 1
        amount = order.pay_fen if fen is None else fen
        notice = Notice("sandbox", payment_no, f"R{self.serial}", amount)
        is_second = any(old.payment_no == payment_no for old, _ in self.notices)
        status = "late" if is_second else "mismatch" if amount != order.pay_fen else "paid"
        if status == "paid" and order.status != "unpaid":
            status = "late"
        self.received_fen += amount
        if status == "paid":
            order.status = "paid"
        else:
            self.promised_fen += amount
        for _ in range(2):
            assert self.write(payments.take_notice, notice, now=self.now).status == status
        self.notices.append((notice, status))
        return status

    def pay(self, order: Bought) -> None:
        no = self.begin(order)
        if no is not None:
            self.notify(order, no)

    def send_refunds(self, mood: str = "fine") -> None:
        """The outbox is worked; what the provider refuses is looked into and sent once more."""
        self.provider.mood = mood
        sender = RefundSender({"sandbox": self.provider})  # type: ignore[dict-item]
        self.now += timedelta(minutes=3)
        self.run(take_due(self.db, {"refund": sender}, self.now))
        self.check_books()
        for no in self.run(self.db.read(_list_failed)):
            self.write(refund_decisions.retry_refund, no, actor=STAFF, now=self.now)
        if mood == "fine":
            self.run(take_due(self.db, {"refund": sender}, self.now))

    # What staff do.

    def give_points(self, user: int, n: int, days: int) -> None:
        self.write(give_points, self.users[user], n, days=days, now=self.now)

    def pick(self, order: Bought) -> None:
        ok, _ = self.attempt(must_move, order.id, "pick", actor=STAFF, now=self.now)
        assert ok == (order.status == "paid")
        order.status = "picking" if ok else order.status

    def close_by_staff(self, order: Bought) -> None:
        ok, _ = self.attempt(close_order, order.id, "close", "cancel", actor=STAFF, now=self.now)
        assert ok == (order.status in ("unpaid", "paid", "picking"))
        if ok:
            self._call_off(order)

    def pack(self, order: Bought, *, all_of_it: bool = True) -> str | None:
        """All that is not sent yet, or one piece."""
        left = {id_: line.held for id_, line in order.lines.items() if line.held}
        chosen = left if all_of_it else dict.fromkeys(list(left)[:1], 1)
        lines = None if all_of_it else chosen
        ok, no = self.attempt(
            ship, order.id, kind="rider", rider="Wang", lines=lines, actor=STAFF, now=self.now
        )
        assert ok == (order.status in ("picking", "shipping") and bool(left))
        if not ok:
            return None
        for line_id, pieces in chosen.items():
            line = order.lines[line_id]
            line.held -= pieces
            self.on_hand[line.goods] -= pieces
            self.allocated[line.goods] -= pieces
        order.status = "shipping"
        order.under_way += 1
        self.parcels[no] = (order, chosen)
        self.write(shipment_moves.send_out, no, now=self.now)
        return str(no)

    def deliver(self, no: str) -> None:
        order, _ = self.parcels.pop(no)
        self.write(shipment_moves.deliver, no, actor=STAFF, now=self.now)
        order.under_way -= 1
        order.arrived += 1
        self._settle(order)
        if order.status == "delivered":
            self._check_points(order)

    def bring_back(self, no: str, *, is_good: bool) -> None:
        """The parcel comes back; its goods can all be sold again, or none."""
        order, pieces = self.parcels.pop(no)
        restock = pieces if is_good else {}
        back = {
            id_: min(count, order.lines[id_].quantity - order.lines[id_].back)
            for id_, count in pieces.items()
        }
        self.write(shipment_failures.fail_parcel, no, restock, reason="", actor=STAFF, now=self.now)
        order.under_way -= 1
        for id_, count in back.items():
            self.on_hand[order.lines[id_].goods] += count if is_good else 0
            self._promise(order, order.lines[id_].take(count))
        self._settle(order)

    def refund(
        self,
        order: Bought,
        line_id: int,
        pieces: int = 1,
        *,
        is_good: bool = True,
        fee_fen: int = 0,
    ) -> None:
        """Short before it leaves, or bad after it came; perhaps with the delivery fee."""
        line = order.lines[line_id]
        kind = "quality" if order.status in ("delivered", "completed") else "shortage"
        wanted = {line_id: (pieces, pieces if is_good else 0)}
        ok, _ = self.attempt(
            refunds.ask_refund,
            order.id,
            kind,
            wanted,
            ship_fen=fee_fen,
            actor=STAFF,
            now=self.now,
        )
        if not ok:
            return
        if kind == "shortage":
            line.held -= pieces
            self.allocated[line.goods] -= pieces
            self.on_hand[line.goods] -= 0 if is_good else pieces
        else:
            self.on_hand[line.goods] += pieces if is_good else 0
        self._promise(order, line.take(pieces) + fee_fen)
        self.write(shipment_moves.settle_order, order.id, actor=STAFF, now=self.now)
        self._settle(order)

    # What time does.

    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def sweep(self) -> None:
        closed = self.write(sweeping.close_due, self.now)
        done = self.write(sweeping.confirm_due, self.now)
        for job in (jobs.open_due, jobs.notice_due, jobs.expire_due):
            self.write(job, self.now)
        for order in self.orders:
            if order.no in closed:
                assert order.status == "unpaid"
                self._call_off(order)
            elif order.no in done:
                assert order.status == "delivered"
                order.status = "completed"

    # What it comes to.

    def _call_off(self, order: Bought) -> None:
        if order.status != "unpaid":
            self._promise(order, order.pay_fen - order.back_fen)
        for line in order.lines.values():
            self.allocated[line.goods] -= line.held
            line.held, line.back = 0, line.quantity
        order.status = "closed"

    def _promise(self, order: Bought, fen: int) -> None:
        order.back_fen += fen
        self.promised_fen += fen

    def _settle(self, order: Bought) -> None:
        is_over = not order.under_way and not any(x.held for x in order.lines.values())
        if order.status == "shipping" and is_over:
            order.status = "delivered" if order.arrived else "closed"

    def _check_points(self, order: Bought) -> None:
        """The order brings a point for each yuan paid for goods that were kept."""
        lines = order.lines.values()
        kept_fen = sum(x.pay_fen - x.pay_fen * x.back // x.quantity for x in lines)
        assert self.run(self.db.read(get_order_points, order.id)).n == kept_fen // 100


async def _check_coupon(session: AsyncSession, order: Order, lines: list[OrderLine]) -> None:
    """A coupon takes off all that it promises, as far as there is something to take."""
    kinds = await session.scalars(
        select(CouponTemplate.kind)
        .join(Coupon, Coupon.template_id == CouponTemplate.id)
        .where(Coupon.order_id == order.id)
    )
    most = sum(line.gross_fen for line in lines if line.flash_item_id is None)
    assert order.off_fen == (min(COUPON_FEN, most) if "amount" in kinds.all() else 0)


async def _list_failed(session: AsyncSession) -> list[str]:
    return list(await session.scalars(select(Refund.no).where(Refund.status == "failed")))
