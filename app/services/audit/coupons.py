"""Rules about coupons: how many were handed out, and what they may take off."""

from app.services.audit.rule import Rule

COUPON_RULES = (
    Rule(
        "coupon_templates.claimed",
        "a coupon of the shop counts those that were handed out, within its total",
        """
        SELECT t.id AS template_id, t.total, t.claimed, COUNT(c.id) AS coupons
        FROM coupon_templates t LEFT JOIN coupons c ON c.template_id = t.id
        GROUP BY t.id, t.total, t.claimed
        HAVING t.claimed <> COUNT(c.id) OR t.claimed > t.total
        """,
    ),
    Rule(
        "coupons.nth",
        "each shopper's coupons of one kind are numbered without a gap, within what one may have",
        """
        SELECT c.template_id, c.user_id, MAX(c.nth) AS highest, COUNT(*) AS coupons
        FROM coupons c JOIN coupon_templates t ON t.id = c.template_id
        GROUP BY c.template_id, c.user_id, t.per_user
        HAVING MAX(c.nth) > t.per_user OR MAX(c.nth) <> COUNT(*) OR MIN(c.nth) < 1
        """,
    ),
    Rule(
        "coupons.life",
        "a coupon begins before it ends",
        "SELECT id AS coupon_id, user_id FROM coupons WHERE valid_from > valid_to",
    ),
    Rule(
        "coupon_scopes.refs",
        "what a coupon is for is there, and one for a part of the shop names some",
        """
        SELECT t.id AS template_id, t.scope, s.ref_id
        FROM coupon_templates t
        LEFT JOIN coupon_scopes s ON s.template_id = t.id
        LEFT JOIN food_types f ON t.scope = 'type' AND f.id = s.ref_id
        LEFT JOIN child_types k ON t.scope = 'child' AND k.id = s.ref_id
        LEFT JOIN goods g ON t.scope = 'goods' AND g.id = s.ref_id
        WHERE t.scope <> 'all' AND f.id IS NULL AND k.id IS NULL AND g.id IS NULL
        """,
    ),
    # Goods may be moved to another type later, so it is looked at while the coupon is in use.
    Rule(
        "order_line_offs.scope",
        "a coupon took something off the goods it is for, and nothing off flash prices",
        """
        SELECT l.order_id, l.id AS line_id, f.source
        FROM order_line_offs f
        JOIN order_lines l ON l.id = f.line_id
        JOIN coupons c ON c.order_id = l.order_id AND c.status IN ('held', 'used')
            AND c.id = CAST(SUBSTR(f.source, 8) AS SIGNED)
        JOIN coupon_templates t ON t.id = c.template_id
        JOIN goods g ON g.id = l.goods_id
        LEFT JOIN coupon_scopes s ON s.template_id = t.id AND s.ref_id =
            CASE t.scope WHEN 'type' THEN g.type_id WHEN 'child' THEN g.child_id ELSE g.id END
        WHERE f.source LIKE 'coupon:%'
            AND (l.flash_item_id IS NOT NULL OR (t.scope <> 'all' AND s.template_id IS NULL))
        """,
    ),
)
