"""A shopper looks after the account: names, look, devices, data, and the end of it."""

import json
import re
from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.browser.steps import PASSWORD, log_in, register

MINE = "/axf/mine"


async def save(page: Page, form: str) -> None:
    await page.locator(f"main form[action='{MINE}/{form}/'] .btn-primary").click()
    await expect(page).to_have_url(re.compile(rf"{MINE}/{form}/\?saved=1$"))


async def test_a_shopper_looks_after_the_account(visit: Open, tmp_path: Path) -> None:
    phone = (await visit(size=PHONE, script=False)).page
    name = await register(phone, f"{MINE}/profile/")
    await phone.fill("#nickname", "小满 Man")
    await save(phone, "profile")
    await phone.goto(f"{MINE}/settings/")
    await phone.check("[name=theme][value=dark]")
    await phone.check("[name=large_text]")
    await save(phone, "settings")

    desk = (await visit(size=DESKTOP)).page
    await desk.goto(f"/login/?next={MINE}/devices/")
    await log_in(desk, name)
    await expect(desk.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(desk.locator("main li.list-row")).to_have_count(2)
    await desk.locator("form[action$='/end/'] button").click()
    await expect(desk.locator("main li.list-row")).to_have_count(1)
    await phone.goto(f"{MINE}/profile/")
    await expect(phone).to_have_url(re.compile(r"/login/"))

    await desk.goto(f"{MINE}/data/")
    async with desk.expect_download() as coming:
        await desk.locator("a[href$='data.json']").click()
    file = tmp_path / "data.json"
    await (await coming.value).save_as(file)
    assert json.loads(file.read_text())["profile"][0]["nickname"] == "小满 Man"
    async with desk.expect_download() as coming:
        await desk.locator("a[href$='data.html']").click()
    await (await coming.value).save_as(tmp_path / "data.html")
    assert name in (tmp_path / "data.html").read_text()


async def test_an_account_is_closed_for_good(visit: Open) -> None:
    window = await visit(size=PHONE)
    page = window.page
    name = await register(page, f"{MINE}/close/")
    await page.fill("#current_password", "not the password")
    await page.check("#sure")
    await page.locator("main form .btn-danger").click()
    await expect(page.locator("#current_password-hint")).to_contain_text("not your current")
    window.forgive(422)

    await page.fill("#current_password", PASSWORD)
    await page.locator("main form .btn-danger").click()

    await expect(page).to_have_url(re.compile(rf"{MINE}/closed/$"))
    await page.goto("/login/")
    await log_in(page, name)
    await expect(page.locator("main [role=alert]").first).to_contain_text("not right")
    window.forgive(422)


async def test_large_text_fits_on_small_screens(visit: Open) -> None:
    page = (await visit(size=(320, 640))).page
    await register(page, f"{MINE}/settings/")
    await page.check("[name=large_text]")
    await save(page, "settings")

    for path in ("profile", "password", "devices", "settings", "data", "close"):
        for width in (320, 390):
            await page.set_viewport_size({"width": width, "height": 800})
            await page.goto(f"{MINE}/{path}/")
            assert await page.evaluate("document.documentElement.scrollWidth") == width, path
