"""Rules about points: lots, entries and balances agree, and orders got back what they should."""

from app.services.audit.rule import Rule

# A ref is "order:7" or "order:7:500": a cast to a number leaves out whatever follows it.
POINT_RULES = (
    Rule(
        "members.points",
        "a shopper's points are the sum of the entries",
        """
        SELECT u.id AS user_id, COALESCE(m.points, 0) AS points, COALESCE(e.n, 0) AS entries
        FROM users u
        LEFT JOIN members m ON m.user_id = u.id
        LEFT JOIN (SELECT user_id, SUM(n) AS n FROM points_entries GROUP BY user_id) e
            ON e.user_id = u.id
        WHERE COALESCE(m.points, 0) <> COALESCE(e.n, 0)
        """,
    ),
    Rule(
        "members.open_points",
        "a shopper's points are what is left of the open lots, or owed when nothing is left",
        """
        SELECT m.user_id, m.points, COALESCE(SUM(l.left_n), 0) AS open_points
        FROM members m LEFT JOIN points_lots l ON l.user_id = m.user_id AND l.status = 'open'
        GROUP BY m.user_id, m.points
        HAVING m.points <> COALESCE(SUM(l.left_n), 0)
            AND NOT (m.points < 0 AND COALESCE(SUM(l.left_n), 0) = 0)
        """,
    ),
    Rule(
        "points_lots.left",
        "what is left of a lot is the sum of its entries; an empty one may owe",
        """
        SELECT l.id AS lot_id, l.status, l.left_n, COALESCE(e.n, 0) AS entries
        FROM points_lots l
        LEFT JOIN (SELECT lot_id, SUM(n) AS n FROM points_entries GROUP BY lot_id) e
            ON e.lot_id = l.id
        WHERE l.status <> 'pending' AND l.left_n <> COALESCE(e.n, 0)
            AND NOT (l.left_n = 0 AND e.n < 0)
        """,
    ),
    Rule(
        "points_lots.states",
        "a lot is open while something is left of it, and untouched until then",
        """
        SELECT l.id AS lot_id, l.status, l.earned_n, l.kept_n, l.left_n
        FROM points_lots l
        WHERE (l.status IN ('pending', 'open')) <> (l.left_n > 0)
            OR (l.status = 'pending' AND (l.left_n <> l.kept_n
                OR EXISTS (SELECT 1 FROM points_entries e WHERE e.lot_id = l.id)))
            OR l.left_n > l.kept_n OR l.kept_n > l.earned_n
        """,
    ),
    Rule(
        "points_entries.owner",
        "an entry is about a lot of its shopper, and points go the way that it says",
        """
        SELECT e.id AS entry_id, e.kind, e.n, e.user_id, l.user_id AS lot_user_id
        FROM points_entries e LEFT JOIN points_lots l ON l.id = e.lot_id
        WHERE l.id IS NULL OR l.user_id <> e.user_id
            OR (e.kind IN ('earned', 'returned') AND (e.n < 0 OR e.n > l.earned_n))
            OR (e.kind IN ('spent', 'expired', 'taken_back') AND e.n > 0)
        """,
    ),
    Rule(
        "points_entries.spent",
        "nothing is spent that has run out",
        """
        SELECT e.id AS entry_id, e.n, l.expires_at, e.created_at
        FROM points_entries e JOIN points_lots l ON l.id = e.lot_id
        WHERE e.kind = 'spent' AND l.expires_at <= e.created_at
        """,
    ),
    Rule(
        "orders.points",
        "what points paid of an order was spent for it by its shopper",
        """
        SELECT o.id AS order_id, o.points_fen, COALESCE(s.n, 0) AS spent
        FROM orders o
        LEFT JOIN (
            SELECT CAST(SUBSTR(e.ref, 7) AS SIGNED) AS order_id, e.user_id, -SUM(e.n) AS n
            FROM points_entries e WHERE e.kind = 'spent' AND e.ref LIKE 'order:%'
            GROUP BY CAST(SUBSTR(e.ref, 7) AS SIGNED), e.user_id
        ) s ON s.order_id = o.id AND s.user_id = o.user_id
        WHERE o.points_fen <> COALESCE(s.n, 0)
        """,
    ),
    Rule(
        "orders.points_returned",
        "what came back of an order's points is on its lines; of a closed order it is all",
        """
        SELECT o.id AS order_id, o.points_fen, l.returned, COALESCE(b.n, 0) AS given_back
        FROM orders o
        JOIN (SELECT order_id, SUM(returned_points) AS returned FROM order_lines GROUP BY order_id)
            l ON l.order_id = o.id
        LEFT JOIN (
            SELECT CAST(SUBSTR(e.ref, 7) AS SIGNED) AS order_id, SUM(e.n) AS n
            FROM points_entries e WHERE e.kind = 'returned'
            GROUP BY CAST(SUBSTR(e.ref, 7) AS SIGNED)
        ) b ON b.order_id = o.id
        WHERE l.returned <> COALESCE(b.n, 0)
            OR (o.status = 'closed' AND l.returned <> o.points_fen)
        """,
    ),
    # Without a division, which the databases do in different ways: floor(a / b) = c is
    # b * c <= a < b * (c + 1).
    Rule(
        "order_lines.returned_points",
        "a line gave back the points of the pieces that were refunded, and no more",
        """
        SELECT o.id AS order_id, l.id AS line_id, l.quantity, l.points_fen, l.returned_points,
            l.refunded_quantity - COALESCE(u.pieces, 0) AS pieces
        FROM order_lines l
        JOIN orders o ON o.id = l.order_id
        LEFT JOIN (
            SELECT rl.line_id, SUM(rl.quantity) AS pieces
            FROM refund_lines rl JOIN refunds r ON r.id = rl.refund_id
            WHERE r.status IN ('asked', 'approved', 'sending') GROUP BY rl.line_id
        ) u ON u.line_id = l.id
        WHERE o.status <> 'closed' AND (
            l.returned_points * l.quantity
                > l.points_fen * (l.refunded_quantity - COALESCE(u.pieces, 0))
            OR (l.returned_points + 1) * l.quantity
                <= l.points_fen * (l.refunded_quantity - COALESCE(u.pieces, 0)))
        """,
    ),
    # The upper bound knows the refunds that are done, the lower one all that may have been
    # left out when the order came.
    Rule(
        "points_lots.kept",
        "an order brings points for what was paid and not given back",
        """
        SELECT l.id AS lot_id, l.kept_n, l.rate_bp, o.paid_fen, o.done_fen, o.refund_fen
        FROM points_lots l
        JOIN (
            SELECT x.id, x.user_id, p.paid_fen, COALESCE(r.done_fen, 0) AS done_fen,
                COALESCE(r.refund_fen, 0) AS refund_fen
            FROM orders x
            JOIN (SELECT order_id, SUM(pay_fen) AS paid_fen FROM order_lines GROUP BY order_id) p
                ON p.order_id = x.id
            LEFT JOIN (
                SELECT f.order_id, SUM(fl.amount_fen) AS refund_fen,
                    SUM(CASE WHEN f.status = 'done' THEN fl.amount_fen ELSE 0 END) AS done_fen
                FROM refunds f JOIN refund_lines fl ON fl.refund_id = f.id GROUP BY f.order_id
            ) r ON r.order_id = x.id
        ) o ON o.id = CAST(SUBSTR(l.ref, 7) AS SIGNED)
        WHERE l.kind = 'order' AND (
            o.user_id <> l.user_id
            OR l.kept_n * 1000000
                > (o.paid_fen - o.done_fen - (o.paid_fen - o.done_fen) % 100) * l.rate_bp
            OR (l.kept_n + 1) * 1000000
                <= (o.paid_fen - o.refund_fen - (o.paid_fen - o.refund_fen) % 100) * l.rate_bp)
        """,
    ),
    Rule(
        "points_entries.taken_back",
        "refunds took back of an order's points what it does not keep",
        """
        SELECT l.id AS lot_id, l.earned_n, l.kept_n, g.n AS earned, COALESCE(t.n, 0) AS taken_back
        FROM points_lots l
        JOIN points_entries g ON g.lot_id = l.id AND g.kind = 'earned'
        LEFT JOIN (
            SELECT CAST(SUBSTR(e.ref, 7) AS SIGNED) AS order_id, -SUM(e.n) AS n
            FROM points_entries e WHERE e.kind = 'taken_back' AND e.ref LIKE 'order:%'
            GROUP BY CAST(SUBSTR(e.ref, 7) AS SIGNED)
        ) t ON t.order_id = CAST(SUBSTR(l.ref, 7) AS SIGNED)
        WHERE l.kind = 'order' AND g.n - COALESCE(t.n, 0) <> l.kept_n
        """,
    ),
    Rule(
        "check_ins.points",
        "every check-in brought its points, once",
        """
        SELECT c.user_id, c.days, c.points, COALESCE(l.lots, 0) AS lots,
            COALESCE(l.earned, 0) AS earned
        FROM (
            SELECT user_id, COUNT(*) AS days, SUM(points) AS points
            FROM check_ins GROUP BY user_id
        ) c
        LEFT JOIN (
            SELECT user_id, COUNT(*) AS lots, SUM(earned_n) AS earned
            FROM points_lots WHERE kind = 'checkin' GROUP BY user_id
        ) l ON l.user_id = c.user_id
        WHERE c.days <> COALESCE(l.lots, 0) OR c.points <> COALESCE(l.earned, 0)
        """,
    ),
)
