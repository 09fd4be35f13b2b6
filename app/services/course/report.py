"""What an import found and did, table by table."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.services.course.sql import Refusal


@dataclass(slots=True)
class Tally:
    """Rows of one table: each one read is new, changed, unchanged, skipped or refused.

    Skipped are rows that stand in the file again (the last one counts) or are marked as deleted.
    """

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    refused: int = 0

    def count(self, *, is_new: bool, is_changed: bool) -> None:
        self.new += is_new
        self.changed += is_changed and not is_new
        self.unchanged += not (is_new or is_changed)


@dataclass(slots=True)
class Report:
    """`foreign` names the tables that were passed over, with their number of INSERTs."""

    tallies: dict[str, Tally]
    foreign: Mapping[str, int]
    refusals: list[Refusal] = field(default_factory=list)
    is_imported: bool = False

    def copy(self) -> "Report":
        return replace(
            self,
            tallies={table: replace(tally) for table, tally in self.tallies.items()},
            refusals=list(self.refusals),
        )

    def refuse(self, line: int, table: str, reason: str) -> None:
        self.refusals.append(Refusal(line, table, reason))
        if table:
            self.tallies[table].refused += 1
