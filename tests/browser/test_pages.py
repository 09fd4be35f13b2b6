"""Every page, on phone and desktop, light and dark: accessible, whole, quiet, no dead links."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import urldefrag, urljoin

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, Request, StorageState
from sqlalchemy import select

from app.models import Stock
from tests.browser.conftest import DESKTOP, PHONE, Open, Shop, Visit
from tests.browser.steps import fill_cart, give_address, place_order, register

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

NARROW = (320, 640)
LOST = "/axf/goods/999999/"
SHELF = "/axf/market/200100/200101/2/"
ALL_RULES = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
CONTRAST = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}

# A page that looks much the same to both is visited by one of them.
GUEST_PAGES = [
    "/axf/home/",
    SHELF,
    "/axf/flash/",
    "/axf/search/?q=zzzqqq",
    "/axf/search/",
    LOST,
    "/axf/mine/",
    "/login/",
    "/register/",
]
MEMBER_PAGES = [
    "/axf/home/",
    "/axf/market/",
    "/axf/search/?q=ping",
    "/axf/cart/",
    "/axf/checkout/",
    "/axf/orders/",
    "/axf/orders/?tab=to_receive",
    "/axf/mine/",
    "/axf/address/",
    "/axf/address/new/",
    "/axf/messages/",
    "/axf/favourites/",
    "/axf/recent/",
    "/axf/coupons/",
    "/axf/coupons/mine/",
    "/axf/points/",
    "/axf/vip/",
    "/axf/reviews/",
    "/axf/mine/profile/",
    "/axf/mine/devices/",
    "/axf/mine/settings/",
    "/axf/mine/data/",
    "/logout/",
]
# Measured in the page, so that one round trip answers all of it.
SHAPE = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((thing) => thing.id);
  const faults = [];
  const headings = document.querySelectorAll("h1").length;
  if (headings !== 1) faults.push(`${headings} h1`);
  for (const id of new Set(ids.filter((id, place) => ids.indexOf(id) !== place)))
    faults.push(`id ${id} twice`);
  for (const image of document.images)
    if (image.complete && !image.naturalWidth) faults.push(`broken picture ${image.src}`);
  return faults;
}"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass(frozen=True)
class Tour:
    """A shopper whose pages all have something on them, and where these pages are."""

    state: StorageState
    pages: dict[str, list[str]]


@pytest.fixture(scope="session")
async def tour(chromium: Browser, shop: Shop) -> Tour:
    context = await chromium.new_context(base_url=shop.address, locale="en")
    page = await context.new_page()
    await register(page)
    await fill_cart(page)
    await give_address(page)
    places = [await _pay(page), *await _leave_unpaid(page), await _cancel(page)]
    await fill_cart(page, 3)
    good = await page.locator("#goods-items h2 a").first.get_attribute("href")
    goods = [good or "", f"/axf/goods/{await _find_sold_out(shop)}/"]
    state = await context.storage_state()
    await context.close()
    pages = {"member": [*MEMBER_PAGES, goods[0], *places], "guest": [*GUEST_PAGES, goods[1]]}
    return Tour(state, pages)


async def _pay(page: Page) -> str:
    order = await place_order(page)
    await page.locator("#pay").click()
    await page.locator("#sandbox-pay").click()
    await page.wait_for_url("**/paid/")
    return f"{order}paid/"


async def _leave_unpaid(page: Page) -> list[str]:
    await fill_cart(page)
    order = await place_order(page)
    await page.locator("#pay").click()
    await page.wait_for_url("**/sandbox/**")
    return [order, f"{order}pay/", page.url]


async def _cancel(page: Page) -> str:
    await fill_cart(page)
    order = await place_order(page)
    await page.goto(order)
    await page.locator("#cancel").click()
    await page.locator("#cancel").wait_for(state="detached")
    return f"{order}pay/"


async def _find_sold_out(shop: Shop) -> int:
    async with shop.open_database() as session:
        found = await session.scalars(
            select(Stock.goods_id).where(Stock.on_hand == Stock.allocated).limit(1)
        )
    return found.one()


@pytest.mark.parametrize("who", ["member", "guest"])
@pytest.mark.parametrize(("size", "lang"), [(PHONE, "en"), (DESKTOP, "zh-CN")], ids=["390", "1366"])
async def test_every_page_is_accessible_whole_and_quiet(
    visit: Open, tour: Tour, size: tuple[int, int], lang: str, who: str
) -> None:
    window = await visit(size=size, lang=lang)
    await _become(window.context, tour, who)
    failed: list[str] = []
    window.page.on("requestfailed", lambda request: failed.append(_describe(request)))

    faults = []
    for path in tour.pages[who]:
        faults += [f"{path}: {fault}" for fault in await _inspect(window, path, size)]

    assert faults + failed == [], "\n".join(faults + failed)


async def _become(context: BrowserContext, tour: Tour, who: str) -> None:
    if who == "member":
        await context.add_cookies(tour.state["cookies"])  # type: ignore[arg-type]  # same fields


def _describe(request: Request) -> str:
    return f"failed: {request.url} {request.failure}"


async def _inspect(window: Visit, path: str, size: tuple[int, int]) -> list[str]:
    page = window.page
    await page.emulate_media(color_scheme="light")
    answer = await page.goto(path)
    expected = 404 if path == LOST else 200
    faults: list[str] = [] if answer and answer.status == expected else [f"answered {answer}"]
    faults += await page.evaluate(SHAPE)
    faults += [f"light: {fault}" for fault in await _ask_axe(page, ALL_RULES)]
    faults += await _measure(page, [size, NARROW] if size == PHONE else [size])
    await page.emulate_media(color_scheme="dark")
    faults += [f"dark: {fault}" for fault in await _ask_axe(page, CONTRAST)]
    if path == LOST:
        window.forgive(404)
    return faults


async def _ask_axe(page: Page, options: Mapping[str, object]) -> list[str]:
    results = await Axe().run(page, options=options)
    return [
        f"{violation['id']} at {node['target']}: {node['failureSummary']}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]


async def _measure(page: Page, sizes: list[tuple[int, int]]) -> list[str]:
    """How far the page is wider than the window, at each size; the first one is left."""
    faults = []
    for width, height in reversed(sizes):
        await page.set_viewport_size({"width": width, "height": height})
        too_wide = await page.evaluate(WIDER)
        if too_wide > 0:
            faults.append(f"{too_wide} px too wide at {width}")
    return faults


@pytest.mark.parametrize("who", ["member", "guest"])
async def test_no_link_leads_nowhere(visit: Open, tour: Tour, shop: Shop, who: str) -> None:
    context = (await visit()).context
    await _become(context, tour, who)
    found = {
        link: path
        for path in tour.pages[who]
        for link in _list_links(await _read(context, path), urljoin(shop.address, path))
    }

    dead = [
        f"{answer.status} {link} on {path}"
        for link, path in found.items()
        if (answer := await context.request.get(link)).status >= 400
    ]

    assert len(found) > 100
    assert dead == [], "\n".join(dead)


async def _read(context: BrowserContext, path: str) -> str:
    return await (await context.request.get(path)).text()


def _list_links(html: str, base: str) -> list[str]:
    """What a page names outside of itself, in full and without what follows a #."""
    named = re.findall(r'\s(?:href|src|hx-get)="([^"#][^"]*)"', html)
    return [urldefrag(urljoin(base, unescape(link))).url for link in named]
