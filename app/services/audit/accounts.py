"""Rules about accounts that were closed: nothing in the books says any more whose they were."""

from app.services.audit.rule import Rule

ACCOUNT_RULES = (
    Rule(
        "users.closed",
        "a closed account has no name, no password and no way in",
        """
        SELECT id AS user_id
        FROM users
        WHERE (closed_at IS NULL) <> (username_key NOT LIKE 'closed:%')
            OR (closed_at IS NOT NULL AND (is_active OR is_staff OR password_hash <> '!'
                OR email IS NOT NULL OR nickname IS NOT NULL OR avatar IS NOT NULL))
        """,
    ),
    Rule(
        "orders.of_closed",
        "the orders of a closed account are over and name nobody",
        """
        SELECT o.id AS order_id, o.status
        FROM orders o JOIN users u ON u.id = o.user_id
        WHERE u.closed_at IS NOT NULL
            AND (o.status IN ('unpaid', 'paid', 'picking', 'shipping')
                OR o.receiver <> '' OR o.phone <> '' OR o.room <> '' OR o.note <> '')
        """,
    ),
)
