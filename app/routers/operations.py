"""What the people who run the shop ask it: is it alive, is it ready."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from app.deps import Db
from app.services import health

router = APIRouter()


@router.get("/healthz")
async def show_health() -> PlainTextResponse:
    """Alive: the process answers. Touches nothing else."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
async def show_readiness(db: Db) -> PlainTextResponse:
    """Ready: the database answers, and its schema is the one this version was written for."""
    is_current = await db.read(health.is_schema_current)
    return PlainTextResponse(
        "ready\n" if is_current else "migrate first\n", 200 if is_current else 503
    )
