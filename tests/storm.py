"""A shop served by several processes, and a crowd of shoppers who stand before it over HTTP."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from httpx2 import AsyncClient, HTTPError, Limits, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.settings import ROOT
from tests.browser.conftest import free_port
from tests.factories import make_goods, make_slot, make_ticket
from tests.shopping import make_buyer

# A machine that is busy with other tests as well is slow, which is no fault of the shop's.
PATIENCE = 60
FIELD = re.compile(r'<input type="hidden" name="(key|agreed)" value="([^"]+)">')


@dataclass(frozen=True, slots=True)
class Crowd:
    """Shoppers who all have one piece of the same goods in the cart, by their tickets."""

    goods_id: int
    slot_ids: list[int]
    user_ids: list[int]
    tickets: list[str]


async def gather_crowd(
    session: AsyncSession, *, stock: int, buyers: int, windows: int = 0
) -> Crowd:
    """A served shop needs `windows`: it opens its own while it is visited already.

    Who asks for the same window waits in line for it, and would not race for the goods.
    """
    slots = [await make_slot(session, capacity=buyers, hours=2 + n) for n in range(windows)]
    goods = await make_goods(session, stock=stock)
    users = [await make_buyer(session, (goods, 1)) for _ in range(buyers)]
    tickets = [await make_ticket(session, user) for user in users]
    return Crowd(goods.id, [slot.id for slot in slots], [user.id for user in users], tickets)


@asynccontextmanager
async def serve(database_url: str, folder: Path, *, workers: int) -> AsyncIterator[str]:
    """The address of the real command's shop, which must have had nothing to complain about."""
    address, log = f"http://127.0.0.1:{(port := free_port())}", folder / "log"
    fixed = {"AXF_DATABASE_URL": database_url, "AXF_POOL_SIZE": "16", "AXF_SLOT_CAPACITY": "100"}
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from app.cli import main; main()", "serve"),
            *("--port", str(port), "--workers", str(workers)),
            cwd=ROOT,
            env=os.environ | fixed,
            stdout=output,
            stderr=output,
        )
    try:
        if not await _answers(process, address):
            raise RuntimeError(f"the shop did not open:\n{log.read_text()[-3000:]}")
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE)
    said = log.read_text().splitlines()
    assert [line for line in said[1:] if " INFO axf." not in line] == []


async def _answers(process: asyncio.subprocess.Process, address: str) -> bool:
    async with AsyncClient(base_url=address) as client:
        for _ in range(10 * PATIENCE):
            if process.returncode is not None:
                return False
            try:
                return (await client.get("/readyz")).status_code == 200
            except HTTPError:
                await asyncio.sleep(0.1)
    return False


@asynccontextmanager
async def open_browsers(address: str, tickets: list[str]) -> AsyncIterator[list[AsyncClient]]:
    """A signed-in browser for each ticket.

    Each request comes on a connection of its own, so that any of the processes may get it.
    """
    async with AsyncExitStack() as stack:
        clients = [
            AsyncClient(
                base_url=address,
                cookies={"ticket": ticket},
                headers={"Accept-Language": "en", "Sec-Fetch-Site": "same-origin"},
                limits=Limits(max_keepalive_connections=0),
                timeout=PATIENCE,
                verify=False,  # plain HTTP; reading certificates takes long
            )
            for ticket in tickets
        ]
        for client in clients:
            await stack.enter_async_context(client)
        yield clients


async def read_form(client: AsyncClient, slot_id: int) -> dict[str, str]:
    """What the check-out page sends when this window is picked."""
    page = await client.get("/axf/checkout/")
    assert page.status_code == 200, page.text[:300]
    assert f'name="slot" value="{slot_id}"' in page.text
    return {"slot": str(slot_id), **dict(FIELD.findall(page.text))}


async def send_form(client: AsyncClient, form: dict[str, str]) -> Response:
    return await client.post("/axf/orders/", data=form)
