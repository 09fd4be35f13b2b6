"""Create the shop: people, catalogue, stock, home page, cart, orders and payments."""

import sqlalchemy as sa

from alembic import op
from app.ddl import TABLE, UTC_DATETIME, create_index

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "food_types",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=60), nullable=False),
        sa.Column("picture", sa.String(length=40), nullable=False),
        sa.Column("tint", sa.String(length=10), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_food_types_number_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_food_types")),
        sa.UniqueConstraint("number", name=op.f("uq_food_types_number")),
        **TABLE,
    )
    op.create_table(
        "login_throttles",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("free_at", UTC_DATETIME, nullable=False),
        sa.Column("tried_at", UTC_DATETIME, nullable=False),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_login_throttles_tries_not_negative")),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_login_throttles")),
        **TABLE,
    )
    create_index("ix_login_throttles_tried_at", "login_throttles", ["tried_at"])

    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("username", sa.String(length=32), nullable=False),
        sa.Column("username_key", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("is_staff", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=True),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username_key", name=op.f("uq_users_username_key")),
        **TABLE,
    )
    op.create_table(
        "addresses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "default_of", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("receiver", sa.String(length=32), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.CheckConstraint(
            "default_of IS NULL OR default_of = user_id", name=op.f("ck_addresses_default_of_owner")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_addresses_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addresses")),
        sa.UniqueConstraint("default_of", name=op.f("uq_addresses_default_of")),
        **TABLE,
    )
    create_index("ix_addresses_user_id", "addresses", ["user_id"])

    op.create_table(
        "child_types",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=60), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_child_types_number_positive")),
        sa.ForeignKeyConstraint(
            ["type_id"],
            ["food_types.id"],
            name=op.f("fk_child_types_type_id_food_types"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_child_types")),
        sa.UniqueConstraint("type_id", "number", name=op.f("uq_child_types_type_id_number")),
        **TABLE,
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_idempotency_keys_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_keys")),
        **TABLE,
    )
    create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])

    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("close_reason", sa.String(length=12), nullable=True),
        sa.Column("goods_fen", sa.BigInteger(), nullable=False),
        sa.Column("ship_fen", sa.BigInteger(), nullable=False),
        sa.Column("off_fen", sa.BigInteger(), nullable=False),
        sa.Column("points_fen", sa.BigInteger(), nullable=False),
        sa.Column("pay_fen", sa.BigInteger(), nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("receiver", sa.String(length=32), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=60), nullable=False),
        sa.Column("placed_at", UTC_DATETIME, nullable=False),
        sa.Column("pay_by", UTC_DATETIME, nullable=True),
        sa.Column("paid_at", UTC_DATETIME, nullable=True),
        sa.Column("closed_at", UTC_DATETIME, nullable=True),
        sa.CheckConstraint(
            "(status = 'closed' AND close_reason IS NOT NULL) OR (status <> 'closed' AND close_reason IS NULL)",
            name=op.f("ck_orders_closed_has_reason"),
        ),
        sa.CheckConstraint(
            "close_reason IS NULL OR close_reason IN ('user','timeout','admin','failed')",
            name=op.f("ck_orders_close_reason_known"),
        ),
        sa.CheckConstraint(
            "status IN ('unpaid','paid','picking','shipping','delivered','completed','closed')",
            name=op.f("ck_orders_status_known"),
        ),
        sa.CheckConstraint(
            "goods_fen >= 0 AND ship_fen >= 0", name=op.f("ck_orders_sums_not_negative")
        ),
        sa.CheckConstraint(
            "off_fen >= 0 AND points_fen >= 0", name=op.f("ck_orders_reductions_not_negative")
        ),
        sa.CheckConstraint(
            "pay_fen = goods_fen + ship_fen - off_fen - points_fen",
            name=op.f("ck_orders_pay_adds_up"),
        ),
        sa.CheckConstraint("pay_fen >= 0", name=op.f("ck_orders_pay_not_negative")),
        sa.CheckConstraint(
            "refunded_fen BETWEEN 0 AND pay_fen", name=op.f("ck_orders_refunded_within_pay")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_orders_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("no", name=op.f("uq_orders_no")),
        **TABLE,
    )
    create_index("ix_orders_due", "orders", ["status", "pay_by"])
    create_index("ix_orders_user_id", "orders", ["user_id", "id"])

    op.create_table(
        "user_tickets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.Column("expires_at", UTC_DATETIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_user_tickets_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_tickets")),
        sa.UniqueConstraint("digest", name=op.f("uq_user_tickets_digest")),
        **TABLE,
    )
    create_index("ix_user_tickets_expires_at", "user_tickets", ["expires_at"])
    create_index("ix_user_tickets_user_id", "user_tickets", ["user_id"])

    op.create_table(
        "goods",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("child_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("product_no", sa.String(length=20), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("spec", sa.String(length=40), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("market_price_fen", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_fen", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_per", sa.String(length=10), nullable=False),
        sa.Column("sales", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("on_sale", sa.Boolean(), nullable=False),
        sa.Column("picture", sa.String(length=40), nullable=False),
        sa.Column("tint", sa.String(length=10), nullable=False),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("storage", sa.String(length=8), nullable=False),
        sa.Column("life_days", sa.Integer(), nullable=False),
        sa.Column("min_age", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.Column("updated_at", UTC_DATETIME, nullable=False),
        sa.CheckConstraint(
            "market_price_fen >= 0", name=op.f("ck_goods_market_price_not_negative")
        ),
        sa.CheckConstraint("min_age >= 0", name=op.f("ck_goods_min_age_not_negative")),
        sa.CheckConstraint("price_fen > 0", name=op.f("ck_goods_price_positive")),
        sa.CheckConstraint("sales >= 0", name=op.f("ck_goods_sales_not_negative")),
        sa.CheckConstraint("unit_price_fen >= 0", name=op.f("ck_goods_unit_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["child_id"], ["child_types.id"], name=op.f("fk_goods_child_id_child_types")
        ),
        sa.ForeignKeyConstraint(
            ["type_id"], ["food_types.id"], name=op.f("fk_goods_type_id_food_types")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods")),
        sa.UniqueConstraint("type_id", "product_no", name=op.f("uq_goods_type_id_product_no")),
        **TABLE,
    )
    create_index("ix_goods_child_id", "goods", ["child_id"])
    create_index("ix_goods_default", "goods", ["type_id", "is_pinned", "position", "id"])
    create_index("ix_goods_price", "goods", ["type_id", "price_fen", "id"])
    create_index("ix_goods_sales", "goods", ["type_id", "sales", "id"])

    op.create_table(
        "order_events",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("from_status", sa.String(length=10), nullable=True),
        sa.Column("to_status", sa.String(length=10), nullable=True),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("at", UTC_DATETIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_events_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("order_id", "seq", name=op.f("pk_order_events")),
        **TABLE,
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("paid_for", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("provider", sa.String(length=12), nullable=False),
        sa.Column("provider_ref", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("received_fen", sa.BigInteger(), nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.Column("received_at", UTC_DATETIME, nullable=True),
        sa.CheckConstraint(
            "(status = 'paid' AND paid_for IS NOT NULL AND paid_for = order_id) OR (status <> 'paid' AND paid_for IS NULL)",
            name=op.f("ck_payments_paid_for_order"),
        ),
        sa.CheckConstraint(
            "status IN ('created','paid','late','mismatch','void')",
            name=op.f("ck_payments_status_known"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payments_amount_positive")),
        sa.CheckConstraint("received_fen >= 0", name=op.f("ck_payments_received_not_negative")),
        sa.CheckConstraint(
            "refunded_fen BETWEEN 0 AND received_fen",
            name=op.f("ck_payments_refunded_within_received"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_payments_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("no", name=op.f("uq_payments_no")),
        sa.UniqueConstraint("paid_for", name=op.f("uq_payments_paid_for")),
        sa.UniqueConstraint(
            "provider", "provider_ref", name=op.f("uq_payments_provider_provider_ref")
        ),
        **TABLE,
    )
    create_index("ix_payments_order_id", "payments", ["order_id"])

    op.create_table(
        "cart_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("is_select", sa.Boolean(), nullable=False),
        sa.Column("seen_price_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.CheckConstraint(
            "quantity BETWEEN 1 AND 99", name=op.f("ck_cart_lines_quantity_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["goods_id"],
            ["goods.id"],
            name=op.f("fk_cart_lines_goods_id_goods"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_cart_lines_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cart_lines")),
        sa.UniqueConstraint("user_id", "goods_id", name=op.f("uq_cart_lines_user_id_goods_id")),
        **TABLE,
    )
    create_index("ix_cart_lines_goods_id", "cart_lines", ["goods_id"])

    op.create_table(
        "goods_tokens",
        sa.Column("token", sa.String(length=48), nullable=False),
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["goods_id"],
            ["goods.id"],
            name=op.f("fk_goods_tokens_goods_id_goods"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token", "goods_id", name=op.f("pk_goods_tokens")),
        **TABLE,
    )
    create_index("ix_goods_tokens_goods_id", "goods_tokens", ["goods_id"])

    op.create_table(
        "home_blocks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("source_key", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("track_no", sa.String(length=20), nullable=False),
        sa.Column("title_zh", sa.String(length=40), nullable=False),
        sa.Column("title_en", sa.String(length=80), nullable=False),
        sa.Column("text_zh", sa.String(length=60), nullable=False),
        sa.Column("text_en", sa.String(length=120), nullable=False),
        sa.Column("pictures", sa.String(length=120), nullable=False),
        sa.Column("tint", sa.String(length=10), nullable=False),
        sa.Column("link_type", sa.BigInteger(), nullable=False),
        sa.Column("link_child", sa.BigInteger(), nullable=False),
        sa.Column(
            "link_goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint(
            "kind IN ('banner','nav','mustbuy','shop','mainshow')",
            name=op.f("ck_home_blocks_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["link_goods_id"], ["goods.id"], name=op.f("fk_home_blocks_link_goods_id_goods")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_home_blocks")),
        sa.UniqueConstraint("kind", "source_key", name=op.f("uq_home_blocks_kind_source_key")),
        **TABLE,
    )
    create_index("ix_home_blocks_kind", "home_blocks", ["kind", "position", "id"])

    op.create_table(
        "order_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("spec", sa.String(length=40), nullable=False),
        sa.Column("picture", sa.String(length=40), nullable=False),
        sa.Column("tint", sa.String(length=10), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_fen", sa.BigInteger(), nullable=False),
        sa.Column("gross_fen", sa.BigInteger(), nullable=False),
        sa.Column("off_fen", sa.BigInteger(), nullable=False),
        sa.Column("points_fen", sa.BigInteger(), nullable=False),
        sa.Column("pay_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "gross_fen = unit_fen * quantity", name=op.f("ck_order_lines_gross_adds_up")
        ),
        sa.CheckConstraint(
            "off_fen >= 0 AND points_fen >= 0", name=op.f("ck_order_lines_reductions_not_negative")
        ),
        sa.CheckConstraint(
            "pay_fen = gross_fen - off_fen - points_fen", name=op.f("ck_order_lines_pay_adds_up")
        ),
        sa.CheckConstraint("pay_fen >= 0", name=op.f("ck_order_lines_pay_not_negative")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["goods_id"], ["goods.id"], name=op.f("fk_order_lines_goods_id_goods")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint("order_id", "goods_id", name=op.f("uq_order_lines_order_id_goods_id")),
        **TABLE,
    )
    create_index("ix_order_lines_goods_id", "order_lines", ["goods_id"])

    op.create_table(
        "stock",
        sa.Column(
            "goods_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("allocated", sa.Integer(), nullable=False),
        sa.CheckConstraint("allocated <= on_hand", name=op.f("ck_stock_allocated_within_on_hand")),
        sa.CheckConstraint("allocated >= 0", name=op.f("ck_stock_allocated_not_negative")),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_on_hand_not_negative")),
        sa.ForeignKeyConstraint(["goods_id"], ["goods.id"], name=op.f("fk_stock_goods_id_goods")),
        sa.PrimaryKeyConstraint("goods_id", name=op.f("pk_stock")),
        **TABLE,
    )
    op.create_table(
        "stock_moves",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.CheckConstraint(
            "kind IN ('received','allocated','released','shipped','returned','wasted','adjusted')",
            name=op.f("ck_stock_moves_kind_known"),
        ),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_stock_moves_quantity_not_zero")),
        sa.ForeignKeyConstraint(
            ["goods_id"], ["goods.id"], name=op.f("fk_stock_moves_goods_id_goods")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_stock_moves_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_moves")),
        **TABLE,
    )
    create_index("ix_stock_moves_goods_id", "stock_moves", ["goods_id", "id"])
    create_index("ix_stock_moves_order_id", "stock_moves", ["order_id"])

    op.create_table(
        "home_block_goods",
        sa.Column("block_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["home_blocks.id"],
            name=op.f("fk_home_block_goods_block_id_home_blocks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["goods_id"], ["goods.id"], name=op.f("fk_home_block_goods_goods_id_goods")
        ),
        sa.PrimaryKeyConstraint("block_id", "position", name=op.f("pk_home_block_goods")),
        **TABLE,
    )
    create_index("ix_home_block_goods_goods_id", "home_block_goods", ["goods_id"])


def downgrade() -> None:
    # Tables only: MariaDB refuses to drop an index that a foreign key still needs.
    op.drop_table("home_block_goods", if_exists=True)
    op.drop_table("stock_moves", if_exists=True)
    op.drop_table("stock", if_exists=True)
    op.drop_table("order_lines", if_exists=True)
    op.drop_table("home_blocks", if_exists=True)
    op.drop_table("goods_tokens", if_exists=True)
    op.drop_table("cart_lines", if_exists=True)
    op.drop_table("payments", if_exists=True)
    op.drop_table("order_events", if_exists=True)
    op.drop_table("goods", if_exists=True)
    op.drop_table("user_tickets", if_exists=True)
    op.drop_table("orders", if_exists=True)
    op.drop_table("idempotency_keys", if_exists=True)
    op.drop_table("child_types", if_exists=True)
    op.drop_table("addresses", if_exists=True)
    op.drop_table("users", if_exists=True)
    op.drop_table("login_throttles", if_exists=True)
    op.drop_table("food_types", if_exists=True)
