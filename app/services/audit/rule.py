"""What a rule of the books is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """`says` is what must hold. `sql` lists the rows for which it does not; the same text runs on
    SQLite, MariaDB and MySQL, so it neither joins strings nor counts with times."""

    name: str
    says: str
    sql: str
