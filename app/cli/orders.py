"""`axf orders`: what staff do with orders and refunds, until the back office can."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

import typer

from app.cli.staff_work import run_work
from app.db import Database
from app.i18n import name_of, yuan
from app.models.base import utcnow
from app.services import refund_decisions as decisions
from app.services import staff_orders as staff
from app.services.refund_queries import RefundView, list_waiting
from app.services.staff_orders import StaffOrder
from app.services.stray_money import list_strays, settle_stray

app = typer.Typer(no_args_is_help=True, help="Look after orders and refunds.")

Name = Annotated[str, typer.Option("--as", help="Who does it, for the history")]
Lines = Annotated[list[str] | None, typer.Option("--line", help="LINE=PIECES; may repeat")]
Restock = Annotated[
    list[str] | None, typer.Option(help="LINE=PIECES that can be sold again; may repeat")
]
Reason = Annotated[str, typer.Option(help="Shown to the shopper")]


@app.command("list")
def list_orders(
    status: Annotated[str, typer.Option(help="One status; without: what is to be packed")] = "",
) -> None:
    """List the orders that wait for us, or those of a status."""

    async def work(db: Database) -> str:
        orders = await db.read(staff.list_staff_orders, status or None)
        return "\n".join(map(_row, orders)) or "None."

    run_work(work)


@app.command()
def show(no: str) -> None:
    """Show an order's lines, its refunds, and what can be done with it."""

    async def work(db: Database) -> str:
        page = await db.read(staff.get_staff_order, no)
        lines = [
            f"  line {line.id}: {name_of(line)} × {line.quantity}, ¥{yuan(line.pay_fen)}"
            + (f", {line.refunded_quantity} refunded" if line.refunded_quantity else "")
            + (f", {line.note}" if line.note else "")
            for line in page.lines
        ]
        refunds = [f"  {_refund(refund)}" for refund in page.refunds]
        possible = f"Possible: {', '.join(page.order.actions) or 'nothing'}"
        return "\n".join([_row(page.order), *lines, *refunds, possible])

    run_work(work)


@app.command()
def pick(no: str, by: Name = "cli") -> None:
    """Begin to pack an order."""
    _change("is being packed", staff.pick_order, no, by)


@app.command()
def close(no: str, by: Name = "cli") -> None:
    """Call an order off that has not left: everything is given back."""
    _change("is closed", staff.call_off, no, by)


@app.command()
def deliver(no: str, by: Name = "cli") -> None:
    """All parcels of an order have arrived."""
    _change("is delivered", staff.deliver_order, no, by)


@app.command()
def fail(no: str, restock: Restock = None, reason: Reason = "", by: Name = "cli") -> None:
    """An order could not be delivered and came back: its money is refunded."""
    pieces = _pieces(restock or [])
    _change("is closed and refunded", staff.fail_order, no, by, pieces, reason=reason)


@app.command()
def refund(
    no: str,
    *,
    kind: Annotated[str, typer.Option(help="shortage, quality or goodwill")] = "",
    line: Lines = None,
    restock: Restock = None,
    fee: Annotated[int, typer.Option(min=0, help="Of the delivery fee, fen")] = 0,
    reason: Reason = "",
    by: Name = "cli",
) -> None:
    """Give back pieces of lines; of a delivered order without --line all that is left."""
    if kind not in {"shortage", "quality", "goodwill"}:
        raise typer.BadParameter("--kind is one of shortage, quality and goodwill")
    again = _pieces(restock or [])
    lines = {id_: (count, again.get(id_, 0)) for id_, count in _pieces(line or []).items()}
    if lines:
        work = staff.refund_lines
        _change("is refunded", work, no, by, kind, lines, ship_fen=fee, reason=reason)
    else:
        _change("is refunded", staff.refund_all, no, by, kind, reason=reason)


@app.command()
def refunds() -> None:
    """List the refunds that wait for a decision, or that the provider refused."""

    async def work(db: Database) -> str:
        rows = []
        for waiting in await db.read(list_waiting):
            rows.append(f"{_refund(waiting.refund)} of order {waiting.order_no}")
            rows += [f"  line {p.line_id}: {name_of(p)} × {p.quantity}" for p in waiting.pieces]
        return "\n".join(rows) or "None."

    run_work(work)


@app.command()
def strays(
    settled: Annotated[int, typer.Option(help="The number of one that was seen to")] = 0,
) -> None:
    """List money that came in for payments unknown to the shop, or settle one."""

    async def work(db: Database) -> str:
        if settled:
            await db.write(settle_stray, settled, now=utcnow())
        rows = [
            f"{stray.id}  {stray.provider} {stray.ref}: ¥{yuan(stray.amount_fen)}"
            f" for payment {stray.payment_no}, {stray.created_at:%Y-%m-%d %H:%M} UTC"
            for stray in await db.read(list_strays)
        ]
        return "\n".join(rows) or "None."

    run_work(work)


@app.command()
def approve(refund_no: str, restock: Restock = None, by: Name = "cli") -> None:
    """Let a refund go that a shopper asked for."""
    pieces = _pieces(restock or [])
    _change("is approved", decisions.approve_refund, refund_no, by, restocked=pieces)


@app.command()
def reject(refund_no: str, reason: Reason, by: Name = "cli") -> None:
    """Turn a refund down that a shopper asked for."""
    _change("is turned down", decisions.reject_refund, refund_no, by, reason=reason)


@app.command()
def retry(refund_no: str, by: Name = "cli") -> None:
    """Ask the provider again for a refund that it refused."""
    _change("will be sent again", decisions.retry_refund, refund_no, by)


def _row(order: StaffOrder) -> str:
    at = f"{order.placed_at:%Y-%m-%d %H:%M}Z"
    sums = f"¥{yuan(order.pay_fen)}"
    if order.refunded_fen:
        sums += f" (¥{yuan(order.refunded_fen)} refunded)"
    return f"{order.no}  {order.status:<9}  {at}  {order.quantity} pieces  {sums}  {order.receiver}"


def _refund(view: RefundView) -> str:
    return f"refund {view.no}: {view.kind}, {view.status}, ¥{yuan(view.amount_fen)} {view.reason}"


def _pieces(options: list[str]) -> dict[int, int]:
    pieces = {}
    for option in options:
        line, _, count = option.partition("=")
        if not (line.isascii() and line.isdecimal() and count.isascii() and count.isdecimal()):
            raise typer.BadParameter(f"{option} is not LINE=PIECES")
        pieces[int(line)] = int(count)
    return pieces


def _change(
    done: str,
    service: Callable[..., Awaitable[Any]],  # Any: what it returns is not shown
    no: str,
    by: str,
    *args: Any,  # Any: the service's own arguments
    **more: Any,
) -> None:
    now: datetime = utcnow()

    async def work(db: Database) -> str:
        await db.write(service, no, *args, actor=f"staff:{by}"[:40], now=now, **more)
        return f"{no} {done}."

    run_work(work)
