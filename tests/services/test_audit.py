"""The check of the books: sound ones pass, and each rule finds what it is there for."""

from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.models import User
from app.models.base import utcnow
from app.pictures import EncodedPicture
from app.providers import Notice
from app.services.audit import RULES, audit_books, check_rules, one_moment
from app.services.orders import cancel_order
from app.services.payments import begin_payment, take_notice
from app.services.pictures import set_avatar
from app.services.refunds import ask_refund
from app.services.shipment_moves import deliver
from tests.factories import (
    make_address,
    make_coupon,
    make_goods,
    make_slot,
    make_ticket,
    make_user,
)
from tests.flash_sales import make_offer
from tests.membership import add_growth_story
from tests.points_story import add_points_story
from tests.reviewing import add_answered_review
from tests.shipping import STAFF, make_picked, pack_and_send
from tests.shopping import order_of, place, put_in_cart

# What somebody might do by hand, and the rule that must notice.
FAULTS = {
    "stock.on_hand": "UPDATE stock SET on_hand = on_hand + 1",
    "stock.allocated": "UPDATE stock SET allocated = allocated + 1 WHERE on_hand > allocated",
    "stock.open_orders": "UPDATE orders SET status = 'completed' WHERE status = 'unpaid'",
    "stock_moves.owner": "UPDATE stock_moves SET quantity = -quantity WHERE kind = 'allocated'",
    "order_lines.claimed": "UPDATE stock_moves SET quantity = 9 WHERE kind = 'allocated'",
    "order_lines.held": "DELETE FROM stock_moves WHERE kind = 'released'",
    "order_lines.sent": "UPDATE shipment_lines SET quantity = quantity + 1",
    "order_lines.dropped": (
        "INSERT INTO stock_moves (goods_id, kind, quantity, order_id, actor, reason, created_at)"
        " SELECT goods_id, 'released', -1, order_id, 'x', '', created_at FROM stock_moves"
        " WHERE kind = 'shipped'"
    ),
    "order_lines.returned": "UPDATE refund_lines SET restock_quantity = 0",
    "orders.sums": "UPDATE orders SET goods_fen = goods_fen + 1, pay_fen = pay_fen + 1",
    "order_line_offs.sums": "UPDATE order_line_offs SET amount_fen = amount_fen + 1",
    "orders.times": "UPDATE orders SET paid_at = NULL",
    "order_events.seq": "DELETE FROM order_events WHERE seq = 1",
    "order_events.status": "UPDATE order_events SET to_status = 'paid' WHERE to_status = 'closed'",
    "order_events.chain": (
        "UPDATE order_events SET from_status = 'picking' WHERE to_status = 'closed'"
    ),
    "idempotency_keys.answer": "UPDATE idempotency_keys SET answer = 'nowhere'",
    "user_tickets.life": "UPDATE user_tickets SET expires_at = created_at",
    "payments.once": "UPDATE payments SET status = 'late', paid_for = NULL WHERE status = 'paid'",
    "payments.states": "UPDATE payments SET provider_ref = NULL",
    "payments.beside": "UPDATE refunds SET status = 'rejected' WHERE kind = 'late'",
    "payments.refunded": "UPDATE payments SET refunded_fen = 1 WHERE refunded_fen > 1",
    "orders.refunded": "UPDATE orders SET refunded_fen = 1 WHERE refunded_fen > 1",
    "order_lines.refunded": "UPDATE order_lines SET refunded_quantity = 0",
    "refunds.sums": "UPDATE refund_lines SET amount_fen = amount_fen + 1",
    "refunds.delivery_fee": "UPDATE refunds SET ship_fen = 501 WHERE kind = 'quality'",
    "refunds.source": "UPDATE refunds SET kind = 'mismatch' WHERE kind = 'late'",
    "refunds.done": "UPDATE refunds SET provider_ref = 'B1'",
    "refunds.outbox": "DELETE FROM outbox",
    "orders.called_off": "UPDATE orders SET close_reason = 'admin', paid_at = placed_at"
    " WHERE status = 'closed'",
    "delivery_slots.taken": "UPDATE delivery_slots SET taken = taken + 1",
    "flash_items.sold": "UPDATE flash_items SET sold = sold + 1",
    "flash_claims.quantity": "UPDATE flash_claims SET quantity = quantity + 1",
    "order_lines.flash": "DELETE FROM flash_claims",
    "coupons.order": "UPDATE coupons SET status = 'used' WHERE status = 'held'",
    "coupons.off": "UPDATE coupons SET status = 'ready', order_id = NULL",
    "coupons.one_each": (
        "UPDATE coupons SET status = 'held', order_id = (SELECT MAX(id) FROM orders)"
    ),
    "coupon_templates.claimed": "UPDATE coupon_templates SET claimed = claimed + 1",
    "coupons.nth": "UPDATE coupons SET nth = 2",
    "coupons.life": "UPDATE coupons SET valid_from = '2999-01-01 00:00:00'",
    "coupon_scopes.refs": "UPDATE coupon_templates SET scope = 'goods'",
    "order_line_offs.scope": "UPDATE coupon_templates SET scope = 'child'",
    "shipment_lines.pieces": "UPDATE shipment_lines SET quantity = 99",
    "shipment_lines.order": "DELETE FROM shipment_lines",
    "shipments.times": "UPDATE shipments SET delivered_at = NULL",
    "shipments.order": "UPDATE shipments SET status = 'out'",
    "shipment_events.seq": "DELETE FROM shipment_events WHERE seq = 1",
    "addresses.default": "UPDATE addresses SET default_of = NULL",
    "goods_ratings.stars": "UPDATE reviews SET status = 'hidden' WHERE status = 'visible'",
    "user_messages.kind": "UPDATE user_messages SET link = '//elsewhere/'",
    "reviews.line": "UPDATE reviews SET goods_id = (SELECT MIN(id) FROM goods)",
    "reviews.status": "UPDATE reviews SET held_for = 'first'",
    "reviews.reply": "UPDATE reviews SET reply_at = NULL",
    "reviews.helpful": "UPDATE reviews SET helpful = helpful + 1",
    "review_photos.owner": "UPDATE pictures SET kind = 'avatar'",
    "users.avatar": "UPDATE users SET avatar = NULL",
    "pictures.shown": "DELETE FROM review_photos",
    "service_cases.stars": "DELETE FROM service_cases",
    "members.points": "UPDATE members SET points = points + 1",
    "members.open_points": "UPDATE points_lots SET left_n = left_n - 1 WHERE status = 'open'",
    "points_lots.left": "DELETE FROM points_entries WHERE kind = 'earned'",
    "points_lots.states": "UPDATE points_lots SET status = 'spent' WHERE status = 'open'",
    "points_lots.kept": "UPDATE points_lots SET kept_n = earned_n",
    "points_entries.owner": "UPDATE points_entries SET user_id = (SELECT MIN(id) FROM users)",
    "points_entries.spent": "UPDATE points_lots SET expires_at = created_at",
    "points_entries.taken_back": "UPDATE points_entries SET n = n - 1 WHERE kind = 'taken_back'",
    "orders.points": "DELETE FROM points_entries WHERE kind = 'spent'",
    "orders.points_returned": "UPDATE points_entries SET n = n + 1 WHERE kind = 'returned'",
    "order_lines.returned_points": "UPDATE order_lines SET returned_points = 0",
    "growth_entries.sum": "UPDATE growth_entries SET fen = fen + 1",
    "growth_entries.source": "UPDATE growth_entries SET user_id = (SELECT MIN(id) FROM users)",
    "members.level": "UPDATE members SET level = 0, level_until = NULL",
    "members.level_until": "UPDATE members SET level_until = NULL",
    "check_ins.points": "UPDATE check_ins SET points = points + 1",
    "users.closed": "UPDATE users SET closed_at = created_at",
    "orders.of_closed": "UPDATE users SET closed_at = created_at",
}
# The tables' own CHECKs let nobody break these; the rules are for data from elsewhere.
GUARDED = {
    "stock.bounds",
    "orders.pay",
    "order_lines.sums",
    "addresses.owner",
    "goods_ratings.count",
    "reviews.once",
}


async def fill_books(session: AsyncSession) -> None:
    """One order of each fate: unpaid with all that it can hold, paid too late, and arrived."""
    user = await make_user(session)
    await make_ticket(session, user)
    await set_avatar(session, user.id, EncodedPicture("ab" * 32, {"large": b"a picture"}, 9, 9))
    await make_address(session, user)
    await make_slot(session)
    flashed, plain = await make_goods(session), await make_goods(session)
    await make_offer(session, flashed, price=500)
    await put_in_cart(session, user, plain)
    no = (await place(session, user.id, key="late-0123456789abcdef")).no
    payment = await begin_payment(session, user.id, no, "sandbox", now=utcnow())
    assert payment is not None
    await cancel_order(session, user.id, no, now=utcnow())
    notice = Notice("sandbox", payment.payment_no, "R-late", payment.amount_fen)
    await take_notice(session, notice, now=utcnow())
    arrived = await make_picked(session, 3)
    parcel = await pack_and_send(session, arrived.id)
    await deliver(session, parcel, actor=STAFF, now=utcnow())
    wanted = {arrived.lines[0]: (1, 1)}
    await ask_refund(session, arrived.id, "quality", wanted, actor=STAFF, now=utcnow())
    await add_answered_review(session)
    await add_points_story(session)
    await add_growth_story(session)
    for good in (flashed, plain):
        await put_in_cart(session, user, good)
    await make_coupon(session, user)
    await place(session, user.id)
    await make_coupon(session, user)
    assert (await order_of(session, no)).close_reason == "user"


async def test_sound_books_pass(session: AsyncSession) -> None:
    await fill_books(session)

    assert await check_rules(session) == []


async def test_each_rule_finds_its_fault(session: AsyncSession) -> None:
    await fill_books(session)
    await session.flush()
    missed = {}

    for rule, fault in FAULTS.items():
        savepoint = await session.begin_nested()
        await session.execute(text(fault))
        found = {finding.rule.name for finding in await check_rules(session)}
        await savepoint.rollback()
        if rule not in found:
            missed[rule] = found

    assert missed == {}
    assert await check_rules(session) == []


def test_each_rule_has_a_fault_and_a_name_of_its_own() -> None:
    names = [rule.name for rule in RULES]

    assert len(set(names)) == len(names)
    assert set(names) == FAULTS.keys() | GUARDED


async def test_only_the_first_rows_are_listed(session: AsyncSession) -> None:
    for _ in range(7):
        await make_ticket(session, await make_user(session), life=timedelta(days=-1))

    (finding,) = await check_rules(session)

    assert (finding.rule.name, len(finding.rows), finding.has_more) == (
        "user_tickets.life",
        5,
        True,
    )
    assert finding.rows[0].startswith("id ")


async def test_all_rules_see_one_moment(real_db: Database) -> None:
    count = select(func.count()).select_from(User)

    async def look(session: AsyncSession) -> list[int | None]:
        async with one_moment(session):
            seen = [await session.scalar(count)]
            await real_db.write(make_user)
            seen.append(await session.scalar(count))
        return [*seen, await session.scalar(count)]

    assert await real_db.read(look) == [0, 0, 1]


async def test_the_books_are_checked_while_the_shop_goes_on(real_db: Database) -> None:
    await real_db.write(fill_books)

    assert await real_db.read(audit_books) == []
    # The connection that it came from is as it was.
    await real_db.write(make_user)
    assert await real_db.read(audit_books) == []
