"""Possible duplicates, merged by hand and without the mouse."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.conftest import loaded
from tests.browser.test_every_page import STANDARDS

pytestmark = pytest.mark.browser


async def added(page: Page, title: str) -> str:
    """The address of a new book."""
    response = await page.request.post("/books/", data={"title": title, "authors": ["Ogai Mori"], "language": "ja"})
    return str((await response.json())["url"])


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
async def test_the_form_asks_once_and_loses_nothing(page: Page, width: int, scheme: str) -> None:
    url = await added(page, f"Gan {scheme}")
    await page.set_viewport_size({"width": width, "height": 800})
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await page.goto("/books/new/")
    await page.get_by_label("Title").first.fill(f"GAN {scheme}: the wild geese")
    await page.get_by_label("Authors").fill("Mori Ogai")
    await page.get_by_label("Pages").fill("119")
    await page.get_by_label("Pages").press("Enter")
    alert = page.get_by_role("alert")
    await expect(alert).to_be_focused()
    await expect(alert.get_by_role("link", name=f"Gan {scheme}")).to_have_attribute("href", url)
    await expect(page.get_by_label("Pages")).to_have_value("119")
    found = await Axe().run(page, options={"runOnly": STANDARDS})
    assert found.violations_count == 0, found.generate_report()
    await page.get_by_role("button", name="Add it anyway").press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"GAN {scheme}: the wild geese")


async def test_two_books_become_one_by_the_keyboard_and_the_old_address_leads_there(page: Page) -> None:
    kept, other = await added(page, "Takasebune"), await added(page, "TAKASEBUNE!")
    await page.goto("/books/")
    await page.get_by_role("link", name="Possible duplicates").press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Possible duplicates")
    await page.get_by_role("link", name="Takasebune").press("Enter")
    books = page.get_by_role("checkbox")
    await expect(books).to_have_count(2)
    for book in await books.all():  # none is ticked: only the titles say that they are one
        await expect(book).not_to_be_checked()
        await book.press("Space")
    await page.locator(f"input[name=keep][value='{kept.split('/')[2]}']").press("Space")
    await page.get_by_role("radio", name="Title: TAKASEBUNE!").press("Space")
    await page.get_by_role("button", name="Merge").press("Enter")
    await expect(page.get_by_text("2 records are now one: “TAKASEBUNE!”.")).to_be_visible()
    await page.goto(other)
    await expect(page).to_have_url(kept)
    await page.goto(f"{kept}history/")
    await page.get_by_role("button", name="Undo this").first.press("Enter")
    await expect(page.get_by_role("status").filter(has_text="Undone.")).to_be_visible()
    await page.goto(other)
    await expect(page.get_by_role("heading", level=1)).to_have_text("TAKASEBUNE!")


async def test_what_is_not_the_same_is_gone_from_the_list(page: Page) -> None:
    await added(page, "Abe ichizoku")
    await added(page, "Abe Ichizoku.")
    await page.goto("/duplicates/")
    await page.get_by_role("link", name="Abe ichizoku").press("Enter")
    await page.get_by_role("button", name="These are different books").press("Enter")
    await page.get_by_role("link", name="Start again").press("Enter")
    await expect(page).to_have_url("/duplicates/")
    await loaded(page, "Possible duplicates")
    await expect(page.get_by_role("link", name="Abe ichizoku")).to_have_count(0)
