"""Health, readiness and pages that do not exist."""

from httpx2 import AsyncClient


async def test_a_living_process_is_healthy(anonymous: AsyncClient) -> None:
    answer = await anonymous.get("/healthz")

    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_a_migrated_database_is_ready(anonymous: AsyncClient) -> None:
    answer = await anonymous.get("/readyz")

    assert (answer.status_code, answer.text) == (200, "ready\n")


async def test_an_unknown_address_is_a_page_of_the_shop(client: AsyncClient) -> None:
    answer = await client.get("/nowhere/")

    assert answer.status_code == 404
    assert "This little bee got lost" in answer.text
