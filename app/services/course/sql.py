"""Reading the content tables out of an axf course SQL file. It is parsed, never executed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.services.course.statements import BrokenFile, Lines, Statement, split_statements
from app.services.course.values import UNREADABLE, Malformed, RawRow, read_columns, read_insert

# The tables that are read, with their columns in the course's own order.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "axf_wheel": ("img", "name", "trackid"),
    "axf_nav": ("img", "name", "trackid"),
    "axf_mustbuy": ("img", "name", "trackid"),
    "axf_shop": ("img", "name", "trackid"),
    "axf_mainshow": (
        *("trackid", "name", "img", "categoryid", "brandname"),
        *("img1", "childcid1", "productid1", "longname1", "price1", "marketprice1"),
        *("img2", "childcid2", "productid2", "longname2", "price2", "marketprice2"),
        *("img3", "childcid3", "productid3", "longname3", "price3", "marketprice3"),
    ),
    "axf_foodtypes": ("typeid", "typename", "childtypenames", "typesort"),
    "axf_goods": (
        *("productid", "productimg", "productname", "productlongname", "isxf", "pmdesc"),
        *("specifics", "price", "marketprice", "categoryid", "childcid", "childcidname"),
        *("dealerid", "storenums", "productnum"),
    ),
}
ALIASES = {"axf_foodtype": "axf_foodtypes"}
# A column of some copies that means something here; all others are dropped unread.
DELETED = "isdelete"
# Values without names may also lack these.
OFTEN_MISSING = ("typesort", "pmdesc")
# Only numbers can stand here, so these tell whether values without names are in order.
NUMBERS = frozenset(
    {"isxf", "pmdesc", "price", "marketprice", "categoryid", "childcid", "storenums", "productnum"}
    | {"typeid", "typesort", "trackid"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands in the file: numbers are text too, NULL is None."""

    table: str
    line: int
    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Refusal:
    line: int
    table: str
    reason: str


@dataclass(slots=True)
class CourseFile:
    """What an SQL file holds. Of foreign tables only the name is kept, and how often it occurs."""

    rows: list[Row] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    foreign: Counter[str] = field(default_factory=Counter)


def read_course_sql(text: str) -> CourseFile:
    """Every row of the content tables; what cannot be read is among the refusals."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines, file = Lines(text), CourseFile()
    statements: list[Statement] = []
    try:
        for statement in split_statements(text, lines):
            if _table(statement) in COLUMNS:
                statements.append(statement)
            elif statement.kind == "insert":
                file.foreign[statement.table[:64]] += 1
    except BrokenFile as broken:
        file.refusals.append(Refusal(broken.line, "", broken.reason))
    created = _read_created(statements)
    for statement in statements:
        if statement.kind == "insert":
            _read_rows(file, statement, lines, _columns_at(created, statement))
    return file


def _table(statement: Statement) -> str:
    return ALIASES.get(statement.table, statement.table)


Created = Mapping[str, Sequence[tuple[int, list[str]]]]


def _read_created(statements: Sequence[Statement]) -> Created:
    """For each table the columns of its CREATE TABLE statements, with where they stand."""
    created: dict[str, list[tuple[int, list[str]]]] = {}
    for statement in statements:
        if statement.kind == "create" and (columns := read_columns(statement.text)):
            created.setdefault(_table(statement), []).append((statement.start, columns))
    return created


def _columns_at(created: Created, statement: Statement) -> list[str] | None:
    """The columns as last created before the statement; where there are none, created after it."""
    found = created.get(_table(statement), ())
    before = [columns for start, columns in found if start < statement.start]
    after = [columns for start, columns in found if start > statement.start]
    return before[-1] if before else next(iter(after), None)


def _read_rows(
    file: CourseFile, statement: Statement, lines: Lines, created: list[str] | None
) -> None:
    table = _table(statement)
    try:
        named, rows = read_insert(statement.text)
    except Malformed as problem:
        line = lines.at(statement.start + problem.position)
        file.refusals.append(Refusal(line, table, problem.reason))
        return
    for row in rows:
        line = lines.at(statement.start + row.position)
        result = _name_values(table, row, named or created)
        if isinstance(result, str):
            file.refusals.append(Refusal(line, table, result))
        else:
            file.rows.append(Row(table, line, result))


def _name_values(
    table: str, row: RawRow, columns: Sequence[str] | None
) -> dict[str, str | None] | str:
    """The row's values by column, of the columns that are used; or why that cannot be."""
    columns = columns or _find_order(table, row)
    if columns is None:
        return (
            f"its {len(row.values)} values have no column names, and they do not fit the order "
            "that the course uses"
        )
    if len(columns) != len(row.values):
        return f"{len(row.values)} values for {len(columns)} columns"
    wanted = {*COLUMNS[table], DELETED}
    named = {
        column.casefold(): value
        for column, value in zip(columns, row.values, strict=True)
        if column.casefold() in wanted
    }
    for column, value in named.items():
        if value == UNREADABLE:
            return f"{column} is not a plain value"
    return named


def _find_order(table: str, row: RawRow) -> Sequence[str] | None:
    known = COLUMNS[table]
    short = tuple(column for column in known if column not in OFTEN_MISSING)
    for order in (known, ("id", *known), short, ("id", *short)):
        if len(order) == len(row.values) and _is_plausible(order, row):
            return order
    return None


def _is_plausible(order: Sequence[str], row: RawRow) -> bool:
    return all(
        value is None or value.replace(".", "", 1).isdigit()
        for column, value in zip(order, row.values, strict=True)
        if column in NUMBERS
    )
