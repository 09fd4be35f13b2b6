"""Rules about growth and levels: what adds to them, and that nobody waits for what they have."""

from app.services.audit.rule import Rule
from app.services.vip import LEVELS

# A day as a number such as 20261121. A year before it is 10000 less, a month 100.
_DAY = (
    "CAST(SUBSTR({0}, 1, 4) AS SIGNED) * 10000 + CAST(SUBSTR({0}, 6, 2) AS SIGNED) * 100"
    " + CAST(SUBSTR({0}, 9, 2) AS SIGNED)"
)
_TODAY = _DAY.format("CURRENT_TIMESTAMP")
_TOO_LOW = " OR ".join(
    f"(SUM(e.fen) >= {level.growth_from_fen} AND COALESCE(m.level, 0) < {level.number})"
    for level in LEVELS[1:]
)

GROWTH_RULES = (
    Rule(
        "growth_entries.sum",
        "a completed order's growth is what was paid for it and not given back; others have none",
        """
        SELECT o.id AS order_id, o.status, o.pay_fen, COALESCE(r.fen, 0) AS given_back,
            COALESCE(g.fen, 0) AS growth
        FROM orders o
        LEFT JOIN (
            SELECT order_id, SUM(fen) AS fen FROM growth_entries GROUP BY order_id
        ) g ON g.order_id = o.id
        LEFT JOIN (
            SELECT order_id, SUM(amount_fen) AS fen FROM refunds
            WHERE status = 'done' AND kind NOT IN ('late', 'mismatch') GROUP BY order_id
        ) r ON r.order_id = o.id
        WHERE COALESCE(g.fen, 0) <>
            CASE WHEN o.status = 'completed' THEN o.pay_fen - COALESCE(r.fen, 0) ELSE 0 END
        """,
    ),
    Rule(
        "growth_entries.source",
        "growth belongs to the order's shopper; what takes it away is a refund that was done",
        """
        SELECT e.id AS entry_id, e.kind, e.fen, e.order_id
        FROM growth_entries e
        JOIN orders o ON o.id = e.order_id
        LEFT JOIN refunds r ON r.no = e.ref AND r.order_id = e.order_id AND r.status = 'done'
        WHERE e.user_id <> o.user_id
            OR (e.kind = 'completed' AND e.fen < 0)
            OR (e.kind = 'refunded' AND (r.id IS NULL OR e.fen <> -r.amount_fen))
        """,
    ),
    Rule(
        "members.level",
        "nobody's level is lower than the growth of the last year carries",
        # Two days less than the year: midnight is not where the growth's window ends.
        f"""
        SELECT e.user_id, COALESCE(m.level, 0) AS level, SUM(e.fen) AS growth
        FROM growth_entries e LEFT JOIN members m ON m.user_id = e.user_id
        WHERE {_DAY.format("e.at")} > {_TODAY} - 10000 + 2
        GROUP BY e.user_id, m.level
        HAVING {_TOO_LOW}
        """,  # noqa: S608 - made of the numbers above
    ),
    Rule(
        "members.level_until",
        "whoever has a level has a day on which it is looked at again, and nobody else",
        f"""
        SELECT user_id, level, level_until
        FROM members
        WHERE (level = 0) <> (level_until IS NULL)
            OR {_DAY.format("level_until")} < {_TODAY} - 100
        """,  # noqa: S608 - made of the numbers above
    ),
)
