"""The user centre in a real browser: hearts, what was looked at, being told, all on one page."""

import asyncio

import pytest
from playwright.async_api import Locator, Page, expect
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, Stock
from tests.browser.conftest import DESKTOP, PHONE, Open, Shop
from tests.browser.steps import log_in, register
from tests.factories import make_goods, make_type

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

HEART = "#heart-button"
TO_TELL = 60.0


async def shelve(shop: Shop, name: str, stock: int) -> Goods:
    """A good of the test's own."""
    async with shop.open_database() as session:
        shelf = await make_type(session, position=99)
        return await make_goods(session, name_en=name, stock=stock, food_type=shelf)


@pytest.mark.parametrize("script", [True, False], ids=["script", "noscript"])
async def test_a_heart_is_pressed_and_let_go(visit: Open, shop: Shop, script: bool) -> None:
    goods = await shelve(shop, "Heart peach", 5)
    page = (await visit(script=script)).page
    await register(page, f"/axf/goods/{goods.id}/")
    heart = page.locator(HEART)
    await expect(heart).to_have_attribute("aria-pressed", "false")

    await heart.click()

    await expect(heart).to_have_attribute("aria-pressed", "true")
    if script:
        await expect(heart).to_be_focused()
        await expect(page.locator(".toast")).to_contain_text("Kept in your favourites")
    await page.goto("/axf/favourites/")
    await expect(page.locator(f"#goods-{goods.id}")).to_contain_text("Heart peach")
    await page.locator(f"#goods-{goods.id} a").click()
    await page.locator(HEART).click()
    await expect(page.locator(HEART)).to_have_attribute("aria-pressed", "false")
    await page.goto("/axf/favourites/")
    await expect(page.locator("main")).to_contain_text("No favourites yet")


async def test_a_visitors_heart_leads_to_log_in_and_back(visit: Open, shop: Shop) -> None:
    goods = await shelve(shop, "Stranger's peach", 5)
    window = await visit()
    await window.page.goto(f"/axf/goods/{goods.id}/")

    await window.page.locator(HEART).click()

    await expect(window.page).to_have_url(f"/login/?next=/axf/goods/{goods.id}/")
    window.forgive(401)


async def test_the_page_of_a_good_is_remembered_until_the_list_is_cleared(
    visit: Open, shop: Shop
) -> None:
    goods = await shelve(shop, "Seen peach", 5)
    page = (await visit()).page
    await register(page)
    async with page.expect_response(f"**/axf/goods/{goods.id}/seen/") as answer:
        await page.goto(f"/axf/goods/{goods.id}/")
    assert (await answer.value).status == 204
    await expect(page.locator("h1")).to_have_text("Seen peach")

    await page.goto("/axf/recent/")
    await expect(page.locator(f"#goods-{goods.id}")).to_be_visible()
    await page.get_by_role("button", name="Clear the list").click()

    await expect(page.locator("main")).to_contain_text("Nothing looked at yet")


async def test_who_waits_for_a_good_is_told_and_led_back_to_it(visit: Open, shop: Shop) -> None:
    goods = await shelve(shop, "Late peach", 0)
    page = (await visit()).page
    await register(page, f"/axf/goods/{goods.id}/")
    await page.locator("#wait-button").click()
    await expect(page.locator("#wait-button")).to_contain_text("We will tell you")

    async with shop.open_database() as session:
        await fill_shelf(session, goods.id)
    news = page.get_by_role("button", name="Back in stock: Late peach")
    await until_told(page, news)

    await expect(news).to_contain_text("Unread")
    await page.goto("/axf/mine/")
    await expect(page.locator("main a[href='/axf/messages/'] .badge").last).to_be_visible()
    await page.goto("/axf/messages/")
    await news.click()
    await expect(page).to_have_url(f"/axf/goods/{goods.id}/")
    await expect(page.get_by_role("button", name="Add to cart")).to_be_visible()
    await page.goto("/axf/messages/")
    await expect(news).not_to_contain_text("Unread")


async def fill_shelf(session: AsyncSession, goods_id: int) -> None:
    await session.execute(update(Stock).where(Stock.goods_id == goods_id).values(on_hand=5))


async def until_told(page: Page, news: Locator) -> None:
    """The timed work looks every few seconds."""
    async with asyncio.timeout(TO_TELL):
        while True:
            await page.goto("/axf/messages/")
            if await news.count():
                return
            await asyncio.sleep(1)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1366"])
async def test_the_user_centre_is_composed_as_designed(
    visit: Open, size: tuple[int, int], dark: bool
) -> None:
    page = (await visit(size=size, dark=dark, lang="zh-CN")).page
    await page.goto("/login/?next=/axf/mine/")
    await log_in(page, "xiaoman", "fresh-honey-8")
    await expect(page.locator("h2").first).to_be_visible()

    blocks = page.locator("main .split > .stack > :visible")
    tops = [box["y"] for block in await blocks.all() if (box := await block.bounding_box())]

    assert tops == sorted(tops)
    assert len(tops) == (5 if size == PHONE else 4)
    on_phone = size == PHONE
    await expect(page.locator("main nav.nav.desk")).to_be_visible(visible=not on_phone)
    await expect(page.locator("main nav.list.mob")).to_be_visible(visible=on_phone)
    await expect(page.locator("main .vip .avatar-edit img")).to_be_visible()
    await expect(page.locator("main .scroller .stepper").first).to_be_visible()


async def test_usual_goods_go_into_the_cart_without_leaving(visit: Open) -> None:
    page = (await visit(size=DESKTOP)).page
    await page.goto("/login/?next=/axf/mine/")
    await log_in(page, "xiaoman", "fresh-honey-8")
    card = page.locator("main .scroller .goods").first

    await card.locator(".plus").click()

    await expect(card.locator("output")).to_be_visible()
    await expect(page).to_have_url("/axf/mine/")
    await card.locator(".minus").click()
    await expect(card.locator("output")).to_have_count(0)
