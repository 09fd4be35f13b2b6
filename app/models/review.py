"""What shoppers say about what they bought."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Count, Id, Small, table, utcnow

MOST_PHOTOS = 6


class Review(Base):
    """One for each order line. `held_for` says why it waits for a person, `hidden_reason` why a
    person took it away; only visible ones count in the rating."""

    __tablename__ = "reviews"
    __table_args__ = table(
        UniqueConstraint("order_line_id"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_in_range"),
        CheckConstraint("fresh BETWEEN 1 AND 5", name="fresh_in_range"),
        CheckConstraint("status IN ('visible','pending','hidden')", name="status_known"),
        CheckConstraint("helpful >= 0", name="helpful_not_negative"),
        Index("ix_reviews_goods_id", "goods_id", "status", "id"),
        Index("ix_reviews_user_id", "user_id", "id"),
        Index("ix_reviews_status", "status", "id"),
    )

    id: Mapped[Id]
    order_line_id: Mapped[int] = mapped_column(BigId, ForeignKey("order_lines.id"))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    goods_id: Mapped[int] = mapped_column(BigId, ForeignKey("goods.id"))
    stars: Mapped[Small]
    fresh: Mapped[Small]
    body: Mapped[str] = mapped_column(String(500), default="")
    anonymous: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(String(8), default="visible")
    held_for: Mapped[str] = mapped_column(String(60), default="")
    hidden_reason: Mapped[str] = mapped_column(String(60), default="")
    helpful: Mapped[Count] = mapped_column(default=0)
    reply: Mapped[str] = mapped_column(String(500), default="")
    reply_at: Mapped[datetime | None]
    edited_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class ReviewPhoto(Base):
    __tablename__ = "review_photos"
    __table_args__ = table(
        CheckConstraint(f"position BETWEEN 1 AND {MOST_PHOTOS}", name="position_in_range")
    )

    review_id: Mapped[int] = mapped_column(BigId, ForeignKey("reviews.id"), primary_key=True)
    position: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    picture_id: Mapped[int] = mapped_column(BigId, ForeignKey("pictures.id"), index=True)


class ReviewVote(Base):
    """A shopper found a review helpful."""

    __tablename__ = "review_votes"
    __table_args__ = table()

    review_id: Mapped[int] = mapped_column(BigId, ForeignKey("reviews.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id"), primary_key=True, index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class GoodsRating(Base):
    """How many visible reviews gave how many stars; changed by delta with the reviews."""

    __tablename__ = "goods_ratings"
    __table_args__ = table(
        CheckConstraint(
            "n1 >= 0 AND n2 >= 0 AND n3 >= 0 AND n4 >= 0 AND n5 >= 0", name="numbers_not_negative"
        ),
        CheckConstraint("cnt = n1 + n2 + n3 + n4 + n5", name="cnt_adds_up"),
        CheckConstraint("fresh_sum BETWEEN cnt AND 5 * cnt", name="fresh_in_range"),
    )

    goods_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("goods.id"), primary_key=True, autoincrement=False
    )
    n1: Mapped[Count] = mapped_column(default=0)
    n2: Mapped[Count] = mapped_column(default=0)
    n3: Mapped[Count] = mapped_column(default=0)
    n4: Mapped[Count] = mapped_column(default=0)
    n5: Mapped[Count] = mapped_column(default=0)
    cnt: Mapped[Count] = mapped_column(default=0)
    fresh_sum: Mapped[Count] = mapped_column(default=0)


class ServiceCase(Base):
    """A bad review that somebody of the shop should look after; it hides nothing."""

    __tablename__ = "service_cases"
    __table_args__ = table(
        UniqueConstraint("review_id"), Index("ix_service_cases_closed_at", "closed_at", "id")
    )

    id: Mapped[Id]
    review_id: Mapped[int] = mapped_column(BigId, ForeignKey("reviews.id"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(String(40), default="")
