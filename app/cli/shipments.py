"""`axf shipments`: what staff do with parcels, until the back office can."""

from datetime import timedelta
from typing import Annotated

import typer

from app.cli.staff_work import run_work
from app.db import Database
from app.models.base import utcnow
from app.providers.carriers import CARRIERS
from app.services.packing_list import PackingList, get_packing_list
from app.services.shipment_failures import fail_parcel
from app.services.shipment_moves import deliver as deliver_parcel
from app.services.shipment_moves import send_out
from app.services.shipments import ship

app = typer.Typer(no_args_is_help=True, help="Pack an order's parcels and move them on.")

ACTOR = "staff:cli"
Pieces = Annotated[
    list[str] | None, typer.Option("--line", help="LINE=PIECES, as `show` lists them; may repeat")
]


@app.command()
def show(order_no: str) -> None:
    """List an order's lines, what of them is not sent yet, and its parcels."""

    async def work(db: Database) -> str:
        return _describe(await db.read(get_packing_list, order_no))

    run_work(work)


@app.command()
def create(
    order_no: str,
    *,
    line: Pieces = None,
    rider: Annotated[str, typer.Option(help="Name of our own rider")] = "",
    phone: Annotated[str, typer.Option(help="The rider's number, shown to the shopper")] = "",
    carrier: Annotated[str, typer.Option(help=f"One of {', '.join(CARRIERS)}")] = "",
    tracking: Annotated[str, typer.Option(help="The carrier's tracking number")] = "",
    pickup: Annotated[bool, typer.Option("--pickup", help="The shopper collects it")] = False,
) -> None:
    """Pack a parcel of all that is not sent yet, or of these lines."""
    if sum((bool(rider), bool(carrier), pickup)) != 1:
        raise typer.BadParameter("choose one of --rider, --carrier and --pickup")
    if carrier and (carrier not in CARRIERS or not tracking):
        raise typer.BadParameter(f"a carrier is one of {', '.join(CARRIERS)} and needs --tracking")
    lines = _pieces_of(line) if line else None

    async def work(db: Database) -> str:
        order = await db.read(get_packing_list, order_no)
        no = await db.write(
            ship,
            order.order_id,
            kind="rider" if rider else "courier" if carrier else "pickup",
            carrier=carrier or None,
            tracking_no=tracking or None,
            rider=rider,
            rider_phone=phone,
            lines=lines,
            actor=ACTOR,
            now=utcnow(),
        )
        return f"Parcel {no} is packed. The rider's page: /riders/{no}/"

    run_work(work)


@app.command()
def out(
    parcel_no: str,
    minutes: Annotated[int, typer.Option(min=0, help="Until it should arrive; 0: unknown")] = 0,
) -> None:
    """The parcel has left the store."""

    async def work(db: Database) -> str:
        now = utcnow()
        eta = now + timedelta(minutes=minutes) if minutes else None
        await db.write(send_out, parcel_no, eta=eta, now=now)
        return f"Parcel {parcel_no} is out."

    run_work(work)


@app.command()
def deliver(parcel_no: str) -> None:
    """The parcel has arrived; also when the code was entered wrongly too often."""

    async def work(db: Database) -> str:
        await db.write(deliver_parcel, parcel_no, actor=ACTOR, now=utcnow())
        return f"Parcel {parcel_no} is delivered."

    run_work(work)


@app.command()
def fail(
    parcel_no: str,
    reason: Annotated[str, typer.Option(help="Shown to the shopper with the refund")] = "",
    restock: Annotated[
        list[str] | None, typer.Option(help="LINE=PIECES that can be sold again; may repeat")
    ] = None,
    fee: Annotated[int, typer.Option(min=0, help="Of the delivery fee, fen to give back")] = 0,
) -> None:
    """The parcel came back: give its money back, and put on the shelf what can be sold again."""
    pieces = _pieces_of(restock or [])

    async def work(db: Database) -> str:
        await db.write(
            fail_parcel, parcel_no, pieces, reason=reason, ship_fen=fee, actor=ACTOR, now=utcnow()
        )
        return f"Parcel {parcel_no} failed; its money is on the way back."

    run_work(work)


def _pieces_of(options: list[str]) -> dict[int, int]:
    pieces = {}
    for option in options:
        line, _, count = option.partition("=")
        if not (line.isascii() and line.isdecimal() and count.isascii() and count.isdecimal()):
            raise typer.BadParameter(f"{option} is not LINE=PIECES")
        pieces[int(line)] = int(count)
    return pieces


def _describe(order: PackingList) -> str:
    rows = [f"Order {order.no}: {order.status}"]
    rows += [
        f"  line {line.line_id}: {line.name.en or line.name.zh} × {line.quantity},"
        f" {line.unsent} not sent"
        for line in order.lines
    ]
    rows += [f"  parcel {parcel.no}: {parcel.kind}, {parcel.status}" for parcel in order.parcels]
    return "\n".join(rows)
