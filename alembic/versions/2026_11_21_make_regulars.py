"""Make regulars: points, levels, coupons to claim, reviews, favourites, messages, pictures."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from alembic import op
from app.ddl import TABLE, UTC_DATETIME, add_column, create_index, drop_column

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The growth, in fen, that each level begins at: as it was when there first were levels.
LEVELS = ((1_500_000, 4), (600_000, 3), (200_000, 2), (50_000, 1))


def upgrade() -> None:
    _create_tables()
    _add_columns()
    _count_growth()


def _count_growth() -> None:
    """What was bought before there were levels counts for them, too."""
    tables = sa.MetaData()
    bind = op.get_bind()
    orders, refunds, entries, members = (
        sa.Table(name, tables, autoload_with=bind, resolve_fks=False)
        for name in ("orders", "refunds", "growth_entries", "members")
    )
    given_back = sa.func.coalesce(
        sa.select(sa.func.sum(refunds.c.amount_fen))
        .where(
            refunds.c.order_id == orders.c.id,
            refunds.c.status == "done",
            refunds.c.kind.not_in(("late", "mismatch")),
        )
        .scalar_subquery(),
        0,
    )
    fen = orders.c.pay_fen - given_back
    earned = sa.select(
        orders.c.user_id,
        orders.c.id,
        sa.literal("completed"),
        sa.literal("order:") + sa.cast(orders.c.id, sa.String(20)),
        fen,
        orders.c.completed_at,
    ).where(
        orders.c.status == "completed",
        fen > 0,
        orders.c.id.not_in(sa.select(entries.c.order_id)),
    )
    columns = ["user_id", "order_id", "kind", "ref", "fen", "at"]
    op.execute(entries.insert().from_select(columns, earned))
    now = datetime.now(UTC).replace(tzinfo=None)
    year = timedelta(days=365)
    growth = sa.func.sum(entries.c.fen)
    risen = (
        sa.select(
            entries.c.user_id,
            sa.literal(0),
            sa.case(*((growth >= least, level) for least, level in LEVELS)),
            sa.literal(now + year, UTC_DATETIME),
        )
        .where(
            entries.c.at > sa.literal(now - year, UTC_DATETIME),
            entries.c.user_id.not_in(sa.select(members.c.user_id)),
        )
        .group_by(entries.c.user_id)
        .having(growth >= LEVELS[-1][0])
    )
    op.execute(members.insert().from_select(["user_id", "points", "level", "level_until"], risen))


def _create_tables() -> None:
    op.create_table(
        "check_ins",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("streak", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.CheckConstraint("streak > 0", name=op.f("ck_check_ins_streak_positive")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_check_ins_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "day", name=op.f("pk_check_ins")),
        **TABLE,
    )
    op.create_table(
        "coupon_scopes",
        sa.Column(
            "template_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "ref_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["coupon_templates.id"],
            name=op.f("fk_coupon_scopes_template_id_coupon_templates"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("template_id", "ref_id", name=op.f("pk_coupon_scopes")),
        **TABLE,
    )
    op.create_table(
        "members",
        sa.Column(
            "user_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("level_until", UTC_DATETIME, nullable=True),
        sa.CheckConstraint("level BETWEEN 0 AND 4", name=op.f("ck_members_level_known")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_members_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_members")),
        **TABLE,
    )
    create_index("ix_members_level_until", "members", ["level_until"])

    op.create_table(
        "pictures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.CheckConstraint(
            "kind IN ('avatar','review','goods','home')", name=op.f("ck_pictures_kind_known")
        ),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_pictures_size_positive")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_pictures_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        **TABLE,
    )
    create_index("ix_pictures_digest", "pictures", ["digest"])
    create_index("ix_pictures_user_id", "pictures", ["user_id", "kind"])

    op.create_table(
        "points_lots",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("earned_n", sa.Integer(), nullable=False),
        sa.Column("kept_n", sa.Integer(), nullable=False),
        sa.Column("left_n", sa.Integer(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("open_at", UTC_DATETIME, nullable=False),
        sa.Column("expires_at", UTC_DATETIME, nullable=False),
        sa.Column("noticed_days", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.CheckConstraint(
            "kind IN ('order','checkin','returned','gift')", name=op.f("ck_points_lots_kind_known")
        ),
        sa.CheckConstraint(
            "status IN ('pending','open','spent','expired','void')",
            name=op.f("ck_points_lots_status_known"),
        ),
        sa.CheckConstraint(
            "left_n BETWEEN 0 AND earned_n", name=op.f("ck_points_lots_left_within_earned")
        ),
        sa.CheckConstraint(
            "kept_n BETWEEN left_n AND earned_n", name=op.f("ck_points_lots_kept_within_earned")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_points_lots_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_lots")),
        sa.UniqueConstraint("kind", "ref", name=op.f("uq_points_lots_kind_ref")),
        **TABLE,
    )
    create_index("ix_points_lots_expires_at", "points_lots", ["status", "expires_at"])
    create_index("ix_points_lots_open_at", "points_lots", ["status", "open_at"])
    create_index("ix_points_lots_user_id", "points_lots", ["user_id", "status", "expires_at", "id"])

    op.create_table(
        "user_messages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("params", sa.String(length=500), nullable=False),
        sa.Column("link", sa.String(length=200), nullable=False),
        sa.Column("read_at", UTC_DATETIME, nullable=True),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_user_messages_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_messages")),
        sa.UniqueConstraint(
            "user_id", "kind", "key", name=op.f("uq_user_messages_user_id_kind_key")
        ),
        **TABLE,
    )
    create_index("ix_user_messages_user_id", "user_messages", ["user_id", "id"])

    op.create_table(
        "growth_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("at", UTC_DATETIME, nullable=False),
        sa.CheckConstraint(
            "kind IN ('completed','refunded')", name=op.f("ck_growth_entries_kind_known")
        ),
        sa.CheckConstraint("fen <> 0", name=op.f("ck_growth_entries_fen_not_zero")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_growth_entries_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_growth_entries_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_growth_entries")),
        sa.UniqueConstraint("kind", "ref", name=op.f("uq_growth_entries_kind_ref")),
        **TABLE,
    )
    create_index("ix_growth_entries_order_id", "growth_entries", ["order_id"])
    create_index("ix_growth_entries_user_id", "growth_entries", ["user_id", "at"])

    op.create_table(
        "points_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.CheckConstraint(
            "kind IN ('earned','spent','returned','expired','taken_back','settled')",
            name=op.f("ck_points_entries_kind_known"),
        ),
        sa.CheckConstraint("n <> 0", name=op.f("ck_points_entries_n_not_zero")),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["points_lots.id"], name=op.f("fk_points_entries_lot_id_points_lots")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_points_entries_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_entries")),
        sa.UniqueConstraint(
            "kind", "ref", "lot_id", name=op.f("uq_points_entries_kind_ref_lot_id")
        ),
        **TABLE,
    )
    create_index("ix_points_entries_lot_id", "points_entries", ["lot_id"])
    create_index("ix_points_entries_user_id", "points_entries", ["user_id", "id"])

    op.create_table(
        "favourites",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["goods_id"],
            ["goods.id"],
            name=op.f("fk_favourites_goods_id_goods"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_favourites_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "goods_id", name=op.f("pk_favourites")),
        **TABLE,
    )
    create_index("ix_favourites_created_at", "favourites", ["user_id", "created_at"])
    create_index("ix_favourites_goods_id", "favourites", ["goods_id"])

    op.create_table(
        "goods_ratings",
        sa.Column(
            "goods_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("n1", sa.Integer(), nullable=False),
        sa.Column("n2", sa.Integer(), nullable=False),
        sa.Column("n3", sa.Integer(), nullable=False),
        sa.Column("n4", sa.Integer(), nullable=False),
        sa.Column("n5", sa.Integer(), nullable=False),
        sa.Column("cnt", sa.Integer(), nullable=False),
        sa.Column("fresh_sum", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "cnt = n1 + n2 + n3 + n4 + n5", name=op.f("ck_goods_ratings_cnt_adds_up")
        ),
        sa.CheckConstraint(
            "fresh_sum BETWEEN cnt AND 5 * cnt", name=op.f("ck_goods_ratings_fresh_in_range")
        ),
        sa.CheckConstraint(
            "n1 >= 0 AND n2 >= 0 AND n3 >= 0 AND n4 >= 0 AND n5 >= 0",
            name=op.f("ck_goods_ratings_numbers_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["goods_id"], ["goods.id"], name=op.f("fk_goods_ratings_goods_id_goods")
        ),
        sa.PrimaryKeyConstraint("goods_id", name=op.f("pk_goods_ratings")),
        **TABLE,
    )
    op.create_table(
        "recent_views",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seen_at", UTC_DATETIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["goods_id"],
            ["goods.id"],
            name=op.f("fk_recent_views_goods_id_goods"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_recent_views_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "goods_id", name=op.f("pk_recent_views")),
        **TABLE,
    )
    create_index("ix_recent_views_goods_id", "recent_views", ["goods_id"])
    create_index("ix_recent_views_seen_at", "recent_views", ["user_id", "seen_at"])

    op.create_table(
        "stock_waits",
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["goods_id"],
            ["goods.id"],
            name=op.f("fk_stock_waits_goods_id_goods"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_stock_waits_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("goods_id", "user_id", name=op.f("pk_stock_waits")),
        **TABLE,
    )
    create_index("ix_stock_waits_user_id", "stock_waits", ["user_id"])

    op.create_table(
        "reviews",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stars", sa.SmallInteger(), nullable=False),
        sa.Column("fresh", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.String(length=500), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("held_for", sa.String(length=60), nullable=False),
        sa.Column("hidden_reason", sa.String(length=60), nullable=False),
        sa.Column("helpful", sa.Integer(), nullable=False),
        sa.Column("reply", sa.String(length=500), nullable=False),
        sa.Column("reply_at", UTC_DATETIME, nullable=True),
        sa.Column("edited_at", UTC_DATETIME, nullable=True),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.CheckConstraint(
            "status IN ('visible','pending','hidden')", name=op.f("ck_reviews_status_known")
        ),
        sa.CheckConstraint("fresh BETWEEN 1 AND 5", name=op.f("ck_reviews_fresh_in_range")),
        sa.CheckConstraint("helpful >= 0", name=op.f("ck_reviews_helpful_not_negative")),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_reviews_stars_in_range")),
        sa.ForeignKeyConstraint(["goods_id"], ["goods.id"], name=op.f("fk_reviews_goods_id_goods")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_lines.id"], name=op.f("fk_reviews_order_line_id_order_lines")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_reviews_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_reviews_order_line_id")),
        **TABLE,
    )
    create_index("ix_reviews_goods_id", "reviews", ["goods_id", "status", "id"])
    create_index("ix_reviews_status", "reviews", ["status", "id"])
    create_index("ix_reviews_user_id", "reviews", ["user_id", "id"])

    op.create_table(
        "review_photos",
        sa.Column(
            "review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "picture_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.CheckConstraint(
            "position BETWEEN 1 AND 6", name=op.f("ck_review_photos_position_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["pictures.id"], name=op.f("fk_review_photos_picture_id_pictures")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name=op.f("fk_review_photos_review_id_reviews")
        ),
        sa.PrimaryKeyConstraint("review_id", "position", name=op.f("pk_review_photos")),
        **TABLE,
    )
    create_index("ix_review_photos_picture_id", "review_photos", ["picture_id"])

    op.create_table(
        "review_votes",
        sa.Column(
            "review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name=op.f("fk_review_votes_review_id_reviews")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_review_votes_user_id_users")
        ),
        sa.PrimaryKeyConstraint("review_id", "user_id", name=op.f("pk_review_votes")),
        **TABLE,
    )
    create_index("ix_review_votes_user_id", "review_votes", ["user_id"])

    op.create_table(
        "service_cases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.Column("closed_at", UTC_DATETIME, nullable=True),
        sa.Column("closed_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name=op.f("fk_service_cases_review_id_reviews")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_cases")),
        sa.UniqueConstraint("review_id", name=op.f("uq_service_cases_review_id")),
        **TABLE,
    )
    create_index("ix_service_cases_closed_at", "service_cases", ["closed_at", "id"])


def _add_columns() -> None:
    add_column(
        "addresses", sa.Column("region", sa.String(length=6), server_default="", nullable=False)
    )
    add_column(
        "addresses",
        sa.Column("tag", sa.String(length=6), server_default="", nullable=False),
        check=("ck_addresses_tag_known", "tag IN ('','home','work','school')"),
    )

    add_column(
        "coupon_templates",
        sa.Column("scope", sa.String(length=5), server_default="all", nullable=False),
        check=("ck_coupon_templates_scope_known", "scope IN ('all','type','child','goods')"),
    )
    add_column(
        "coupon_templates",
        sa.Column("is_listed", sa.Boolean(), server_default=sa.text("0"), nullable=False),
    )
    add_column("coupon_templates", sa.Column("claim_from", UTC_DATETIME, nullable=True))
    add_column("coupon_templates", sa.Column("claim_to", UTC_DATETIME, nullable=True))
    add_column(
        "coupon_templates",
        sa.Column("least_level", sa.SmallInteger(), server_default="0", nullable=False),
    )
    add_column(
        "coupon_templates",
        sa.Column("valid_days", sa.Integer(), nullable=True),
        check=("ck_coupon_templates_valid_days_positive", "valid_days IS NULL OR valid_days > 0"),
    )
    add_column("coupon_templates", sa.Column("valid_from", UTC_DATETIME, nullable=True))
    add_column("coupon_templates", sa.Column("valid_to", UTC_DATETIME, nullable=True))

    add_column(
        "goods",
        sa.Column("member_price_fen", sa.BigInteger(), server_default="0", nullable=False),
        check=("ck_goods_member_price_not_negative", "member_price_fen >= 0"),
    )

    add_column(
        "order_lines",
        sa.Column("returned_points", sa.Integer(), server_default="0", nullable=False),
        check=(
            "ck_order_lines_returned_points_within_points",
            "returned_points BETWEEN 0 AND points_fen",
        ),
    )

    add_column(
        "orders", sa.Column("region", sa.String(length=60), server_default="", nullable=False)
    )

    add_column("users", sa.Column("nickname", sa.String(length=32), nullable=True))
    add_column("users", sa.Column("avatar", sa.String(length=64), nullable=True))
    add_column(
        "users",
        sa.Column("theme", sa.String(length=5), nullable=True),
        check=("ck_users_theme_known", "theme IS NULL OR theme IN ('light','dark')"),
    )
    add_column(
        "users", sa.Column("large_text", sa.Boolean(), server_default=sa.text("0"), nullable=False)
    )
    add_column("users", sa.Column("closed_at", UTC_DATETIME, nullable=True))


def downgrade() -> None:
    drop_column("users", "closed_at")
    drop_column("users", "large_text")
    drop_column("users", "theme", check="ck_users_theme_known")
    drop_column("users", "avatar")
    drop_column("users", "nickname")
    drop_column("orders", "region")
    drop_column(
        "order_lines", "returned_points", check="ck_order_lines_returned_points_within_points"
    )
    drop_column("goods", "member_price_fen", check="ck_goods_member_price_not_negative")
    drop_column("coupon_templates", "valid_to")
    drop_column("coupon_templates", "valid_from")
    drop_column("coupon_templates", "valid_days", check="ck_coupon_templates_valid_days_positive")
    drop_column("coupon_templates", "least_level")
    drop_column("coupon_templates", "claim_to")
    drop_column("coupon_templates", "claim_from")
    drop_column("coupon_templates", "is_listed")
    drop_column("coupon_templates", "scope", check="ck_coupon_templates_scope_known")
    drop_column("addresses", "tag", check="ck_addresses_tag_known")
    drop_column("addresses", "region")
    op.drop_table("service_cases", if_exists=True)
    op.drop_table("review_votes", if_exists=True)
    op.drop_table("review_photos", if_exists=True)
    op.drop_table("reviews", if_exists=True)
    op.drop_table("stock_waits", if_exists=True)
    op.drop_table("recent_views", if_exists=True)
    op.drop_table("goods_ratings", if_exists=True)
    op.drop_table("favourites", if_exists=True)
    op.drop_table("points_entries", if_exists=True)
    op.drop_table("growth_entries", if_exists=True)
    op.drop_table("user_messages", if_exists=True)
    op.drop_table("points_lots", if_exists=True)
    op.drop_table("pictures", if_exists=True)
    op.drop_table("members", if_exists=True)
    op.drop_table("coupon_scopes", if_exists=True)
    op.drop_table("check_ins", if_exists=True)
