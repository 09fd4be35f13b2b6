"""Points in the browser: checking in, paying with them, and seeing them come back."""

import re

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from app.models import User
from tests.browser.conftest import DESKTOP, PHONE, Open, Shop
from tests.browser.steps import fill_cart, give_address, register
from tests.points import give_points


async def give(shop: Shop, name: str, n: int) -> None:
    async with shop.open_database() as session:
        user_id = (await session.scalars(select(User.id).where(User.username == name))).one()
        await give_points(session, user_id, n)


@pytest.mark.parametrize(("size", "dark"), [(PHONE, False), (DESKTOP, True)])
async def test_a_shopper_pays_with_points_cancels_and_has_them_back(
    visit: Open, shop: Shop, size: tuple[int, int], dark: bool
) -> None:
    page = (await visit(size=size, dark=dark)).page
    name = await register(page)
    await give(shop, name, 1_280)
    await fill_cart(page, 3)
    await give_address(page)
    switch = page.locator("#use-points")
    await expect(switch).not_to_be_checked()
    due = await page.locator("#quote .total .price").inner_text()

    await switch.check()

    await expect(page.locator("#quote dt", has_text="Paid with points")).to_be_visible()
    await expect(page.locator("#quote .total .price")).not_to_have_text(due)
    await expect(switch).to_be_checked()
    await page.locator("#place").click()
    await page.locator("#sandbox-pay").click()
    await page.goto("/axf/points/")
    spent = page.locator("#ledger ~ ul li", has_text="Paid with points")
    lost = (await spent.locator("b").last.inner_text()).removeprefix("−")
    assert re.fullmatch(r"[1-9]00|1,[0-2]00", lost)
    await page.goto("/axf/orders/")
    await page.locator("article.order a[href^='/axf/orders/']").first.click()
    await page.locator("#cancel").click()
    await expect(page.locator("#cancel")).to_have_count(0)

    await page.goto("/axf/points/")

    await expect(page.locator(".vip .price-xl")).to_have_text("1,280")
    back = page.locator("#ledger ~ ul li", has_text="Given back")
    await expect(back.locator("b").last).to_have_text(f"+{lost}")


@pytest.mark.parametrize("script", [True, False])
async def test_checking_in_is_one_press_a_day(visit: Open, script: bool) -> None:
    page = (await visit(script=script)).page
    await register(page, "/axf/points/")
    await page.goto("/axf/points/")

    await page.locator("#check-in-now").click()

    await expect(page.locator("#check-in [role='status']")).to_be_visible()
    await expect(page.locator("#check-in-now")).to_have_count(0)
    await expect(page.locator(".vip .price-xl")).to_have_text("2")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
