"""Finding a book without the mouse."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import loaded

pytestmark = pytest.mark.browser


@pytest.fixture
async def shelf(page: Page) -> str:
    """The address of a list of two books."""
    for title in ("Quixotic one", "Quixotic two"):
        await page.request.post("/books/", data={"title": title, "topics": ["Keyboards"]})
    return "/books/?topic=keyboards&size=2"


async def test_a_slash_searches_and_a_row_opens(page: Page, shelf: str) -> None:
    await page.goto("/")
    await page.keyboard.press("/")
    await page.keyboard.type("quixotic one")
    await page.keyboard.press("Enter")
    await loaded(page, "Books with quixotic one")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Quixotic one")


async def test_a_slash_in_a_box_is_a_slash(page: Page) -> None:
    await page.goto("/")
    await page.keyboard.press("/")
    await page.keyboard.type("1/2")
    await expect(page.get_by_role("searchbox")).to_have_value("1/2")


async def test_j_and_k_go_down_and_up(page: Page, shelf: str) -> None:
    await page.goto(shelf)
    rows = page.locator(".books a")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await expect(rows.nth(1)).to_be_focused()
    await page.keyboard.press("k")
    await expect(rows.nth(0)).to_be_focused()


async def test_arrows_go_through_a_list_that_has_the_focus(page: Page, shelf: str) -> None:
    await page.goto(shelf)
    rows = page.locator(".books a")
    await rows.nth(0).focus()
    await page.keyboard.press("ArrowDown")
    await expect(rows.nth(1)).to_be_focused()


async def test_the_keys_can_be_turned_off_for_good(page: Page, shelf: str) -> None:
    await page.goto(shelf)
    await page.get_by_role("button", name="Turn keys off").click()
    await page.reload()
    await expect(page.get_by_role("button", name="Turn keys on")).to_be_visible()  # the script has begun
    await page.keyboard.press("j")
    await expect(page.locator(".books a:focus")).to_have_count(0)


async def test_the_first_tab_leads_past_the_head(page: Page, shelf: str) -> None:
    await page.goto(shelf)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()


async def test_results_come_as_one_types_and_the_address_with_them(page: Page, shelf: str) -> None:
    await page.goto("/books/")
    await page.get_by_role("searchbox").press_sequentially("quixotic tw", delay=20)
    await expect(page.locator(".books a").first).to_have_text("Quixotic two")
    await expect(page.locator("mark").first).to_have_text("Quixotic")
    await expect(page).to_have_url("/books/?q=quixotic+tw")
    await expect(page.get_by_role("status")).to_contain_text("book")
    await expect(page.get_by_role("searchbox")).to_be_focused()


async def test_results_come_as_one_types_on_the_home_page_too(page: Page, shelf: str) -> None:
    await page.goto("/")
    await page.get_by_role("searchbox").press_sequentially("quixotic t")
    await expect(page.locator(".books a").first).to_have_text("Quixotic two")
    await expect(page).to_have_url(re.compile(r"/books/\?q=quixotic\+t$"))
    await page.go_back()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Find a book")
    await expect(page.locator(".books")).to_have_count(0)


async def test_of_letters_that_come_quickly_the_last_alone_asks(page: Page, shelf: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.resource_type == "fetch" else None)
    await page.goto("/books/")
    await page.get_by_role("searchbox").evaluate(
        """box => { for (const text of ["q", "quix", "quixotic one"]) {
            box.value = text;
            box.dispatchEvent(new InputEvent("input", { bubbles: true }));
        } }"""
    )
    await expect(page.locator(".books a").first).to_have_text("Quixotic one")
    assert len(asked) == 1
