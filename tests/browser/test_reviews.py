"""Reviews in a browser: written with stars and a photo, read, found helpful."""

import io
import re

import pytest
from PIL import Image
from playwright.async_api import FilePayload, Page, expect
from sqlalchemy import select

from app.models import Goods, Order, OrderLine, Review, User
from tests.browser.conftest import DESKTOP, PHONE, Open, Shop
from tests.browser.steps import log_in

pytestmark = pytest.mark.browser

PASSWORD = "fresh-honey-8"
APPLE = "洛川红富士苹果"


def a_photo() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), "tomato").save(file, "JPEG")
    return file.getvalue()


async def sign_in(page: Page, name: str, to: str) -> None:
    await page.goto(f"/login/?next={to}")
    await log_in(page, name, PASSWORD)
    await expect(page).to_have_url(re.compile(re.escape(to)))


async def form_of(shop: Shop, name: str, good: str) -> str:
    """The path of the form for this good of a demo shopper's order."""
    async with shop.open_database() as session:
        query = (
            select(Order.no, OrderLine.goods_id)
            .join(OrderLine, OrderLine.order_id == Order.id)
            .join(User, User.id == Order.user_id)
            .where(User.username == name, OrderLine.name_zh == good)
        )
        no, goods_id = (await session.execute(query)).one()
        return f"/axf/orders/{no}/review/?goods={goods_id}"


async def goods_id_of(shop: Shop, name: str) -> int:
    async with shop.open_database() as session:
        return (await session.scalars(select(Goods.id).where(Goods.name_zh == name))).one()


@pytest.mark.parametrize(
    ("name", "good", "size", "script"),
    [("阿哲", "金针菇", PHONE, True), ("桂香奶奶", "上海青", PHONE, False)],
    ids=["390-script", "390-noscript"],
)
async def test_a_review_is_written_with_stars_and_a_photo(  # noqa: PLR0917
    visit: Open, shop: Shop, name: str, good: str, size: tuple[int, int], script: bool
) -> None:
    page = (await visit(size=size, script=script)).page
    await sign_in(page, name, await form_of(shop, name, good))

    await page.locator("label[for=stars-4]").click()
    await page.locator("label[for=fresh-3]").click()
    await page.fill("#body", "很新鲜\n还会再买")
    file = FilePayload(name="photo.jpg", mimeType="image/jpeg", buffer=a_photo())
    await page.set_input_files("#photo", [file])
    await page.locator("#send").click()

    await expect(page.locator(".notice.fresh")).to_be_visible()
    await page.goto("/axf/reviews/")
    review = page.locator("article").first
    await expect(review.locator(".lines").first).to_have_text("很新鲜\n还会再买")
    await expect(review.locator(".stars .icon:not(.off)")).to_have_count(4)
    large = await review.locator("a[href^='/media/']").get_attribute("href")
    assert re.fullmatch(r"/media/[0-9a-f]{64}-large\.webp", large or "")
    assert (await page.request.get(large or "")).ok
    async with shop.open_database() as session:
        newest = await session.scalars(select(Review).order_by(Review.id.desc()).limit(1))
        written = newest.one()
    assert (written.stars, written.fresh, written.body) == (4, 3, "很新鲜\n还会再买")


async def test_stars_are_chosen_with_the_keyboard(visit: Open, shop: Shop) -> None:
    page = (await visit(size=DESKTOP)).page
    await sign_in(page, "阿哲", await form_of(shop, "阿哲", "娃娃菜"))
    await expect(page.locator("input[type=radio]:checked")).to_have_count(0)

    await page.locator("#stars-5").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowDown")

    await expect(page.locator("#stars-4")).to_be_checked()


async def test_without_stars_the_form_is_not_sent(visit: Open, shop: Shop) -> None:
    page = (await visit(size=PHONE)).page
    path = await form_of(shop, "阿哲", "娃娃菜")
    await sign_in(page, "阿哲", path)

    await page.locator("#send").click()

    await expect(page).to_have_url(re.compile(re.escape(path)))


@pytest.mark.parametrize("script", [True, False], ids=["script", "noscript"])
async def test_helpful_is_pressed_and_taken_back(visit: Open, shop: Shop, script: bool) -> None:
    goods_id = await goods_id_of(shop, APPLE)
    page = (await visit(size=DESKTOP, script=script)).page
    await sign_in(page, "阿哲", f"/axf/goods/{goods_id}/reviews/")
    button = page.locator("button[id^=vote-]").first
    before = await button.get_attribute("aria-pressed")

    for pressed in ("false" if before == "true" else "true", before or ""):
        await button.click()
        await expect(button).to_have_attribute("aria-pressed", pressed)


async def test_reviews_are_chosen_in_place(visit: Open, shop: Shop) -> None:
    goods_id = await goods_id_of(shop, APPLE)
    page = (await visit(size=PHONE)).page
    await page.goto(f"/axf/goods/{goods_id}/reviews/")
    await expect(page.locator("li.comment")).to_have_count(4)

    await page.locator(".chip[href*='stars=5']").click()

    await expect(page.locator("li.comment")).to_have_count(2)
    await expect(page).to_have_url(re.compile(r"stars=5"))
    await expect(page.locator("main h1")).to_have_count(1)
    await page.locator(".tabs a[href*='helpful']").click()
    await expect(page.locator("li.comment").first).to_contain_text("咔")
