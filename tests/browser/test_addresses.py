"""The address book under a shopper's fingers, with and without script."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, Open
from tests.browser.steps import choose_district, fill_cart, place_order, register

pytestmark = pytest.mark.browser

SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["script", "noscript"])


async def fill_place(page: Page, area: str, *, region: str) -> None:
    """Everything but the district is typed first, and must still be there at the end."""
    for field, value in (
        ("receiver", "林小满"),
        ("phone", "13800006021"),
        ("area", area),
        ("room", "B 座 2307"),
    ):
        await page.fill(f"#{field}", value)
    await choose_district(page, province=f"{region[:2]}0000", region=region)
    assert await page.input_value("#area") == area


async def add(page: Page, area: str, *, region: str) -> None:
    await page.goto("/axf/address/")
    if await page.locator("#receiver").count() == 0:
        await page.locator("a[href='/axf/address/new/']").click()
    await fill_place(page, area, region=region)
    await page.locator("main form .btn-primary").click()
    await expect(page).to_have_url(re.compile("done=saved"))


@SCRIPT
async def test_a_book_is_filled_and_another_address_chosen(visit: Open, script: bool) -> None:
    page = (await visit(size=PHONE, script=script)).page
    await register(page)
    await fill_cart(page)
    await add(page, "望京 SOHO T3", region="110105")
    await add(page, "长安广场", region="441904")
    await expect(page.locator("main")).to_contain_text("广东省 东莞市 长安镇")

    await page.goto("/axf/checkout/")
    await expect(page.locator("#place-now")).to_contain_text("望京 SOHO T3")
    await page.fill("#note", "Leave it at the door")
    await page.locator("#places summary").click()
    await page.locator("#places label").nth(1).click()
    if not script:
        await page.locator("#recompute").click()
    await expect(page.locator("#place-now")).to_contain_text("长安广场")
    assert await page.input_value("#note") == "Leave it at the door"
    await page.locator("#place").click()
    await expect(page.locator("#sandbox-pay")).to_be_visible()

    await page.goto("/axf/orders/")
    await page.locator("article.order a").first.click()
    await expect(page.locator("main")).to_contain_text("广东省 东莞市 长安镇")


@SCRIPT
async def test_the_default_is_passed_on_and_an_address_deleted(visit: Open, script: bool) -> None:
    page = (await visit(size=PHONE, script=script)).page
    await register(page)
    await add(page, "望京 SOHO T3", region="110105")
    await add(page, "文三路", region="330106")

    await page.locator("form[action$='/default/'] button").click()
    await expect(page.locator("main .options li").first).to_contain_text("文三路")
    first = page.locator("main .options li").first
    await first.locator("summary").click()
    await first.locator("form[action$='/delete/'] button").click()

    await expect(page.locator("main .options > li")).to_have_count(1)
    await expect(page.locator("main .options > li .tag.honey")).to_have_count(1)
    await expect(page.locator("main .options > li")).to_contain_text("望京 SOHO T3")


async def test_the_picker_keeps_the_keyboards_place(visit: Open) -> None:
    page = (await visit(size=PHONE)).page
    await register(page, to="/axf/address/new/")

    await page.focus("#province")
    await page.select_option("#province", "440000")
    await expect(page.locator("#city option")).not_to_have_count(1)
    await expect(page.locator("#province")).to_be_focused()
    await page.focus("#city")
    await page.select_option("#city", "441900")
    await expect(page.locator("#region option")).not_to_have_count(1)
    await expect(page.locator("#city")).to_be_focused()
    await page.select_option("#region", "441904")

    await page.select_option("#province", "110000")

    # A province of another list leaves nothing chosen below it but its only city.
    await expect(page.locator("#city")).to_have_value("110100")
    await expect(page.locator("#region")).to_have_value("")


async def test_a_new_address_is_added_on_the_way_to_the_check_out(visit: Open) -> None:
    page = (await visit(size=PHONE)).page
    await register(page)
    await fill_cart(page)
    await add(page, "望京 SOHO T3", region="110105")
    await page.goto("/axf/checkout/")

    await page.locator("#places summary").click()
    await page.locator("#places a[href^='/axf/address/new/']").click()
    await fill_place(page, "文三路", region="330106")
    await page.locator("main form .btn-primary").click()

    await expect(page).to_have_url(re.compile(r"/axf/checkout/\?address=[0-9]+$"))
    await expect(page.locator("#place-now")).to_contain_text("文三路")
    await place_order(page)
