"""A flash sale in a real browser: the countdown, its end and its beginning, and buying in it."""

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import FlashItem, Goods
from app.models.base import utcnow
from tests.browser.conftest import DESKTOP, PHONE, Open, Shop
from tests.browser.steps import give_address, register
from tests.flash_sales import make_offer, make_sale

pytestmark = pytest.mark.browser

FLASH = "/axf/flash/"


async def a_good(session: AsyncSession, name: str) -> Goods:
    return (await session.scalars(select(Goods).where(Goods.name_en == name))).one()


@pytest.fixture
async def until_soon(shop: Shop) -> int:
    """A good whose sale ends in a moment."""
    async with shop.open_database() as session:
        goods = await a_good(session, "Live Shrimp")
        sale = await make_sale(session, ends_at=utcnow() + timedelta(seconds=8), title="Last call")
        await make_offer(session, goods, sale=sale, price=100)
        return goods.id


@pytest.fixture
async def from_soon(shop: Shop) -> int:
    """A good whose sale begins in a moment."""
    async with shop.open_database() as session:
        goods = await a_good(session, "Facial Tissues")
        sale = await make_sale(
            session,
            starts_at=utcnow() + timedelta(seconds=8),
            ends_at=utcnow() + timedelta(minutes=5),
            title="First call",
        )
        await make_offer(session, goods, sale=sale, price=100)
        return goods.id


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1366"])
async def test_the_countdown_ticks_and_the_page_follows_it_to_the_end(
    visit: Open, until_soon: int, size: tuple[int, int]
) -> None:
    page = (await visit(size=size)).page
    await page.goto(FLASH)
    sale = page.get_by_role("region", name="Last call")
    clock = sale.locator("[data-seconds] b")
    await expect(sale).to_contain_text("Ends at ")
    first = await clock.inner_text()

    await expect(clock).not_to_have_text(first)
    await expect(sale).to_have_count(0)

    await expect(page.locator(f"#flash-{until_soon}")).to_contain_text("28.90")


async def test_the_home_page_follows_it_too(visit: Open, until_soon: int) -> None:
    page = (await visit()).page
    await page.goto("/")
    card = page.locator(f"#flash-sale #flash-{until_soon}")
    await expect(card).to_contain_text("¥1.00")

    await expect(card).to_contain_text("¥28.90")

    await expect(page.locator("#flash-sale")).to_have_count(1)


async def test_a_button_appears_when_the_sale_begins(visit: Open, from_soon: int) -> None:
    page = (await visit()).page
    await page.goto(FLASH)
    button = page.locator(f"#flash-{from_soon} .plus")
    await expect(page.get_by_role("region", name="First call")).to_contain_text("Coming soon")
    await expect(button).to_have_count(0)

    await expect(button).to_be_visible()


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "Ends at "), ("zh-CN", "结束")], ids=["en", "zh"]
)
async def test_without_script_the_end_stands_there_as_a_time(
    visit: Open, lang: str, words: str
) -> None:
    page = (await visit(lang=lang, script=False)).page

    await page.goto(FLASH)

    await expect(page.locator("main time").first).to_contain_text(words)
    await expect(page.locator("[data-seconds]").first).to_be_hidden()


@pytest.mark.parametrize("script", [True, False], ids=["script", "noscript"])
async def test_a_shopper_buys_in_a_flash_sale(visit: Open, shop: Shop, script: bool) -> None:
    page = (await visit(script=script)).page
    await register(page, FLASH)
    card = page.locator("article", has_text="Kirin Watermelon")
    await card.locator(".plus").click()
    await expect(card.locator("output")).to_have_text("1")
    await give_address(page)
    await expect(page.locator("main")).to_contain_text("19.90")

    await buy(page)

    await expect(page.locator("main")).to_contain_text("19.90")
    async with shop.open_database() as session:
        goods = await a_good(session, "Kirin Watermelon")
        sold = select(FlashItem.sold).where(FlashItem.goods_id == goods.id)
        assert await session.scalar(sold) == (1 if script else 2)


async def buy(page: Page) -> None:
    await page.goto("/axf/checkout/")
    await page.locator("#place").click()
    await page.locator("#sandbox-pay").click()
    await page.locator("main .btn-primary").click()
    await expect(page.locator("main .timeline")).to_be_visible()


async def test_two_of_what_one_may_have_once_are_put_right_in_the_cart(visit: Open) -> None:
    page = (await visit()).page
    await register(page, FLASH)
    card = page.locator("article", has_text="Kirin Watermelon")
    for count in ("1", "2"):
        await card.locator(".plus").click()
        await expect(card.locator("output")).to_have_text(count)
    await page.goto("/axf/cart/")
    await expect(page.locator("#cart")).to_contain_text("At most 1 per shopper at this price")

    await page.get_by_role("button", name="Take 1").click()

    await expect(page.locator("#cart output")).to_have_text("1")
    await expect(page.locator("#cart")).not_to_contain_text("At most")
