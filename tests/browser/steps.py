"""What shoppers do again and again: register, fill the cart, order."""

import re
from itertools import count

from playwright.async_api import Page, expect

PASSWORD = "蜜蜂 fly over orchards"
FIRST = "#goods-items article:not([data-sold-out])"

_serial = count(1)


async def register(page: Page, to: str = "/axf/market/") -> str:
    """A new shopper, sent on to `to`. Returns the name."""
    name = f"shopper{next(_serial)}"
    await page.goto(f"/register/?next={to}")
    await page.fill("#username", name)
    await page.fill("#password", PASSWORD)
    await page.locator("main form button").click()
    await expect(page.locator("#password")).to_have_count(0)
    return name


async def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    await page.fill("#username", name)
    await page.fill("#password", password)
    await page.locator("main form button").click()


async def fill_cart(page: Page, goods: int = 1) -> None:
    """One piece each of the first goods of the market."""
    await page.goto("/axf/market/")
    for number in range(goods):
        card = page.locator(FIRST).nth(number)
        await card.locator(".plus").click()
        await expect(card.locator("output")).to_have_text("1")


async def give_address(page: Page) -> None:
    """Save it on the way to the check-out, and come back there."""
    await page.goto("/axf/address/new/?next=/axf/checkout/")
    for field, value in (
        ("receiver", "林小满"),
        ("phone", "13800006021"),
        ("area", "望京 SOHO T3"),
        ("room", "B 座 2307"),
    ):
        await page.fill(f"#{field}", value)
    await choose_district(page)
    await page.locator("main form .btn-primary").click()
    await expect(page).to_have_url(re.compile(r"/axf/checkout/\?address=[0-9]+$"))


async def choose_district(page: Page, province: str = "110000", region: str = "110105") -> None:
    """With the picker, each list only when it has come; without script its button brings them."""
    bring = page.locator("button[name='pick']")
    for list_, code in (
        ("#province", province),
        ("#city", f"{region[:4]}00"),
        ("#region", region),
    ):
        await expect(page.locator(f"{list_} option[value='{code}']")).to_have_count(1)
        if await page.input_value(list_) == code:  # the only city of its province
            continue
        await page.select_option(list_, code)
        if list_ != "#region" and await bring.is_visible():
            await bring.click()


async def place_order(page: Page) -> str:
    """From a full cart to the page that waits for payment. Returns the order's address."""
    await page.goto("/axf/checkout/")
    await page.locator("#place").click()
    await expect(page.locator("#sandbox-pay")).to_be_visible()
    return await come_back_to_pay(page)


async def come_back_to_pay(page: Page) -> str:
    """From the provider's page, without paying, to the one that waits for it."""
    await page.goto("/axf/orders/?tab=unpaid")
    await page.locator("article.order a[href$='/pay/']").first.click()
    await expect(page.locator("#pay")).to_be_visible()
    return page.url.removesuffix("pay/")
