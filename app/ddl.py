"""What migrations are written with: steps that work on every database, and again when cut short.

MariaDB and MySQL keep each step of a migration that was killed half-way, so every step first looks
whether it has been done. SQLite cannot alter constraints in place; a new column brings its own.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import CreateColumn

from alembic import op

UTC_DATETIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "if_not_exists": True,
}


def create_index(name: str, table: str, columns: list[str]) -> None:
    """Unless it is there already. MySQL knows no CREATE INDEX IF NOT EXISTS."""
    if name not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}:
        op.create_index(name, table, columns)


def add_column(table: str, column: sa.Column[Any], *, check: tuple[str, str] | None = None) -> None:
    """Add a column, with a named CHECK (name, condition) of its own, unless it is there already."""
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        if not _has_column(table, column.name):
            definition = str(CreateColumn(column).compile(dialect=bind.dialect)).strip()
            own = f" CONSTRAINT {check[0]} CHECK ({check[1]})" if check else ""
            op.execute(f"ALTER TABLE {table} ADD COLUMN {definition}{own}")
        return
    if not _has_column(table, column.name):
        op.add_column(table, column)
    if check and check[0] not in _checks(table):
        op.create_check_constraint(op.f(check[0]), table, sa.text(check[1]))


def drop_column(table: str, column: str, *, check: str | None = None) -> None:
    """Undo `add_column`. On SQLite the column takes its CHECK along."""
    if op.get_bind().dialect.name != "sqlite" and check and check in _checks(table):
        op.drop_constraint(op.f(check), table, type_="check")
    if _has_column(table, column):
        op.drop_column(table, column)


def _has_column(table: str, column: str) -> bool:
    return column in {found["name"] for found in sa.inspect(op.get_bind()).get_columns(table)}


def _checks(table: str) -> set[str | None]:
    return {found["name"] for found in sa.inspect(op.get_bind()).get_check_constraints(table)}
