"""Takes the README's picture, of a demo shop that runs: `python -m scripts.take_screenshot`.

The home page on a desktop and the market on a phone in front of it, in Chinese.
"""

import asyncio
import base64
import sys
import tomllib

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from app.settings import ROOT
from tests.mariadb import find_program

PICTURE = ROOT / "docs" / "screenshot.png"
SHOP = "http://127.0.0.1:8000"
DESKTOP, PHONE = (1180, 760), (390, 740)
SHEET = (984, 640)
IN_THE_CART = 3
# The phone covers what is least missed, the lower right corner.
STAGE = """<!doctype html><style>
body { margin: 0; background: #fff3cf }
img { position: absolute }
img:first-of-type { inset: 20px auto auto 20px; width: 900px; border-radius: 12px }
img:last-of-type { inset: auto 20px 20px auto; width: 250px }
img:last-of-type { border: 6px solid #221d12; border-radius: 26px }
</style>"""


async def main(shop: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_program("chromium"), args=["--no-sandbox"]
        )
        desktop = await _open(browser, shop, DESKTOP)
        await _fill_cart(desktop)
        await desktop.goto("/axf/home/")
        phone = await _open(browser, shop, PHONE)
        await phone.goto("/axf/market/")
        await _put_together(browser, [desktop, phone])
        await browser.close()


async def _open(browser: Browser, shop: str, size: tuple[int, int]) -> Page:
    """A window of the first demo shopper."""
    shoppers = tomllib.loads((ROOT / "data" / "demo_shoppers.toml").read_text())
    context: BrowserContext = await browser.new_context(
        base_url=shop,
        locale="zh-CN",
        color_scheme="light",
        reduced_motion="reduce",
        viewport={"width": size[0], "height": size[1]},
    )
    page = await context.new_page()
    await page.goto("/login/?next=/axf/market/")
    await page.fill("#username", "xiaoman")
    await page.fill("#password", shoppers["password"])
    await page.locator("main form button").click()
    await page.wait_for_url("**/axf/market/**")
    return page


async def _fill_cart(page: Page) -> None:
    cards = page.locator("#goods-items article:not([data-sold-out])")
    for number in range(IN_THE_CART):
        if not await cards.nth(number).locator("output").count():
            await cards.nth(number).locator(".plus").click()
            await cards.nth(number).locator("output").wait_for()


async def _put_together(browser: Browser, pages: list[Page]) -> None:
    pictures = [base64.b64encode(await _shoot(page)).decode() for page in pages]
    images = "".join(f'<img src="data:image/png;base64,{picture}">' for picture in pictures)
    sheet = await browser.new_page(viewport={"width": SHEET[0], "height": SHEET[1]})
    await sheet.set_content(STAGE + images)
    await sheet.screenshot(path=PICTURE)


async def _shoot(page: Page) -> bytes:
    await page.wait_for_load_state("networkidle")
    return await page.screenshot()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else SHOP))
