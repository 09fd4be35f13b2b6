"""The check-out page under a shopper's fingers: windows, coupons, notes, an address in place."""

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select, update

from app.models import DeliverySlot, User
from app.models.base import utcnow
from tests.browser.conftest import DESKTOP, PHONE, Open, Shop
from tests.browser.steps import choose_district, fill_cart, register
from tests.factories import make_coupon

pytestmark = pytest.mark.browser


async def get_ready(page: Page, shop: Shop) -> None:
    """A new shopper with a cart, a coupon of ¥1, and windows of which the second costs ¥3."""
    name = await register(page)
    await fill_cart(page)
    async with shop.open_database() as session:
        user = (await session.scalars(select(User).where(User.username == name))).one()
        await make_coupon(session, user, amount=100)
        slots = select(DeliverySlot.id).where(DeliverySlot.cutoff_at > utcnow())
        ids = list(await session.scalars(slots.order_by(DeliverySlot.starts_at)))
        await session.execute(
            update(DeliverySlot).where(DeliverySlot.id == ids[1]).values(fee_fen=300)
        )


async def sum_of(page: Page) -> int:
    """What the button says, in fen."""
    return int((await page.locator("#place").inner_text()).split("¥")[1].replace(".", ""))


async def fill_address(page: Page) -> None:
    for field, value in (
        ("receiver", "林小满"),
        ("phone", "13800006021"),
        ("area", "望京 SOHO T3"),
        ("room", "B 座 2307"),
    ):
        await page.fill(f"#{field}", value)
    await choose_district(page)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1366"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "noscript"])
async def test_every_choice_is_in_the_sum_and_what_was_typed_stays(
    visit: Open, shop: Shop, script: bool, size: tuple[int, int]
) -> None:
    page = (await visit(size=size, script=script)).page
    await get_ready(page, shop)
    await page.goto("/axf/checkout/")
    before = await sum_of(page)
    await fill_address(page)
    await page.fill("#note", "Leave it at the door")

    await page.locator("#slots label").nth(1).click()
    await page.locator("#coupons summary").click()
    await page.locator("#no-coupon").click()
    if not script:
        await page.locator("#recompute").click()

    button = page.locator("#place")
    await expect(page.locator("#quote")).to_contain_text("Delivery at this time")
    await expect(page.locator("#quote")).not_to_contain_text("Test coupon")
    assert await sum_of(page) == before + 400
    assert await page.input_value("#note") == "Leave it at the door"
    await button.click()
    await expect(page.locator("#sandbox-pay")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["script", "noscript"])
async def test_an_address_is_used_in_place(visit: Open, shop: Shop, script: bool) -> None:
    window = await visit(script=script)
    page = window.page
    await get_ready(page, shop)
    await page.goto("/axf/checkout/")
    await page.fill("#note", "Leave it at the door")
    await fill_address(page)
    await page.fill("#phone", "12")

    await page.locator("#use-address").click()
    await expect(page.locator("#phone")).to_have_attribute("aria-invalid", "true")
    window.forgive(422)
    await page.fill("#phone", "13800006021")
    await page.locator("#use-address").click()

    await expect(page.locator("#receiver")).to_have_count(0)
    await expect(page.locator(".address")).to_contain_text("B 座 2307")
    assert await page.input_value("#note") == "Leave it at the door"
    await page.locator("#place").click()
    await expect(page.locator("#sandbox-pay")).to_be_visible()
