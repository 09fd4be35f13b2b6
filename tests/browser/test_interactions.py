"""What changes on a page without loading it anew, and what must stay as it was."""

import re

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from app.models import Stock
from tests.browser.conftest import DESKTOP, PHONE, Open, Shop
from tests.browser.steps import FIRST, fill_cart, log_in, register
from tests.factories import make_goods, make_type

pytestmark = pytest.mark.browser


async def remember(page: Page) -> None:
    """Leave a mark that only a full load wipes away."""
    await page.evaluate("window.stayed = true")


async def has_stayed(page: Page) -> bool:
    return bool(await page.evaluate("window.stayed === true"))


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1366"])
async def test_the_market_changes_in_place_and_back_brings_it_back(
    visit: Open, size: tuple[int, int]
) -> None:
    page = (await visit(size=size)).page
    await page.goto("/axf/market/200100/0/0/")
    await remember(page)
    fruit = await page.locator("#goods-items h2").first.inner_text()

    await page.locator(".rail a[href='/axf/market/200200/0/0/']").click()
    await expect(page).to_have_url("/axf/market/200200/0/0/")
    await expect(page.locator(".rail [aria-current]")).to_have_text("Fresh Vegetables")
    await page.locator(".chips a").nth(1).click()
    await expect(page.locator(".chips a").nth(1)).to_have_attribute("aria-current", "true")
    await page.locator(".dropdown summary").click()
    await page.locator(".dropdown a").nth(3).click()
    await expect(page).to_have_url(re.compile(r"/axf/market/200200/2002\d\d/3/$"))

    await expect(page).to_have_title(re.compile("^Market · Fresh Vegetables · "))
    assert await has_stayed(page)
    prices = await page.locator("#goods-items .price").all_inner_texts()
    sums = [float(price.replace("¥", "")) for price in prices]
    assert sums == sorted(sums)
    assert len(sums) > 1

    for _ in range(3):
        await page.go_back()
    await expect(page).to_have_url("/axf/market/200100/0/0/")
    await expect(page.locator("#goods-items h2").first).to_have_text(fruit)
    await expect(page.locator(".rail [aria-current]")).to_have_text("Seasonal Fruit")


async def test_more_goods_come_while_one_scrolls(visit: Open, shop: Shop) -> None:
    async with shop.open_database() as session:
        long_shelf = await make_type(session, position=99)
        for _ in range(120):
            await make_goods(session, food_type=long_shelf)
    page = (await visit()).page
    await page.goto(f"/axf/market/{long_shelf.number}/0/3/")
    await remember(page)

    shown = page.locator("#goods-items > li")
    await expect(shown).to_have_count(50)
    for count in (100, 120):
        await page.locator("#more").scroll_into_view_if_needed()
        await expect(shown).to_have_count(count)

    await expect(page.locator("#more")).to_have_text("That is all there is here")
    ids = await page.locator("#goods-items article").evaluate_all("all => all.map(one => one.id)")
    assert len(set(ids)) == 120
    assert page.url.endswith("/0/3/")
    assert await has_stayed(page)


async def test_the_language_changes_and_the_page_stays(visit: Open) -> None:
    page = (await visit(lang="en")).page
    await page.goto("/axf/search/?q=caomei")
    await expect(page.locator("html")).to_have_attribute("lang", "en")

    await page.locator("footer form button").click()

    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await expect(page).to_have_url("/axf/search/?q=caomei")
    await page.goto("/axf/market/200100/0/2/?after=")
    await page.locator("footer form button").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    assert "/axf/market/200100/0/2/" in page.url


async def test_registering_says_early_whether_the_name_is_free(visit: Open) -> None:
    page = (await visit()).page
    await page.goto("/register/")
    hint = page.locator("#username-hint")

    for name, said in (("xiaoman", "“xiaoman” is taken"), ("a-new-bee", "“a-new-bee” is free")):
        await page.fill("#username", name)
        await page.locator("#email").focus()
        await expect(hint).to_have_text(said)

    await expect(page.locator("#email")).to_be_focused()
    await page.fill("#username", "x")
    await page.locator("#email").focus()
    await expect(hint).to_have_attribute("role", "alert")


async def test_a_keyboard_alone_fills_the_cart(visit: Open) -> None:
    page = (await visit(size=DESKTOP)).page
    await register(page)
    plus = page.locator(FIRST).nth(0).locator(".plus")
    name = await plus.get_attribute("id")
    await page.locator(FIRST).nth(0).locator("h2 a").focus()

    await page.keyboard.press("Tab")
    await expect(page.locator(f"#{name}")).to_be_focused()
    for count in ("1", "2", "3"):
        await page.keyboard.press("Enter")
        await expect(page.locator(FIRST).nth(0).locator("output")).to_have_text(count)
        await expect(page.locator(f"#{name}")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Space")

    await expect(page.locator(FIRST).nth(0).locator("output")).to_have_text("2")
    await expect(page.locator("#mini-cart")).to_contain_text("× 2")


async def test_the_skip_link_comes_first_and_leads_to_the_content(visit: Open) -> None:
    page = (await visit(size=DESKTOP)).page
    await page.goto("/axf/home/")

    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await expect(page.locator(".skip")).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")

    assert await page.evaluate("document.activeElement.closest('#main') !== null")


async def test_goods_that_sell_out_in_the_cart_are_named(visit: Open, shop: Shop) -> None:
    page = (await visit()).page
    await register(page)
    await fill_cart(page, 2)
    async with shop.open_database() as session:
        shelf = await make_type(session, position=99)
        goods = await make_goods(session, name_en="The last peach", stock=3, food_type=shelf)
    await page.goto(f"/axf/goods/{goods.id}/")
    await page.get_by_role("button", name="Add to cart").click()
    await expect(page.locator(".action-bar output")).to_have_text("1")

    async with shop.open_database() as session:
        stock = (await session.scalars(select(Stock).where(Stock.goods_id == goods.id))).one()
        stock.on_hand = 0
    await page.goto("/axf/cart/")

    gone = page.locator("section[aria-labelledby=gone]")
    await expect(gone).to_contain_text("The last peach")
    await expect(gone).to_contain_text("Sold out")
    await page.goto("/axf/checkout/")
    await expect(page.get_by_text("The last peach is sold out and not part of")).to_be_visible()
    await page.goto("/axf/cart/")
    await page.locator("#gone-clear").click()
    await expect(gone).to_have_count(0)
    await expect(page.locator("#cart-count")).to_have_text("2 pieces")


async def test_a_click_after_logging_out_elsewhere_leads_to_the_log_in_and_back(
    visit: Open,
) -> None:
    window = await visit()
    page = window.page
    name = await register(page)
    await page.goto("/axf/market/200200/0/1/")
    other = await window.context.new_page()
    await other.goto("/logout/")
    await other.locator("main form button").first.click()
    await other.wait_for_url("**/axf/home/")

    await page.locator(FIRST).first.locator(".plus").click()
    await expect(page).to_have_url("/login/?next=/axf/market/200200/0/1/")
    window.forgive(401)
    await log_in(page, name)

    await expect(page).to_have_url("/axf/market/200200/0/1/")
    await page.locator(FIRST).first.locator(".plus").click()
    await expect(page.locator("#cart-badge")).to_contain_text("1")


@pytest.mark.parametrize("width", [320, 360, 375])
async def test_the_price_stays_clear_of_the_stepper_on_small_phones(
    visit: Open, width: int
) -> None:
    page = (await visit(size=(width, 700))).page
    await register(page)
    await fill_cart(page)

    card = page.locator(FIRST).first
    price = await card.locator(".price").bounding_box()
    minus = await card.locator(".minus").bounding_box()

    assert price is not None
    assert minus is not None
    assert price["x"] + price["width"] <= minus["x"]
