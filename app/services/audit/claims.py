"""Rules about what is scarce beside stock: delivery windows, flash sales, coupons.

An order gives them back when it closes before it leaves; one that failed on its way has had them.
"""

from app.services.audit.rule import Rule

CLAIM_RULES = (
    Rule(
        "delivery_slots.taken",
        "a delivery window counts the orders that hold a place in it",
        """
        SELECT s.id AS slot_id, s.capacity, s.taken, COUNT(o.id) AS orders
        FROM delivery_slots s LEFT JOIN orders o ON o.slot_id = s.id
            AND (o.status <> 'closed' OR o.close_reason = 'failed')
        GROUP BY s.id, s.capacity, s.taken
        HAVING s.taken <> COUNT(o.id) OR s.taken > s.capacity
        """,
    ),
    Rule(
        "flash_items.sold",
        "a flash sale counts the pieces in orders that were not called off, within its quota",
        """
        SELECT i.id AS item_id, i.quota, i.sold, COALESCE(SUM(l.quantity), 0) AS ordered
        FROM flash_items i
        LEFT JOIN (
            SELECT x.flash_item_id, x.quantity
            FROM order_lines x JOIN orders o ON o.id = x.order_id
            WHERE o.status <> 'closed' OR o.close_reason = 'failed'
        ) l ON l.flash_item_id = i.id
        GROUP BY i.id, i.quota, i.sold
        HAVING i.sold <> COALESCE(SUM(l.quantity), 0) OR i.sold > i.quota
        """,
    ),
    Rule(
        "flash_claims.quantity",
        "each shopper's share in a flash sale is what is in their orders",
        """
        SELECT c.item_id, c.user_id, c.quantity, COALESCE(SUM(l.quantity), 0) AS ordered
        FROM flash_claims c
        LEFT JOIN (
            SELECT x.flash_item_id, o.user_id, x.quantity
            FROM order_lines x JOIN orders o ON o.id = x.order_id
            WHERE o.status <> 'closed' OR o.close_reason = 'failed'
        ) l ON l.flash_item_id = c.item_id AND l.user_id = c.user_id
        GROUP BY c.item_id, c.user_id, c.quantity
        HAVING c.quantity <> COALESCE(SUM(l.quantity), 0)
        """,
    ),
    Rule(
        "order_lines.flash",
        "a line at a flash price is of the good on sale, and counted for its shopper",
        """
        SELECT o.id AS order_id, l.id AS line_id, l.flash_item_id
        FROM order_lines l
        JOIN orders o ON o.id = l.order_id
        LEFT JOIN flash_items i ON i.id = l.flash_item_id
        LEFT JOIN flash_claims c ON c.item_id = l.flash_item_id AND c.user_id = o.user_id
        WHERE l.flash_item_id IS NOT NULL
            AND (i.id IS NULL OR i.goods_id <> l.goods_id OR c.item_id IS NULL)
        """,
    ),
    Rule(
        "coupons.order",
        "a held coupon is in an unpaid order of its owner, a used one in a paid one",
        """
        SELECT c.id AS coupon_id, c.status, o.id AS order_id, o.status AS order_status
        FROM coupons c LEFT JOIN orders o ON o.id = c.order_id
        WHERE (c.status IN ('held', 'used')) <> (c.order_id IS NOT NULL)
            OR c.user_id <> o.user_id
            OR (c.status = 'held' AND o.status <> 'unpaid')
            OR (c.status = 'used' AND (o.status = 'unpaid' OR o.close_reason <> 'failed'))
        """,
    ),
    Rule(
        "coupons.off",
        "what a coupon took off an order is backed by that coupon, as long as the order stands",
        """
        SELECT DISTINCT o.id AS order_id, f.source
        FROM order_line_offs f
        JOIN order_lines l ON l.id = f.line_id
        JOIN orders o ON o.id = l.order_id
        LEFT JOIN coupons c ON c.order_id = o.id AND c.status IN ('held', 'used')
            AND c.id = CAST(SUBSTR(f.source, 8) AS SIGNED)
        WHERE f.source LIKE 'coupon:%' AND c.id IS NULL
            AND (o.status <> 'closed' OR o.close_reason = 'failed')
        """,
    ),
    Rule(
        "coupons.one_each",
        "an order has one coupon for its goods and one for its delivery at most",
        """
        SELECT c.order_id, COUNT(*) AS coupons
        FROM coupons c JOIN coupon_templates t ON t.id = c.template_id
        WHERE c.order_id IS NOT NULL
        GROUP BY c.order_id, CASE WHEN t.kind = 'delivery' THEN 1 ELSE 0 END
        HAVING COUNT(*) > 1
        """,
    ),
)
