"""Rules about pieces: the counters, their ledger, and what orders hold of them."""

from app.services.audit.rule import Rule

STOCK_RULES = (
    Rule(
        "stock.on_hand",
        "what is in the store is the sum of its moves",
        """
        SELECT s.goods_id, s.on_hand, COALESCE(SUM(m.quantity), 0) AS moves
        FROM stock s LEFT JOIN stock_moves m ON m.goods_id = s.goods_id
            AND m.kind IN ('received', 'adjusted', 'returned', 'wasted', 'shipped')
        GROUP BY s.goods_id, s.on_hand
        HAVING s.on_hand <> COALESCE(SUM(m.quantity), 0)
        """,
    ),
    Rule(
        "stock.allocated",
        "what is promised is the sum of its moves",
        """
        SELECT s.goods_id, s.allocated, COALESCE(SUM(m.quantity), 0) AS moves
        FROM stock s LEFT JOIN stock_moves m ON m.goods_id = s.goods_id
            AND m.kind IN ('allocated', 'released', 'shipped')
        GROUP BY s.goods_id, s.allocated
        HAVING s.allocated <> COALESCE(SUM(m.quantity), 0)
        """,
    ),
    Rule(
        "stock.open_orders",
        "what is promised is what open orders hold",
        """
        SELECT s.goods_id, s.allocated, COALESCE(SUM(h.quantity), 0) AS open_orders
        FROM stock s LEFT JOIN (
            SELECT m.goods_id, m.quantity
            FROM stock_moves m JOIN orders o ON o.id = m.order_id
            WHERE m.kind IN ('allocated', 'released', 'shipped')
                AND o.status IN ('unpaid', 'paid', 'picking', 'shipping')
        ) h ON h.goods_id = s.goods_id
        GROUP BY s.goods_id, s.allocated
        HAVING s.allocated <> COALESCE(SUM(h.quantity), 0)
        """,
    ),
    Rule(
        "stock.bounds",
        "nothing is promised that is not there",
        """
        SELECT goods_id, on_hand, allocated FROM stock
        WHERE allocated < 0 OR allocated > on_hand
        """,
    ),
    Rule(
        "stock_moves.owner",
        "a move is about stock that is kept, in the right direction, for a line of its order",
        """
        SELECT m.id, m.kind, m.quantity, m.goods_id, m.order_id
        FROM stock_moves m
        LEFT JOIN stock s ON s.goods_id = m.goods_id
        LEFT JOIN order_lines l ON l.order_id = m.order_id AND l.goods_id = m.goods_id
        WHERE s.goods_id IS NULL
            OR (m.kind IN ('received', 'allocated', 'returned') AND m.quantity < 0)
            OR (m.kind IN ('released', 'shipped', 'wasted') AND m.quantity > 0)
            OR (m.order_id IS NULL AND m.kind IN ('allocated', 'released', 'shipped'))
            OR (m.order_id IS NOT NULL AND l.id IS NULL)
        """,
    ),
    Rule(
        "order_lines.claimed",
        "all pieces of a line were claimed when it was placed",
        """
        SELECT l.order_id, l.id AS line_id, l.quantity, COALESCE(SUM(m.quantity), 0) AS claimed
        FROM order_lines l LEFT JOIN stock_moves m
            ON m.order_id = l.order_id AND m.goods_id = l.goods_id AND m.kind = 'allocated'
        GROUP BY l.order_id, l.id, l.quantity
        HAVING l.quantity <> COALESCE(SUM(m.quantity), 0)
        """,
    ),
    Rule(
        "order_lines.held",
        "an unpaid order holds all its pieces, one that is over none",
        """
        SELECT o.id AS order_id, o.status, l.id AS line_id, l.quantity,
            COALESCE(SUM(m.quantity), 0) AS held
        FROM order_lines l
        JOIN orders o ON o.id = l.order_id
        LEFT JOIN stock_moves m ON m.order_id = l.order_id AND m.goods_id = l.goods_id
            AND m.kind IN ('allocated', 'released', 'shipped')
        GROUP BY o.id, o.status, l.id, l.quantity
        HAVING (o.status = 'unpaid' AND COALESCE(SUM(m.quantity), 0) <> l.quantity)
            OR (o.status IN ('delivered', 'completed', 'closed')
                AND COALESCE(SUM(m.quantity), 0) <> 0)
            OR COALESCE(SUM(m.quantity), 0) < 0
        """,
    ),
    Rule(
        "order_lines.sent",
        "what left the store for a line is what is in its parcels",
        """
        SELECT l.order_id, l.id AS line_id, COALESCE(m.pieces, 0) AS moves,
            COALESCE(p.pieces, 0) AS parcels
        FROM order_lines l
        LEFT JOIN (
            SELECT order_id, goods_id, -SUM(quantity) AS pieces FROM stock_moves
            WHERE kind = 'shipped' GROUP BY order_id, goods_id
        ) m ON m.order_id = l.order_id AND m.goods_id = l.goods_id
        LEFT JOIN (
            SELECT sl.line_id, SUM(sl.quantity) AS pieces
            FROM shipment_lines sl JOIN shipments s ON s.id = sl.shipment_id
            WHERE s.status <> 'cancelled' GROUP BY sl.line_id
        ) p ON p.line_id = l.id
        WHERE COALESCE(m.pieces, 0) <> COALESCE(p.pieces, 0)
        """,
    ),
    # A piece that cost less than a fen may go back without a refund, so it cannot be counted.
    Rule(
        "order_lines.dropped",
        "what a line gave back to the store before it left is what was refunded as short",
        """
        SELECT l.order_id, l.id AS line_id, COALESCE(m.pieces, 0) AS released,
            COALESCE(r.pieces, 0) AS refunded
        FROM order_lines l
        JOIN orders o ON o.id = l.order_id
        LEFT JOIN (
            SELECT order_id, goods_id, -SUM(quantity) AS pieces FROM stock_moves
            WHERE kind = 'released' GROUP BY order_id, goods_id
        ) m ON m.order_id = l.order_id AND m.goods_id = l.goods_id
        LEFT JOIN (
            SELECT rl.line_id, SUM(rl.quantity) AS pieces
            FROM refund_lines rl JOIN refunds r ON r.id = rl.refund_id
            WHERE r.kind = 'shortage' GROUP BY rl.line_id
        ) r ON r.line_id = l.id
        WHERE (o.status <> 'closed' OR o.close_reason = 'failed')
            AND l.pay_fen >= l.quantity AND COALESCE(m.pieces, 0) <> COALESCE(r.pieces, 0)
        """,
    ),
    Rule(
        "order_lines.returned",
        "what came back on the shelf is what refunds say can be sold again",
        """
        SELECT l.order_id, l.id AS line_id, COALESCE(m.pieces, 0) AS returned,
            COALESCE(r.pieces, 0) AS restocked
        FROM order_lines l
        LEFT JOIN (
            SELECT order_id, goods_id, SUM(quantity) AS pieces FROM stock_moves
            WHERE kind = 'returned' GROUP BY order_id, goods_id
        ) m ON m.order_id = l.order_id AND m.goods_id = l.goods_id
        LEFT JOIN (
            SELECT rl.line_id, SUM(rl.restock_quantity) AS pieces
            FROM refund_lines rl JOIN refunds r ON r.id = rl.refund_id
            WHERE r.kind IN ('quality', 'goodwill', 'failed')
                AND r.status IN ('approved', 'sending', 'done', 'failed')
            GROUP BY rl.line_id
        ) r ON r.line_id = l.id
        WHERE l.pay_fen >= l.quantity AND COALESCE(m.pieces, 0) <> COALESCE(r.pieces, 0)
        """,
    ),
)
