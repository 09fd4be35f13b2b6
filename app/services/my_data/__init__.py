"""All that the shop knows of a shopper, for themselves: section by section, page by page."""

from collections.abc import AsyncIterator

from app.db import Database
from app.services.my_data.section import Row, Section, read_page
from app.services.my_data.sections import SECTIONS

__all__ = ["SECTIONS", "Row", "Section", "read_rows"]


async def read_rows(db: Database, section: Section, user_id: int) -> AsyncIterator[list[Row]]:
    """Page after page, so that ten thousand orders need no more room than two hundred.

    Each page is one moment; what changes between two pages is in the later one.
    """
    last = None
    while True:
        page = await db.read(read_page, section, user_id, last)
        if page.rows:
            yield page.rows
        if page.last is None:
            return
        last = page.last
