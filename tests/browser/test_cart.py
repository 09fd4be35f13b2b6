"""Fast clicks on plus and minus, with a mouse and with a keyboard, on a slow line."""

import asyncio
from itertools import count

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.conftest import DESKTOP, PHONE, Open

pytestmark = pytest.mark.browser

_serial = count(1)


async def sign_up(page: Page) -> None:
    """A new shopper, on the market's first page."""
    await page.goto("/register/?next=/axf/market/")
    await page.fill("#username", f"clicker{next(_serial)}")
    await page.fill("#password", "蜜蜂 fly over orchards")
    await page.locator("main form button").click()
    await expect(page.locator("#goods-items")).to_be_visible()


async def slow_down(page: Page) -> None:
    """Answers come later than the next click."""

    async def wait(route: Route) -> None:
        await asyncio.sleep(0.12)
        await route.continue_()

    await page.route("**/*tocart/**", wait)


async def click_fast(page: Page, button: Locator, times: int) -> None:
    """As a finger does: at the place, without asking whether the page is ready."""
    for _ in range(times):
        box = await button.bounding_box()
        assert box is not None
        await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        await asyncio.sleep(0.06)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1366"])
async def test_every_fast_click_counts_and_the_focus_stays(
    visit: Open, size: tuple[int, int]
) -> None:
    page = (await visit(size=size)).page
    await sign_up(page)
    await slow_down(page)
    card = page.locator("#goods-items article:not([data-sold-out])").nth(3)
    name, address = await card.get_attribute("id"), page.url

    await card.locator(".plus").scroll_into_view_if_needed()
    height = await page.evaluate("scrollY")
    await click_fast(page, card.locator(".plus"), 6)
    await expect(card.locator("output")).to_have_text("6")
    await expect(page.locator("#cart-badge")).to_contain_text("6")

    assert page.url == address
    assert await page.evaluate("scrollY") == height
    await expect(page.locator(f"#{name}-plus")).to_be_focused()
    await page.locator(f"#{name}-minus").focus()
    for _ in range(6):
        await page.keyboard.press("Enter")
    await expect(card.locator("output")).to_have_count(0)
    await expect(page.locator(f"#{name}-plus")).to_be_focused()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1366"])
async def test_the_cart_page_adds_up_under_fast_clicks(visit: Open, size: tuple[int, int]) -> None:
    page = (await visit(size=size)).page
    await sign_up(page)
    for number in (1, 2):
        card = page.locator("#goods-items article:not([data-sold-out])").nth(number)
        await card.locator(".plus").click()
        await expect(card.locator("output")).to_have_text("1")
    await page.goto("/axf/cart/")
    await slow_down(page)
    first, second = page.locator(".cart-line").nth(0), page.locator(".cart-line").nth(1)

    await click_fast(page, first.locator(".plus"), 3)
    await click_fast(page, second.locator(".plus"), 2)

    await expect(page.locator("#cart-count")).to_have_text("7 pieces")
    await expect(first.locator("output")).to_have_text("4")
    await expect(second.locator("output")).to_have_text("3")
    await expect(second.locator(".plus")).to_be_focused()


async def test_a_removed_line_comes_back_by_undo(visit: Open) -> None:
    page = (await visit()).page
    await sign_up(page)
    card = page.locator("#goods-items article:not([data-sold-out])").nth(1)
    await card.locator(".plus").click()
    await expect(card.locator("output")).to_have_text("1")
    await page.goto("/axf/cart/")

    await page.locator(".cart-line .remove button").dblclick()
    await expect(page.locator("#cart-market")).to_be_focused()
    await page.get_by_role("button", name="Undo").click()

    await expect(page.locator(".cart-line output")).to_have_text("1")
    await expect(page.locator("#cart-badge")).to_contain_text("1")
    await expect(page.locator(".toast")).to_have_count(0)
