"""Coupons under a shopper's thumb: claimed, proposed, and the gap closed one tap away."""

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from app.models import ChildType
from tests.browser.conftest import DESKTOP, PHONE, Open, Shop
from tests.browser.steps import fill_cart, give_address, register
from tests.couponing import make_offer_of

pytestmark = pytest.mark.browser


async def offer(shop: Shop, *, amount: int = 100, least: int = 0, scope: bool = False) -> int:
    """A coupon of the centre, for all goods or for fresh milk; its number."""
    async with shop.open_database() as session:
        milk = (
            await session.scalars(select(ChildType.id).where(ChildType.name_zh == "鲜牛奶"))
        ).one()
        template = await make_offer_of(
            session,
            key=f"browser-{amount}-{least}-{scope}-{id(session)}",
            amount=amount,
            least=least,
            scope="child" if scope else "all",
            refs=(milk,) if scope else (),
        )
        return template.id


async def claim(page: Page, number: int) -> None:
    await page.goto("/axf/coupons/")
    await page.locator(f"#coupon-{number} button").click()
    await expect(page.locator(f"#coupon-{number} a")).to_have_text("Use it")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1366"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "noscript"])
async def test_a_claimed_coupon_is_proposed_at_the_check_out(
    visit: Open, shop: Shop, script: bool, size: tuple[int, int]
) -> None:
    number = await offer(shop, amount=300)
    page = (await visit(size=size, script=script)).page
    await register(page)
    await page.goto("/axf/coupons/")
    before = await page.locator("#count-ready").inner_text()

    await claim(page, number)

    await expect(page.locator("#count-ready")).to_have_text(str(int(before or 0) + 1))
    if script:
        await expect(page.locator("#toasts")).to_contain_text("The coupon is yours")
        await expect(page.locator(f"#coupon-{number} a")).to_be_focused()
    await page.goto("/axf/market/")
    await page.locator("#goods-items article:not([data-sold-out]) .plus").first.click()
    await give_address(page)
    await expect(page.locator("#quote")).to_contain_text("−¥3.00")
    await page.locator("#place").click()
    await expect(page.locator("#sandbox-pay")).to_be_visible()
    await page.goto("/axf/coupons/mine/?tab=held")
    await expect(page.locator("article.ticket")).to_have_count(1)


async def test_the_goods_that_close_the_gap_are_one_tap_away(visit: Open, shop: Shop) -> None:
    number = await offer(shop, amount=500, least=1000, scope=True)
    page = (await visit(size=PHONE)).page
    await register(page)
    await fill_cart(page)
    await claim(page, number)
    await give_address(page)

    await page.locator("#coupons summary").first.click()
    await expect(page.locator("#coupons")).to_contain_text("¥10.00 more of")
    await page.locator(f"#coupons a[href='/axf/coupons/{number}/goods/']").click()
    gap = page.locator("#coupon-gap")
    await expect(gap).to_contain_text("¥10.00 more of")
    plus = page.locator("#coupon-goods .plus").first
    await plus.click()

    await expect(gap).to_contain_text("It fits your cart: ¥5.00 off")
    await expect(page.locator("#coupon-goods output").first).to_have_text("1")
    await gap.locator("a").click()
    await expect(page.locator("#quote")).to_contain_text("−¥5.00")


async def test_the_cart_follows_every_tap_with_what_a_coupon_lacks(visit: Open, shop: Shop) -> None:
    number = await offer(shop, amount=700, least=5000)
    page = (await visit(size=PHONE)).page
    await register(page)
    await fill_cart(page)
    await claim(page, number)
    await page.goto("/axf/cart/")
    hint = page.locator("#coupon-hint")
    await expect(hint).to_contain_text("more to use it")

    for count in range(2, 12):
        if await hint.get_by_text("off at the check-out").count():
            break
        await page.locator(".cart-line .plus").click()
        await expect(page.locator(".cart-line output")).to_have_text(str(count))

    await expect(hint).to_contain_text("¥7 off at the check-out")
