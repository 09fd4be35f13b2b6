"""`axf coupons`: what staff do with coupons, until the back office can."""

import typer

from app.cli.staff_work import run_work
from app.db import Database
from app.forms import username_key
from app.models.base import utcnow
from app.services.coupon_staff import StaffTemplate, give_to, list_templates

app = typer.Typer(no_args_is_help=True, help="Look at the shop's coupons and give one away.")


@app.command("list")
def list_all() -> None:
    """List the shop's coupons by their keys, and how many of each are handed out."""

    async def work(db: Database) -> str:
        templates = await db.read(list_templates)
        return "\n".join(map(_describe, templates)) or "The shop has no coupons."

    run_work(work)


@app.command()
def give(template: str, username: str) -> None:
    """Give the coupon of this key to a shopper, listed or not."""

    async def work(db: Database) -> str:
        await db.write(give_to, template, username_key(username), utcnow())
        return f"{username} has the coupon {template}."

    run_work(work)


def _describe(template: StaffTemplate) -> str:
    total = "" if template.total is None else f" of {template.total}"
    state = "listed" if template.is_listed else "hidden"
    return (
        f"{template.key}: {template.title}, {template.claimed}{total} handed out,"
        f" {template.per_user} for each shopper, {state}"
    )
