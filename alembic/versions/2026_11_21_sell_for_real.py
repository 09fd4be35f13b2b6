"""Sell for real: slots, shipments, flash sales, coupons, refunds, outbox, price history."""

import sqlalchemy as sa

from alembic import op
from app.ddl import TABLE, UTC_DATETIME, add_column, create_index, drop_column

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stray_money",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("provider", sa.String(length=12), nullable=False),
        sa.Column("provider_ref", sa.String(length=64), nullable=False),
        sa.Column("payment_no", sa.String(length=64), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.Column("settled_at", UTC_DATETIME, nullable=True),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_stray_money_amount_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stray_money")),
        sa.UniqueConstraint(
            "provider", "provider_ref", name=op.f("uq_stray_money_provider_provider_ref")
        ),
        **TABLE,
    )
    create_index("ix_stray_money_settled_at", "stray_money", ["settled_at"])
    op.create_table(
        "coupon_templates",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_key", sa.String(length=80), nullable=False),
        sa.Column("title_zh", sa.String(length=40), nullable=False),
        sa.Column("title_en", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("percent_bp", sa.Integer(), nullable=False),
        sa.Column("most_fen", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("least_fen", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("claimed", sa.Integer(), nullable=False),
        sa.Column("per_user", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('amount','percent','delivery')", name=op.f("ck_coupon_templates_kind_known")
        ),
        sa.CheckConstraint(
            "amount_fen >= 0 AND least_fen >= 0", name=op.f("ck_coupon_templates_sums_not_negative")
        ),
        sa.CheckConstraint("per_user > 0", name=op.f("ck_coupon_templates_per_user_positive")),
        sa.CheckConstraint(
            "percent_bp BETWEEN 0 AND 10000", name=op.f("ck_coupon_templates_percent_in_range")
        ),
        sa.CheckConstraint(
            "total IS NULL OR claimed <= total",
            name=op.f("ck_coupon_templates_claimed_within_total"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_templates")),
        sa.UniqueConstraint("source_key", name=op.f("uq_coupon_templates_source_key")),
        **TABLE,
    )
    op.create_table(
        "delivery_slots",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("zone", sa.String(length=20), nullable=False),
        sa.Column("starts_at", UTC_DATETIME, nullable=False),
        sa.Column("ends_at", UTC_DATETIME, nullable=False),
        sa.Column("cutoff_at", UTC_DATETIME, nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_delivery_slots_ends_after_start")),
        sa.CheckConstraint("fee_fen >= 0", name=op.f("ck_delivery_slots_fee_not_negative")),
        sa.CheckConstraint(
            "taken BETWEEN 0 AND capacity", name=op.f("ck_delivery_slots_taken_within_capacity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_slots")),
        sa.UniqueConstraint("zone", "starts_at", name=op.f("uq_delivery_slots_zone_starts_at")),
        **TABLE,
    )
    create_index("ix_delivery_slots_cutoff_at", "delivery_slots", ["cutoff_at"])

    op.create_table(
        "flash_sessions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_key", sa.String(length=80), nullable=False),
        sa.Column("title_zh", sa.String(length=40), nullable=False),
        sa.Column("title_en", sa.String(length=80), nullable=False),
        sa.Column("starts_at", UTC_DATETIME, nullable=False),
        sa.Column("ends_at", UTC_DATETIME, nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_flash_sessions_ends_after_start")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flash_sessions")),
        sa.UniqueConstraint("source_key", name=op.f("uq_flash_sessions_source_key")),
        **TABLE,
    )
    create_index("ix_flash_sessions_window", "flash_sessions", ["ends_at", "starts_at"])

    op.create_table(
        "leases",
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("held_until", UTC_DATETIME, nullable=False),
        sa.Column("done_at", UTC_DATETIME, nullable=True),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_leases")),
        **TABLE,
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", UTC_DATETIME, nullable=False),
        sa.Column("done_at", UTC_DATETIME, nullable=True),
        sa.Column("last_error", sa.String(length=200), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_outbox_tries_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("topic", "key", name=op.f("uq_outbox_topic_key")),
        **TABLE,
    )
    create_index("ix_outbox_due", "outbox", ["done_at", "next_at", "id"])

    op.create_table(
        "coupons",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "template_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("nth", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("valid_from", UTC_DATETIME, nullable=False),
        sa.Column("valid_to", UTC_DATETIME, nullable=False),
        sa.Column("extended_at", UTC_DATETIME, nullable=True),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.CheckConstraint(
            "(status IN ('held','used') AND order_id IS NOT NULL) OR (status IN ('ready','void') AND order_id IS NULL)",
            name=op.f("ck_coupons_held_by_order"),
        ),
        sa.CheckConstraint(
            "status IN ('ready','held','used','void')", name=op.f("ck_coupons_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_coupons_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["coupon_templates.id"],
            name=op.f("fk_coupons_template_id_coupon_templates"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_coupons_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupons")),
        sa.UniqueConstraint(
            "template_id", "user_id", "nth", name=op.f("uq_coupons_template_id_user_id_nth")
        ),
        **TABLE,
    )
    create_index("ix_coupons_order_id", "coupons", ["order_id"])
    create_index("ix_coupons_user_id", "coupons", ["user_id", "status", "valid_to"])

    op.create_table(
        "shipments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=20), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("track_status", sa.String(length=20), nullable=False),
        sa.Column("carrier", sa.String(length=20), nullable=True),
        sa.Column("tracking_no", sa.String(length=40), nullable=True),
        sa.Column("rider", sa.String(length=32), nullable=False),
        sa.Column("rider_phone", sa.String(length=20), nullable=False),
        sa.Column("handover_code", sa.String(length=8), nullable=False),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("eta", UTC_DATETIME, nullable=True),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.Column("delivered_at", UTC_DATETIME, nullable=True),
        sa.CheckConstraint(
            "kind IN ('rider','courier','pickup')", name=op.f("ck_shipments_kind_known")
        ),
        sa.CheckConstraint(
            "status IN ('packed','out','delivered','failed','cancelled')",
            name=op.f("ck_shipments_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_shipments_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipments")),
        sa.UniqueConstraint(
            "carrier", "tracking_no", name=op.f("uq_shipments_carrier_tracking_no")
        ),
        sa.UniqueConstraint("no", name=op.f("uq_shipments_no")),
        **TABLE,
    )
    create_index("ix_shipments_order_id", "shipments", ["order_id"])

    op.create_table(
        "flash_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("sold", sa.Integer(), nullable=False),
        sa.Column("per_user", sa.Integer(), nullable=False),
        sa.CheckConstraint("per_user > 0", name=op.f("ck_flash_items_per_user_positive")),
        sa.CheckConstraint("price_fen > 0", name=op.f("ck_flash_items_price_positive")),
        sa.CheckConstraint(
            "sold BETWEEN 0 AND quota", name=op.f("ck_flash_items_sold_within_quota")
        ),
        sa.ForeignKeyConstraint(
            ["goods_id"], ["goods.id"], name=op.f("fk_flash_items_goods_id_goods")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["flash_sessions.id"],
            name=op.f("fk_flash_items_session_id_flash_sessions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flash_items")),
        sa.UniqueConstraint(
            "session_id", "goods_id", name=op.f("uq_flash_items_session_id_goods_id")
        ),
        **TABLE,
    )
    create_index("ix_flash_items_goods_id", "flash_items", ["goods_id"])

    op.create_table(
        "price_history",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("from_at", UTC_DATETIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["goods_id"],
            ["goods.id"],
            name=op.f("fk_price_history_goods_id_goods"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_history")),
        **TABLE,
    )
    create_index("ix_price_history_goods_id", "price_history", ["goods_id", "from_at"])
    # What is on the shelf already has cost the same at least since its row was last touched.
    op.execute(
        "INSERT INTO price_history (goods_id, price_fen, from_at)"
        " SELECT id, price_fen, updated_at FROM goods"
        " WHERE id NOT IN (SELECT goods_id FROM price_history)"
    )

    op.create_table(
        "refunds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("ship_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("provider_ref", sa.String(length=64), nullable=True),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.Column("done_at", UTC_DATETIME, nullable=True),
        sa.CheckConstraint(
            "kind IN ('cancel','shortage','quality','goodwill','late','mismatch','failed')",
            name=op.f("ck_refunds_kind_known"),
        ),
        sa.CheckConstraint(
            "status <> 'done' OR provider_ref IS NOT NULL",
            name=op.f("ck_refunds_done_has_provider_ref"),
        ),
        sa.CheckConstraint(
            "status IN ('asked','approved','sending','done','failed','rejected')",
            name=op.f("ck_refunds_status_known"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_refunds_amount_positive")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_refunds_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("no", name=op.f("uq_refunds_no")),
        **TABLE,
    )
    create_index("ix_refunds_order_id", "refunds", ["order_id", "id"])
    create_index("ix_refunds_payment_id", "refunds", ["payment_id"])

    op.create_table(
        "shipment_events",
        sa.Column(
            "shipment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("seq", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("at", UTC_DATETIME, nullable=False),
        sa.Column("received_at", UTC_DATETIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_shipment_events_shipment_id_shipments")
        ),
        sa.PrimaryKeyConstraint("shipment_id", "seq", name=op.f("pk_shipment_events")),
        sa.UniqueConstraint(
            "shipment_id",
            "source",
            "source_id",
            name=op.f("uq_shipment_events_shipment_id_source_source_id"),
        ),
        **TABLE,
    )
    op.create_table(
        "flash_claims",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_flash_claims_quantity_not_negative")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["flash_items.id"], name=op.f("fk_flash_claims_item_id_flash_items")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_flash_claims_user_id_users")
        ),
        sa.PrimaryKeyConstraint("item_id", "user_id", name=op.f("pk_flash_claims")),
        **TABLE,
    )
    create_index("ix_flash_claims_user_id", "flash_claims", ["user_id"])

    op.create_table(
        "order_line_offs",
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lane", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_order_line_offs_amount_positive")),
        sa.CheckConstraint("lane BETWEEN 1 AND 4", name=op.f("ck_order_line_offs_lane_known")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["order_lines.id"], name=op.f("fk_order_line_offs_line_id_order_lines")
        ),
        sa.PrimaryKeyConstraint("line_id", "lane", "source", name=op.f("pk_order_line_offs")),
        **TABLE,
    )
    op.create_table(
        "refund_lines",
        sa.Column(
            "refund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("restock_quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_refund_lines_amount_not_negative")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_refund_lines_quantity_positive")),
        sa.CheckConstraint(
            "restock_quantity BETWEEN 0 AND quantity",
            name=op.f("ck_refund_lines_restock_within_quantity"),
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["order_lines.id"], name=op.f("fk_refund_lines_line_id_order_lines")
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refunds.id"], name=op.f("fk_refund_lines_refund_id_refunds")
        ),
        sa.PrimaryKeyConstraint("refund_id", "line_id", name=op.f("pk_refund_lines")),
        **TABLE,
    )
    create_index("ix_refund_lines_line_id", "refund_lines", ["line_id"])

    op.create_table(
        "shipment_lines",
        sa.Column(
            "shipment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shipment_lines_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["order_lines.id"], name=op.f("fk_shipment_lines_line_id_order_lines")
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_shipment_lines_shipment_id_shipments")
        ),
        sa.PrimaryKeyConstraint("shipment_id", "line_id", name=op.f("pk_shipment_lines")),
        **TABLE,
    )
    create_index("ix_shipment_lines_line_id", "shipment_lines", ["line_id"])

    add_column(
        "orders",
        sa.Column("if_sold_out", sa.String(8), nullable=False, server_default="refund"),
        check=("ck_orders_if_sold_out_known", "if_sold_out IN ('refund','match','ask')"),
    )
    add_column("orders", sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
    add_column("orders", sa.Column("slot_starts_at", UTC_DATETIME))
    add_column("orders", sa.Column("slot_ends_at", UTC_DATETIME))
    add_column("orders", sa.Column("delivered_at", UTC_DATETIME))
    add_column("orders", sa.Column("completed_at", UTC_DATETIME))
    add_column("order_lines", sa.Column("note", sa.String(60), nullable=False, server_default=""))
    add_column(
        "order_lines",
        sa.Column("if_sold_out", sa.String(8)),
        check=(
            "ck_order_lines_if_sold_out_known",
            "if_sold_out IS NULL OR if_sold_out IN ('refund','match','ask')",
        ),
    )
    add_column(
        "order_lines",
        sa.Column("flash_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
    )
    add_column(
        "order_lines",
        sa.Column("refunded_quantity", sa.Integer(), nullable=False, server_default="0"),
        check=(
            "ck_order_lines_refunded_quantity_within_quantity",
            "refunded_quantity BETWEEN 0 AND quantity",
        ),
    )
    add_column(
        "order_lines",
        sa.Column("refunded_fen", sa.BigInteger(), nullable=False, server_default="0"),
        check=("ck_order_lines_refunded_within_pay", "refunded_fen BETWEEN 0 AND pay_fen"),
    )


def downgrade() -> None:
    drop_column("order_lines", "refunded_fen", check="ck_order_lines_refunded_within_pay")
    drop_column(
        "order_lines", "refunded_quantity", check="ck_order_lines_refunded_quantity_within_quantity"
    )
    drop_column("order_lines", "flash_item_id")
    drop_column("order_lines", "if_sold_out", check="ck_order_lines_if_sold_out_known")
    drop_column("order_lines", "note")
    drop_column("orders", "completed_at")
    drop_column("orders", "delivered_at")
    drop_column("orders", "slot_ends_at")
    drop_column("orders", "slot_starts_at")
    drop_column("orders", "slot_id")
    drop_column("orders", "if_sold_out", check="ck_orders_if_sold_out_known")
    op.drop_table("stray_money", if_exists=True)
    op.drop_table("shipment_lines", if_exists=True)
    op.drop_table("refund_lines", if_exists=True)
    op.drop_table("order_line_offs", if_exists=True)
    op.drop_table("flash_claims", if_exists=True)
    op.drop_table("shipment_events", if_exists=True)
    op.drop_table("refunds", if_exists=True)
    op.drop_table("price_history", if_exists=True)
    op.drop_table("flash_items", if_exists=True)
    op.drop_table("shipments", if_exists=True)
    op.drop_table("coupons", if_exists=True)
    op.drop_table("outbox", if_exists=True)
    op.drop_table("leases", if_exists=True)
    op.drop_table("flash_sessions", if_exists=True)
    op.drop_table("delivery_slots", if_exists=True)
    op.drop_table("coupon_templates", if_exists=True)
