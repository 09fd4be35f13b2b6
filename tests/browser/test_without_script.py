"""The same shop in a browser that runs no script: every button is a plain form."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.browser.steps import FIRST, fill_cart, register

pytestmark = pytest.mark.browser

SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1366"])


async def open_page(visit: Open, size: tuple[int, int]) -> Page:
    return (await visit(size=size, script=False)).page


@SIZES
async def test_the_market_is_sorted_by_links(visit: Open, size: tuple[int, int]) -> None:
    page = await open_page(visit, size)
    await page.goto("/axf/market/200200/0/0/")

    await page.locator(".chips a").nth(1).click()
    await page.locator(".dropdown summary").click()
    await page.get_by_role("link", name="Price: high to low").click()

    await expect(page).to_have_url(re.compile(r"/axf/market/200200/2002\d\d/2/$"))
    prices = await page.locator("#goods-items .price").all_inner_texts()
    sums = [float(price.replace("¥", "")) for price in prices]
    assert sums == sorted(sums, reverse=True)
    assert len(sums) > 1


@SIZES
async def test_plus_and_minus_come_back_to_the_same_good(
    visit: Open, size: tuple[int, int]
) -> None:
    page = await open_page(visit, size)
    await register(page)
    card = page.locator(FIRST).nth(5)
    name = await card.get_attribute("id")

    await card.locator(".plus").click()
    await card.locator(".plus").click()
    await expect(card.locator("output")).to_have_text("2")
    await expect(page).to_have_url(re.compile(f"#{name}$"))
    await expect(card).to_be_in_viewport()
    await card.locator(".minus").click()
    await card.locator(".minus").click()

    await expect(card.locator("output")).to_have_count(0)
    await expect(page.locator("#cart-badge")).to_be_empty()


@SIZES
async def test_lines_are_picked_removed_and_brought_back(
    visit: Open, size: tuple[int, int]
) -> None:
    page = await open_page(visit, size)
    await register(page)
    await fill_cart(page, 2)
    await page.goto("/axf/cart/")
    checks = page.locator(".cart-line [role=checkbox]")

    await checks.nth(0).click()
    await expect(checks.nth(0)).to_have_attribute("aria-checked", "false")
    await page.get_by_role("checkbox", name="Select all").locator("visible=true").click()
    await expect(checks.nth(0)).to_have_attribute("aria-checked", "true")
    await page.locator(".cart-line .remove button").first.click()
    await expect(page.locator(".cart-line")).to_have_count(1)
    await page.get_by_role("button", name="Undo").click()

    await expect(page.locator(".cart-line")).to_have_count(2)
    await expect(page.locator(".toast")).to_have_count(0)
    await expect(page.locator("#cart-count")).to_have_text("2 pieces")


@SIZES
async def test_what_is_searched_for_is_found(visit: Open, size: tuple[int, int]) -> None:
    page = await open_page(visit, size)
    await page.goto("/axf/home/")

    await page.fill("#q", "caomei")
    await page.locator("form.search button").click()

    await expect(page).to_have_url("/axf/search/?q=caomei")
    await expect(page.locator("article h2").first).to_contain_text("Strawberr")
    await expect(page.locator("#q")).to_have_value("caomei")


async def test_the_language_changes_by_a_form(visit: Open) -> None:
    page = await open_page(visit, PHONE)
    await page.goto("/axf/mine/")

    await page.locator("footer form button").click()

    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await expect(page).to_have_url("/axf/mine/")
