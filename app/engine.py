"""How the shop connects to its database, be it SQLite, MariaDB or MySQL."""

import logging
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

# At DEBUG they write out the values of every statement and the rows that come back. Whoever needs
# that sets these levels, and not only the one of the root.
for _name in ("aiosqlite", "sqlalchemy.engine"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def make_engine(
    url: str, *, autocommit: bool = False, pool_size: int = 8, patience: int = 5
) -> AsyncEngine:
    """An engine for one of the doors. SQLite's writers queue at BEGIN, not fail at COMMIT.

    `patience` is how many seconds SQLite waits for a lock, deaf to anybody who wants to give up.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return _make_sqlite_engine(url, autocommit, pool_size, patience)
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=True,
        pool_recycle=1800,
        hide_parameters=True,  # an error goes to the log, what a shopper typed does not
        # READ COMMITTED takes no gap locks and knows no snapshot conflicts: two shoppers who
        # insert side by side cannot deadlock, and a hot row answers in the order of arrival.
        isolation_level="AUTOCOMMIT" if autocommit else "READ COMMITTED",
        # Two round trips less for each read: there is nothing to roll back.
        skip_autocommit_rollback=autocommit,
        connect_args={
            "charset": "utf8mb4",
            "connect_timeout": 3,
            "init_command": "SET time_zone='+00:00', innodb_lock_wait_timeout=3",
        },
    )


def _make_sqlite_engine(url: str, autocommit: bool, pool_size: int, patience: int) -> AsyncEngine:
    file = make_url(url).database
    if file and file != ":memory:":
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        url, pool_size=pool_size, max_overflow=0, pool_timeout=5, hide_parameters=True
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: Any) -> None:  # Any: the driver's own objects
        connection.isolation_level = None  # the driver must not begin transactions by itself
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={patience * 1000}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    if not autocommit:

        @event.listens_for(engine.sync_engine, "begin")
        def begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
