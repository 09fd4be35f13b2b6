"""A course file as what should be in the shop afterwards, before any database is asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.services.course.fields import Refused
from app.services.course.report import Report, Tally
from app.services.course.rows import READERS, BlockRow, GoodsRow, TypeRow, is_deleted
from app.services.course.sql import COLUMNS, CourseFile, read_course_sql


@dataclass(frozen=True, slots=True)
class Plan:
    """Each thing once, under the key by which a second import finds it again."""

    types: Mapping[int, TypeRow]
    goods: Mapping[tuple[int, str], GoodsRow]
    blocks: Mapping[tuple[str, str], BlockRow]
    report: Report


def plan_import(text: str) -> Plan:
    """Read a course SQL file. What is wrong with it is in the report."""
    file = read_course_sql(text)
    report = _start_report(file)
    types: dict[int, TypeRow] = {}
    goods: dict[tuple[int, str], GoodsRow] = {}
    blocks: dict[tuple[str, str], BlockRow] = {}
    for table, row in _rows(file, report):
        match row:
            case TypeRow():
                report.tallies[table].skipped += row.key in types
                types[row.key] = row
            case GoodsRow():
                report.tallies[table].skipped += row.key in goods
                goods[row.key] = row
            case BlockRow():
                report.tallies[table].skipped += row.key in blocks
                blocks[row.key] = row
    return Plan(types, goods, blocks, report)


def _start_report(file: CourseFile) -> Report:
    report = Report({table: Tally() for table in COLUMNS}, dict(file.foreign))
    for refusal in file.refusals:
        if refusal.table:
            report.tallies[refusal.table].read += 1
        report.refuse(refusal.line, refusal.table, refusal.reason)
    if not file.rows and not file.refusals:
        report.refuse(1, "", "there is no row of the course's tables in this file")
    return report


def _rows(file: CourseFile, report: Report) -> list[tuple[str, TypeRow | GoodsRow | BlockRow]]:
    rows = []
    for row in file.rows:
        report.tallies[row.table].read += 1
        if is_deleted(row):
            report.tallies[row.table].skipped += 1
            continue
        try:
            rows.append((row.table, READERS[row.table](row)))
        except Refused as refused:
            report.refuse(row.line, row.table, str(refused))
    return rows
