"""Rules about money: what came in, what it was for, and what went back."""

from app.services.audit.rule import Rule

MONEY_RULES = (
    Rule(
        "payments.once",
        "an order that was paid has exactly one payment, of its sum; any other has none",
        """
        SELECT o.id AS order_id, o.status, o.pay_fen, COALESCE(p.number, 0) AS payments,
            p.received_fen
        FROM orders o
        LEFT JOIN (
            SELECT order_id, COUNT(*) AS number, SUM(received_fen) AS received_fen
            FROM payments WHERE status = 'paid' GROUP BY order_id
        ) p ON p.order_id = o.id
        WHERE COALESCE(p.number, 0)
            <> CASE WHEN o.paid_at IS NULL OR o.pay_fen = 0 THEN 0 ELSE 1 END
            OR p.received_fen <> o.pay_fen
        """,
    ),
    Rule(
        "payments.states",
        "a payment's status says what came in for it",
        """
        SELECT id AS payment_id, order_id, status, amount_fen, received_fen, provider_ref
        FROM payments
        WHERE (status IN ('created', 'void')) <> (received_at IS NULL)
            OR (status IN ('created', 'void')) <> (provider_ref IS NULL)
            OR (status IN ('created', 'void') AND received_fen <> 0)
            OR (status IN ('paid', 'late') AND received_fen <> amount_fen)
            OR (status = 'mismatch' AND received_fen = amount_fen)
            OR (status = 'paid') <> (paid_for IS NOT NULL)
            OR paid_for <> order_id
        """,
    ),
    Rule(
        "payments.beside",
        "money that pays no order is given back, all of it",
        """
        SELECT p.id AS payment_id, p.order_id, p.status, p.received_fen
        FROM payments p
        LEFT JOIN refunds r ON r.payment_id = p.id AND r.kind = p.status
            AND r.amount_fen = p.received_fen AND r.status <> 'rejected'
        WHERE p.status IN ('late', 'mismatch') AND p.received_fen > 0 AND r.id IS NULL
        """,
    ),
    Rule(
        "payments.refunded",
        "what a payment gave back is the sum of its refunds, and no more than came in",
        """
        SELECT p.id AS payment_id, p.received_fen, p.refunded_fen,
            COALESCE(SUM(r.amount_fen), 0) AS refunds
        FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id
            AND r.status NOT IN ('failed', 'rejected')
        GROUP BY p.id, p.received_fen, p.refunded_fen
        HAVING p.refunded_fen <> COALESCE(SUM(r.amount_fen), 0)
            OR p.refunded_fen > p.received_fen
        """,
    ),
    Rule(
        "orders.refunded",
        "what an order gave back is the sum of the refunds of what it was paid with",
        """
        SELECT o.id AS order_id, o.pay_fen, o.refunded_fen,
            COALESCE(SUM(r.amount_fen), 0) AS refunds
        FROM orders o LEFT JOIN refunds r ON r.order_id = o.id
            AND r.kind NOT IN ('late', 'mismatch') AND r.status NOT IN ('failed', 'rejected')
        GROUP BY o.id, o.pay_fen, o.refunded_fen
        HAVING o.refunded_fen <> COALESCE(SUM(r.amount_fen), 0) OR o.refunded_fen > o.pay_fen
        """,
    ),
    # Goods that cost nothing go back without a refund, so pieces may be more than refunds say.
    Rule(
        "order_lines.refunded",
        "what a line gave back is the sum of its refunds, and no more than it cost",
        """
        SELECT l.order_id, l.id AS line_id, l.quantity, l.refunded_quantity, l.pay_fen,
            l.refunded_fen, COALESCE(r.pieces, 0) AS pieces, COALESCE(r.fen, 0) AS fen
        FROM order_lines l
        LEFT JOIN (
            SELECT rl.line_id, SUM(rl.quantity) AS pieces, SUM(rl.amount_fen) AS fen
            FROM refund_lines rl JOIN refunds r ON r.id = rl.refund_id
            WHERE r.status NOT IN ('failed', 'rejected') GROUP BY rl.line_id
        ) r ON r.line_id = l.id
        WHERE l.refunded_fen <> COALESCE(r.fen, 0) OR l.refunded_fen > l.pay_fen
            OR l.refunded_quantity < COALESCE(r.pieces, 0) OR l.refunded_quantity > l.quantity
            OR (l.pay_fen >= l.quantity AND l.refunded_quantity <> COALESCE(r.pieces, 0))
            OR (l.refunded_quantity = l.quantity AND l.refunded_fen <> l.pay_fen)
        """,
    ),
    Rule(
        "refunds.sums",
        "a refund is the sum of its lines and its part of the delivery fee",
        """
        SELECT r.id AS refund_id, r.kind, r.amount_fen, r.ship_fen,
            COALESCE(SUM(rl.amount_fen), 0) AS line_fen
        FROM refunds r LEFT JOIN refund_lines rl ON rl.refund_id = r.id
        WHERE r.kind NOT IN ('late', 'mismatch')
        GROUP BY r.id, r.kind, r.amount_fen, r.ship_fen
        HAVING r.amount_fen <> r.ship_fen + COALESCE(SUM(rl.amount_fen), 0)
        """,
    ),
    Rule(
        "refunds.delivery_fee",
        "the delivery fee is given back once at most",
        """
        SELECT o.id AS order_id, o.ship_fen, SUM(r.ship_fen) AS refunded_fen
        FROM orders o JOIN refunds r ON r.order_id = o.id
        WHERE r.status NOT IN ('failed', 'rejected')
        GROUP BY o.id, o.ship_fen
        HAVING SUM(r.ship_fen) > o.ship_fen
        """,
    ),
    Rule(
        "refunds.source",
        "a refund comes from a payment of its order, of the kind that it says",
        """
        SELECT r.id AS refund_id, r.kind, p.id AS payment_id, p.status
        FROM refunds r JOIN payments p ON p.id = r.payment_id
        WHERE p.order_id <> r.order_id
            OR p.status <> CASE WHEN r.kind IN ('late', 'mismatch') THEN r.kind ELSE 'paid' END
        """,
    ),
    Rule(
        "refunds.done",
        "a refund that is done has the provider's reference and a time, any other has none",
        """
        SELECT id AS refund_id, status, provider_ref, done_at FROM refunds
        WHERE (status = 'done') <> (provider_ref IS NOT NULL)
            OR (status = 'done') <> (done_at IS NOT NULL)
        """,
    ),
    Rule(
        "refunds.outbox",
        "a refund that was approved is in the outbox until it is done",
        """
        SELECT r.id AS refund_id, r.no, r.status
        FROM refunds r
        LEFT JOIN outbox x ON x.topic = 'refund' AND x.key = r.no AND x.done_at IS NULL
        WHERE r.status IN ('approved', 'sending') AND x.id IS NULL
        """,
    ),
    Rule(
        "orders.called_off",
        "an order that was paid and called off has given all its money back",
        """
        SELECT o.id AS order_id, o.close_reason, o.pay_fen, o.refunded_fen
        FROM orders o
        WHERE o.close_reason IN ('user', 'admin') AND o.paid_at IS NOT NULL
            AND o.refunded_fen <> o.pay_fen
            AND NOT EXISTS (
                SELECT 1 FROM refunds r WHERE r.order_id = o.id AND r.status = 'failed'
            )
        """,
    ),
)
