"""Rules about orders: their sums, their times, and their history."""

from app.services.audit.rule import Rule

ORDER_RULES = (
    Rule(
        "orders.sums",
        "an order's sums are those of its lines, and it has some",
        """
        SELECT o.id AS order_id, o.quantity, o.goods_fen, o.off_fen, o.points_fen, o.pay_fen,
            l.quantity AS line_quantity, l.gross_fen, l.pay_fen AS line_pay_fen
        FROM orders o
        LEFT JOIN (
            SELECT order_id, SUM(quantity) AS quantity, SUM(gross_fen) AS gross_fen,
                SUM(off_fen) AS off_fen, SUM(points_fen) AS points_fen, SUM(pay_fen) AS pay_fen
            FROM order_lines GROUP BY order_id
        ) l ON l.order_id = o.id
        WHERE l.order_id IS NULL OR o.quantity <> l.quantity OR o.goods_fen <> l.gross_fen
            OR o.off_fen <> l.off_fen OR o.points_fen <> l.points_fen
            OR o.pay_fen <> l.pay_fen + o.ship_fen
        """,
    ),
    Rule(
        "orders.pay",
        "what is paid is goods and delivery without what came off, and not below zero",
        """
        SELECT id AS order_id, pay_fen FROM orders
        WHERE pay_fen <> goods_fen + ship_fen - off_fen - points_fen OR pay_fen < 0
        """,
    ),
    Rule(
        "order_lines.sums",
        "a line costs its pieces without what came off, and not below zero",
        """
        SELECT order_id, id AS line_id, pay_fen FROM order_lines
        WHERE gross_fen <> unit_fen * quantity OR pay_fen <> gross_fen - off_fen - points_fen
            OR pay_fen < 0
        """,
    ),
    Rule(
        "order_line_offs.sums",
        "what came off a line is the sum of what its sources took off",
        """
        SELECT l.order_id, l.id AS line_id, l.off_fen, l.points_fen,
            COALESCE(f.off_fen, 0) AS offs, COALESCE(f.points_fen, 0) AS points
        FROM order_lines l
        LEFT JOIN (
            SELECT line_id, SUM(CASE WHEN lane IN (2, 3) THEN amount_fen ELSE 0 END) AS off_fen,
                SUM(CASE WHEN lane = 4 THEN amount_fen ELSE 0 END) AS points_fen
            FROM order_line_offs GROUP BY line_id
        ) f ON f.line_id = l.id
        WHERE l.off_fen <> COALESCE(f.off_fen, 0) OR l.points_fen <> COALESCE(f.points_fen, 0)
        """,
    ),
    Rule(
        "orders.times",
        "an order has the times of what it went through, and no others",
        """
        SELECT id AS order_id, status, close_reason, pay_by, paid_at, delivered_at, completed_at,
            closed_at
        FROM orders
        WHERE (status = 'closed') <> (closed_at IS NOT NULL)
            OR (status = 'closed') <> (close_reason IS NOT NULL)
            OR (status = 'unpaid' AND (paid_at IS NOT NULL OR pay_by IS NULL))
            OR (status IN ('paid', 'picking', 'shipping', 'delivered', 'completed')
                AND (paid_at IS NULL OR pay_by IS NOT NULL))
            OR (status IN ('delivered', 'completed')) <> (delivered_at IS NOT NULL)
            OR (status = 'completed') <> (completed_at IS NOT NULL)
            OR (close_reason = 'timeout' AND (paid_at IS NOT NULL OR closed_at < pay_by))
            OR (close_reason = 'failed' AND paid_at IS NULL)
        """,
    ),
    Rule(
        "order_events.seq",
        "every order has a history, numbered without a gap",
        """
        SELECT o.id AS order_id, COUNT(e.seq) AS events, MIN(e.seq) AS lowest,
            MAX(e.seq) AS highest
        FROM orders o LEFT JOIN order_events e ON e.order_id = o.id
        GROUP BY o.id
        HAVING COUNT(e.seq) = 0 OR MIN(e.seq) <> 1 OR MAX(e.seq) <> COUNT(e.seq)
        """,
    ),
    Rule(
        "order_events.status",
        "the history ends where the order stands",
        """
        SELECT o.id AS order_id, o.status, e.to_status
        FROM orders o
        LEFT JOIN (
            SELECT order_id, MAX(seq) AS seq FROM order_events
            WHERE to_status IS NOT NULL GROUP BY order_id
        ) z ON z.order_id = o.id
        LEFT JOIN order_events e ON e.order_id = z.order_id AND e.seq = z.seq
        WHERE e.to_status IS NULL OR e.to_status <> o.status
        """,
    ),
    Rule(
        "order_events.chain",
        "each step of the history begins where the one before it ended",
        """
        SELECT e.order_id, e.seq, e.from_status, p.to_status
        FROM order_events e
        LEFT JOIN order_events p ON p.order_id = e.order_id AND p.seq = (
            SELECT MAX(q.seq) FROM order_events q
            WHERE q.order_id = e.order_id AND q.seq < e.seq AND q.to_status IS NOT NULL
        )
        WHERE e.from_status IS NOT NULL AND (p.seq IS NULL OR p.to_status <> e.from_status)
        """,
    ),
    Rule(
        "idempotency_keys.answer",
        "what was answered under a key is an order of the same shopper",
        """
        SELECT k.user_id, k.answer
        FROM idempotency_keys k
        LEFT JOIN orders o ON o.no = k.answer AND o.user_id = k.user_id
        WHERE o.id IS NULL
        """,
    ),
    Rule(
        "user_tickets.life",
        "a signed-in browser is known by a digest and for a limited time",
        """
        SELECT id, user_id FROM user_tickets
        WHERE LENGTH(digest) <> 64 OR expires_at <= created_at
        """,
    ),
)
