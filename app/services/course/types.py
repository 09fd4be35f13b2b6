"""Writing the course's food types and child types."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import ChildType, FoodType
from app.services.course.pictures import picture_of
from app.services.course.report import Tally
from app.services.course.rows import TypeRow
from app.services.course.words import english_of


@dataclass(frozen=True, slots=True)
class Shelf:
    """The ids of a type and, by number, of its child types."""

    id: int
    children: dict[int, int] = field(default_factory=dict)


async def list_shelves(session: AsyncSession) -> dict[int, Shelf]:
    """Every type of the shop by its public number."""
    rows = await session.execute(
        select(FoodType.number, FoodType.id, ChildType.number, ChildType.id).outerjoin(
            ChildType, ChildType.type_id == FoodType.id
        )
    )
    shelves: dict[int, Shelf] = {}
    for number, type_id, child_number, child_id in rows:
        shelf = shelves.setdefault(number, Shelf(type_id))
        if child_id is not None:
            shelf.children[child_number] = child_id
    return shelves


async def write_types(session: AsyncSession, rows: Iterable[TypeRow], tally: Tally) -> None:
    """Bring names and child types to what the file says.

    New types stand after those that the shop has already, in the file's order; later their order
    belongs to the shop. Child types that the file does not name any more stay, with their goods.
    """
    known = {kind.number: kind for kind in await session.scalars(select(FoodType))}
    last = await session.scalar(select(func.max(FoodType.position))) or 0
    for row in sorted(rows, key=lambda row: row.sort):
        food_type = known.get(row.number)
        is_new = food_type is None
        if food_type is None:
            last += 1
            food_type = await _add_type(session, row, last)
        is_changed = _rename(food_type, row.name)
        is_changed |= await _write_children(session, food_type.id, row)
        tally.count(is_new=is_new, is_changed=is_changed)
    await session.flush()


async def _add_type(session: AsyncSession, row: TypeRow, position: int) -> FoodType:
    picture, tint = picture_of(row.name)
    food_type = FoodType(
        number=row.number,
        position=position,
        name_zh=row.name,
        name_en=english_of(row.name),
        picture=picture,
        tint=tint,
    )
    session.add(food_type)
    await session.flush()
    return food_type


def _rename(kind: FoodType | ChildType, name: str) -> bool:
    if kind.name_zh == name:
        return False
    kind.name_zh, kind.name_en = name, english_of(name)
    return True


async def _write_children(session: AsyncSession, type_id: int, row: TypeRow) -> bool:
    query = select(ChildType).where(ChildType.type_id == type_id)
    known = {child.number: child for child in await session.scalars(query)}
    is_changed = False
    for position, (number, name) in enumerate(row.children, start=1):
        child = known.get(number)
        if child is None:
            child = ChildType(type_id=type_id, number=number, name_zh="", name_en="")
            session.add(child)
        is_changed |= _rename(child, name) or child.position != position
        child.position = position
    return is_changed
