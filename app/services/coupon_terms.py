"""Reading coupons together with what they are for, in one statement."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.errors import Words
from app.models import ChildType, CouponScope, CouponTemplate, FoodType, Goods
from app.services.quote_coupons import CouponTerms, Scope

Rows = Row[*tuple[Any, ...]]  # Any: SQLAlchemy's own type of a row of many columns


def terms_columns(
    coupon_id: ColumnElement[int] | InstrumentedAttribute[int],
) -> list[ColumnElement[Any]]:
    """What makes the terms of a coupon, beside its `valid_to`, which templates have otherwise."""
    return [
        coupon_id.label("coupon_id"),
        CouponTemplate.id.label("template_id"),
        CouponTemplate.kind.label("kind"),
        CouponTemplate.amount_fen.label("amount_fen"),
        CouponTemplate.percent_bp.label("percent_bp"),
        CouponTemplate.most_fen.label("most_fen"),
        CouponTemplate.least_fen.label("least_fen"),
        CouponTemplate.title_zh.label("title_zh"),
        CouponTemplate.title_en.label("title_en"),
        CouponTemplate.scope.label("scope"),
    ]


def with_scopes(coupons: Subquery) -> Select[*tuple[Any, ...]]:  # Any: as above
    """Each row of `coupons`, made from `terms_columns`, once for each thing that it is for.

    The rows of one coupon must stay together: order by something that ends with its id.
    """
    kind = coupons.c.scope
    return (
        select(
            *coupons.c,
            CouponScope.ref_id,
            func.coalesce(FoodType.name_zh, ChildType.name_zh, Goods.name_zh).label("ref_zh"),
            func.coalesce(FoodType.name_en, ChildType.name_en, Goods.name_en).label("ref_en"),
        )
        .select_from(coupons)
        .outerjoin(
            CouponScope, and_(kind != "all", CouponScope.template_id == coupons.c.template_id)
        )
        .outerjoin(FoodType, and_(kind == "type", FoodType.id == CouponScope.ref_id))
        .outerjoin(ChildType, and_(kind == "child", ChildType.id == CouponScope.ref_id))
        .outerjoin(Goods, and_(kind == "goods", Goods.id == CouponScope.ref_id))
    )


def read_terms(rows: Iterable[Rows]) -> Iterator[tuple[Rows, CouponTerms]]:
    """Each coupon once: its first row, and its terms."""
    for _, group in groupby(rows, key=lambda row: (row.template_id, row.coupon_id)):
        parts = list(group)
        yield parts[0], _terms(parts)


def _terms(parts: list[Rows]) -> CouponTerms:
    row = parts[0]
    found = sorted((part for part in parts if part.ref_id is not None), key=lambda x: x.ref_id)
    scope = Scope(
        row.scope,
        frozenset(part.ref_id for part in found),
        tuple(Words(part.ref_zh, part.ref_en) for part in found if part.ref_zh is not None),
    )
    return CouponTerms(
        coupon_id=row.coupon_id,
        kind=row.kind,
        amount_fen=row.amount_fen,
        percent_bp=row.percent_bp,
        most_fen=row.most_fen,
        least_fen=row.least_fen,
        title_zh=row.title_zh,
        title_en=row.title_en,
        valid_to=row.valid_to,
        template_id=row.template_id,
        scope=scope,
    )
