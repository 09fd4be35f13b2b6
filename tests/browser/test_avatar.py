"""A picture of oneself: chosen, seen, sent, seen elsewhere, removed."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.browser.steps import register
from tests.hostile_pictures import located_jpeg

pytestmark = pytest.mark.browser

PROFILE = "/axf/mine/profile/"


async def shown_in(page: Page) -> tuple[str, int]:
    """Where the avatar's picture comes from, and how wide it really is."""
    shown = page.locator("#avatar .avatar img")
    await expect(shown).to_be_visible()
    await page.wait_for_function(
        "() => { const shown = document.querySelector('#avatar .avatar img');"
        " return shown.complete && shown.naturalWidth }"
    )
    width = await shown.evaluate("image => image.naturalWidth")
    return str(await shown.evaluate("image => image.src")), int(width)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "me.jpg"
    path.write_bytes(located_jpeg())
    return path


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1366"])
async def test_an_avatar_is_seen_before_and_after_it_is_sent(
    visit: Open, photo: Path, size: tuple[int, int]
) -> None:
    page = (await visit(size=size)).page
    await register(page)
    await page.goto(PROFILE)

    await page.set_input_files("#photo", photo)
    chosen, _ = await shown_in(page)
    await page.get_by_role("button", name="Upload").click()
    await expect(page.get_by_role("button", name="Remove the picture")).to_be_visible()
    sent, width = await shown_in(page)
    await page.goto("/axf/mine/")
    await expect(page.locator(".avatar img[src^='/media/']").first).to_be_visible()

    assert chosen.startswith("blob:")
    assert "/media/" in sent
    assert width == 40

    await page.goto(PROFILE)
    await page.get_by_role("button", name="Remove the picture").click()
    await expect(page.get_by_role("button", name="Remove the picture")).to_have_count(0)
    assert "1f43b" in (await shown_in(page))[0]


async def test_what_is_no_picture_is_refused_in_place(visit: Open, tmp_path: Path) -> None:
    window = await visit()
    page = window.page
    await register(page)
    await page.goto(PROFILE)
    fake = tmp_path / "me.jpg"
    fake.write_text("<script>alert(1)</script>")

    await page.set_input_files("#photo", fake)
    await page.get_by_role("button", name="Upload").click()

    await expect(page.locator("#photo-hint")).to_contain_text("This is no picture that we can read")
    assert page.url.endswith(PROFILE)
    window.forgive(422)


async def test_an_avatar_is_sent_without_script(visit: Open, photo: Path) -> None:
    page = (await visit(script=False)).page
    await register(page)
    await page.goto(PROFILE)

    await page.set_input_files("#photo", photo)
    await page.get_by_role("button", name="Upload").click()

    await expect(page).to_have_url(PROFILE)
    assert "/media/" in (await page.locator("#avatar .avatar img").get_attribute("src") or "")
    await page.get_by_role("button", name="Remove the picture").click()
    assert "1f43b" in (await page.locator("#avatar .avatar img").get_attribute("src") or "")
