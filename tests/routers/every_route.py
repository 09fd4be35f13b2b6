"""Finding every address of the shop, and what is looked at on each."""

import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from httpx2 import AsyncClient, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Base

SAFE = {"GET", "HEAD", "OPTIONS"}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


class Route(NamedTuple):
    path: str
    methods: frozenset[str]
    queries: frozenset[str]


def routes_of(app: FastAPI) -> list[Route]:
    """One for each path, with all the methods and query parameters that it knows."""
    routes: dict[str, Route] = {}
    for context in iter_route_contexts(app.routes):
        if context.path is not None and context.methods:
            known = routes.get(context.path, Route(context.path, frozenset(), frozenset()))
            routes[context.path] = Route(
                context.path,
                known.methods | context.methods,
                known.queries | set(queries_of(context.dependant)),
            )
    return list(routes.values())


def queries_of(dependant: Dependant) -> Iterator[str]:
    yield from (query.alias for query in dependant.query_params)
    for below in dependant.dependencies:
        yield from queries_of(below)


def names_in(path: str) -> list[str]:
    return re.findall(r"{(\w+)", path)


class World(NamedTuple):
    """A shop in which every address leads somewhere, and a browser that owns what it finds."""

    browser: AsyncClient
    values: dict[str, str]

    def fill(self, path: str, **other: str) -> str:
        return re.sub(r"{(\w+)[^}]*}", lambda found: (self.values | other)[found[1]], path)


async def checksum(session: AsyncSession) -> str:
    """Of every row in every table."""
    await session.rollback()
    digest = hashlib.sha256()
    for table in Base.metadata.sorted_tables:
        rows = sorted(repr(tuple(row)) for row in await session.execute(select(table)))
        digest.update(repr((table.name, rows)).encode())
    return digest.hexdigest()


def calls_of(routes: list[Route], methods: set[str]) -> Iterator[tuple[str, str]]:
    for route in routes:
        for method in sorted(route.methods & methods):
            yield method, route.path


def missing_headers(answer: Response) -> set[str]:
    headers = answer.headers
    policy = headers.get("Content-Security-Policy", "")
    wanted = {
        "CSP": "default-src 'none'" in policy and "frame-ancestors 'none'" in policy,
        "no inline": "unsafe" not in policy,
        "nosniff": headers.get("X-Content-Type-Options") == "nosniff",
        "referrer": headers.get("Referrer-Policy") == "same-origin",
        "opener": headers.get("Cross-Origin-Opener-Policy") == "same-origin",
        "id": re.fullmatch(r"[0-9a-f]{16}", headers.get("X-Request-ID", "")) is not None,
        "not shared": "private" in headers.get("Cache-Control", "")
        or str(answer.url.path).startswith(("/static/", "/media/")),
    }
    return {name for name, is_there in wanted.items() if not is_there}
