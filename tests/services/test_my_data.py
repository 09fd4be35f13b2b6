"""That nothing the shop knows of a shopper is forgotten in their data."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.models import Base, Favourite, User
from app.models.base import utcnow
from app.services.my_data import SECTIONS, read_rows, section
from app.services.my_data.labels import LABELS
from app.services.my_data.section import Part, Section
from app.services.my_data.sections import FAVOURITES, LEFT_OUT
from tests.factories import make_goods, make_user

SECRETS = {"password_hash", "digest", "username_key", "actor", "rider", "rider_phone"}
# Tables that belong to a shopper through another one, and those which are in an order.
OF_ORDERS = {"order_lines", "payments", "refunds", "shipments", "order_events"}


def tables_of_users() -> set[str]:
    return {table.name for table in Base.metadata.sorted_tables if "user_id" in table.columns} | {
        "users"
    }


def test_every_table_of_a_user_is_in_the_data_or_left_out_for_a_reason() -> None:
    shown = {section.owner.class_.__tablename__ for section in SECTIONS}

    assert shown | set(LEFT_OUT) == tables_of_users()
    assert shown & set(LEFT_OUT) == set()
    assert all(LEFT_OUT.values())


def test_what_hangs_on_an_order_is_in_the_data() -> None:
    orders = next(section for section in SECTIONS if section.key == "orders")

    assert {part.parent.class_.__tablename__ for part in orders.parts} == OF_ORDERS


def test_no_secret_is_a_field() -> None:
    parts = [part for section in SECTIONS for part in section.parts]
    things: list[Section | Part] = [*SECTIONS, *parts]
    columns = {
        column.key
        for thing in things
        for name, field in thing.fields.items()
        if name != "picture"
        for column in (field if isinstance(field, tuple) else (field,))
    }

    assert columns & SECRETS == set()


def test_every_field_has_a_name_to_read() -> None:
    seen = {name for section in SECTIONS for name in section.fields} - {"params"}
    seen |= {part.key for section in SECTIONS for part in section.parts}
    seen |= {name for section in SECTIONS for part in section.parts for name in part.fields}

    assert seen | {"title", "text", "system", "browser"} == set(LABELS)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5])
async def test_pages_hold_each_row_once(
    db: Database, session: AsyncSession, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(section, "PAGE", 2)
    user, other = await make_user(session), await make_user(session)
    names = [f"good {nth}" for nth in range(number)]
    for name in names:
        goods = await make_goods(session, name_en=name)
        for owner in (user, other):
            await _like(session, owner, goods.id)
    await session.commit()

    pages = [rows async for rows in read_rows(db, FAVOURITES, user.id)]

    assert [row["goods"].en for rows in pages for row in rows] == names  # type: ignore[union-attr]
    assert all(len(rows) <= 2 for rows in pages)


async def _like(session: AsyncSession, user: User, goods_id: int) -> None:
    at = utcnow() - timedelta(days=1)
    session.add(Favourite(user_id=user.id, goods_id=goods_id, created_at=at))
    await session.flush()
