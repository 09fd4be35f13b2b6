"""Rules about parcels: what is in them, and how they and their orders stand."""

from app.services.audit.rule import Rule

PARCEL_RULES = (
    Rule(
        "shipment_lines.pieces",
        "parcels hold no more of a line than was bought and not given up before",
        """
        SELECT l.order_id, l.id AS line_id, l.quantity, p.pieces, COALESCE(r.pieces, 0) AS given_up
        FROM order_lines l
        JOIN (
            SELECT sl.line_id, SUM(sl.quantity) AS pieces
            FROM shipment_lines sl JOIN shipments s ON s.id = sl.shipment_id
            WHERE s.status <> 'cancelled' GROUP BY sl.line_id
        ) p ON p.line_id = l.id
        LEFT JOIN (
            SELECT rl.line_id, SUM(rl.quantity) AS pieces
            FROM refund_lines rl JOIN refunds r ON r.id = rl.refund_id
            WHERE r.kind = 'shortage' GROUP BY rl.line_id
        ) r ON r.line_id = l.id
        WHERE p.pieces + COALESCE(r.pieces, 0) > l.quantity
        """,
    ),
    Rule(
        "shipment_lines.order",
        "a parcel holds lines of its own order, and is not empty",
        """
        SELECT s.id AS shipment_id, s.order_id, sl.line_id
        FROM shipments s
        LEFT JOIN shipment_lines sl ON sl.shipment_id = s.id
        LEFT JOIN order_lines l ON l.id = sl.line_id
        WHERE l.id IS NULL OR l.order_id <> s.order_id
        """,
    ),
    Rule(
        "shipments.times",
        "a parcel that arrived has a time, any other has none",
        """
        SELECT id AS shipment_id, status, delivered_at FROM shipments
        WHERE (status = 'delivered') <> (delivered_at IS NOT NULL)
        """,
    ),
    Rule(
        "shipments.order",
        "an order on its way has parcels, one that arrived has none under way",
        """
        SELECT o.id AS order_id, o.status, o.close_reason, COALESCE(s.parcels, 0) AS parcels,
            s.under_way, s.arrived
        FROM orders o
        LEFT JOIN (
            SELECT order_id, COUNT(*) AS parcels,
                SUM(CASE WHEN status IN ('packed', 'out') THEN 1 ELSE 0 END) AS under_way,
                SUM(CASE WHEN status = 'delivered' THEN 1 ELSE 0 END) AS arrived
            FROM shipments WHERE status <> 'cancelled' GROUP BY order_id
        ) s ON s.order_id = o.id
        WHERE (o.status IN ('shipping', 'delivered', 'completed') OR o.close_reason = 'failed')
                <> (s.parcels IS NOT NULL)
            OR (o.status <> 'shipping' AND s.under_way > 0)
            OR (o.status IN ('delivered', 'completed') AND s.arrived = 0)
            OR (o.close_reason = 'failed' AND s.arrived > 0)
        """,
    ),
    Rule(
        "shipment_events.seq",
        "every parcel has a story, numbered without a gap",
        """
        SELECT s.id AS shipment_id, COUNT(e.seq) AS events
        FROM shipments s LEFT JOIN shipment_events e ON e.shipment_id = s.id
        GROUP BY s.id
        HAVING COUNT(e.seq) = 0 OR MIN(e.seq) <> 1 OR MAX(e.seq) <> COUNT(e.seq)
        """,
    ),
)
