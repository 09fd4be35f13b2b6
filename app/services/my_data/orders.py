"""What hangs on an order in a shopper's data: lines, money, parcels and what happened."""

from app.models import (
    OrderEvent,
    OrderLine,
    Payment,
    Refund,
    Shipment,
)
from app.services.my_data.section import Part, fields_of

LINES = Part(
    "lines",
    OrderLine.order_id,
    {
        "goods": (OrderLine.name_zh, OrderLine.name_en),
        **fields_of(
            OrderLine,
            *("spec", "quantity", "unit_fen", "gross_fen", "off_fen", "points_fen", "pay_fen"),
            *("note", "if_sold_out", "refunded_quantity", "refunded_fen", "returned_points"),
        ),
    },
    (OrderLine.id,),
)
PAYMENTS = Part(
    "payments",
    Payment.order_id,
    fields_of(
        Payment,
        *("no", "provider", "provider_ref", "status", "amount_fen", "received_fen"),
        *("refunded_fen", "created_at", "received_at"),
    ),
    (Payment.id,),
)
REFUNDS = Part(
    "refunds",
    Refund.order_id,
    fields_of(
        Refund,
        *("no", "kind", "status", "amount_fen", "ship_fen", "reason", "created_at", "done_at"),
    ),
    (Refund.id,),
)
# Without the rider, who is somebody else.
SHIPMENTS = Part(
    "shipments",
    Shipment.order_id,
    fields_of(
        Shipment,
        *("no", "kind", "status", "carrier", "tracking_no", "created_at", "delivered_at"),
    ),
    (Shipment.id,),
)
# Without who of the shop did it and the notes that they made.
EVENTS = Part(
    "events",
    OrderEvent.order_id,
    fields_of(OrderEvent, "kind", "from_status", "to_status", "at"),
    (OrderEvent.order_id, OrderEvent.seq),
)
ORDER_PARTS = (LINES, PAYMENTS, REFUNDS, SHIPMENTS, EVENTS)
