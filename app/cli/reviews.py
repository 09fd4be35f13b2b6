"""`axf reviews`: what staff do with reviews, until the back office can."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from app.cli.staff_work import run_work
from app.db import Database
from app.i18n import name_of
from app.models.base import utcnow
from app.services import review_staff as staff
from app.services.review_staff import StaffReview

app = typer.Typer(no_args_is_help=True, help="Read reviews, hide and answer them.")

Id = Annotated[int, typer.Argument(min=1, max=2**53, metavar="REVIEW")]
After = Annotated[int, typer.Option(min=0, help="Go on behind this review")]


@app.command()
def queue(after: After = 0) -> None:
    """List the reviews that wait to be read, oldest first."""
    _list(staff.list_queue, after)


@app.command()
def cases(after: After = 0) -> None:
    """List the bad reviews that nobody has looked after, oldest first."""
    _list(staff.list_cases, after)


@app.command()
def approve(review: Id) -> None:
    """Let everybody read a review, also one that was hidden."""
    _change("can be read by everybody", staff.approve_review, review)


@app.command()
def hide(
    review: Id, reason: Annotated[str, typer.Option(help="Shown to its author; 60 characters")]
) -> None:
    """Take a review away from its page and out of the rating."""
    _change("is hidden", staff.hide_review, review, reason=_text(reason, 60, "--reason"))


@app.command()
def reply(review: Id, text: str) -> None:
    """Answer a review in the shop's name."""
    _change("is answered", staff.reply_to_review, review, reply=_text(text, 500, "TEXT"))


@app.command("close-case")
def close_case(
    review: Id, by: Annotated[str, typer.Option("--as", help="Who looked after it")] = "cli"
) -> None:
    """Say that a bad review was looked after; it stays where it is."""
    _change("is looked after", staff.close_case, review, actor=f"staff:{by}"[:40])


def _text(text: str, most: int, name: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= most:
        raise typer.BadParameter(f"{name} has 1 to {most} characters")
    return text


def _list(service: Callable[..., Awaitable[list[StaffReview]]], after: int) -> None:
    async def work(db: Database) -> str:
        return "\n".join(map(_row, await db.read(service, after=after))) or "None."

    run_work(work)


def _row(review: StaffReview) -> str:
    facts = [f"{review.stars} stars", f"freshness {review.fresh}", review.status]
    facts += [f"waits for: {review.held_for}"] if review.held_for else []
    facts += [f"{review.photos} photos"] if review.photos else []
    facts += ["answered"] if review.reply else []
    text = review.body.replace("\n", " / ") or "(no words)"
    at = f"{review.created_at:%Y-%m-%d %H:%M}Z"
    return f"{review.id}  {at}  {review.author} on {name_of(review)}: {', '.join(facts)}\n  {text}"


def _change(
    done: str,
    service: Callable[..., Awaitable[Any]],  # Any: what it returns is not shown
    review: int,
    **more: str,
) -> None:
    async def work(db: Database) -> str:
        await db.write(service, review, now=utcnow(), **more)
        return f"Review {review} {done}."

    run_work(work)
