"""Adding, changing and deleting books by hand."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Dialog, Page, Route, expect

pytestmark = pytest.mark.browser


async def added(page: Page, **values: Any) -> str:
    """The address of a new book."""
    book = await (await page.request.post("/books/", data={"title": "Kokoro", **values})).json()
    return str(book["url"])


async def test_a_book_is_added_from_the_home_page(page: Page) -> None:
    await page.goto("/")
    await page.get_by_role("link", name="Add a book", exact=True).click()
    await page.get_by_label("Title").first.fill("草枕")
    await page.get_by_label("Authors").fill("夏目漱石")
    await page.get_by_label("Language").fill("ja")
    await page.get_by_role("button", name="Add the book").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("草枕")
    await expect(page.get_by_role("link", name="夏目漱石")).to_be_visible()


async def test_names_of_the_catalogue_are_proposed_as_one_types(page: Page) -> None:
    await added(page, authors=["Natsume Sōseki"], topics=["Japanese novels"], series="Meiji library")
    await page.goto("/books/new/")
    for label, typed, name, becomes in (
        ("Authors", "A. Writer; sose", "Natsume Sōseki", "A. Writer; Natsume Sōseki"),
        ("Topics", "x, japanese n", "Japanese novels", "x, Japanese novels"),
        ("Series", "meiji l", "Meiji library", "Meiji library"),
    ):
        box = page.get_by_label(label, exact=True)
        await box.fill(typed)  # at once, so that the names come once: others could take the place of one being clicked
        await page.get_by_role("button", name=name).click()
        await expect(box).to_have_value(becomes)
        await expect(box).to_be_focused()


async def test_a_mistake_takes_the_focus_and_leads_to_its_field(page: Page) -> None:
    await page.goto("/books/new/")
    await page.get_by_label("Title").first.fill("Kokoro")
    await page.get_by_label("Pages").fill("many")
    await page.get_by_role("button", name="Add the book").click()
    await expect(page.get_by_role("alert")).to_be_focused()
    await page.get_by_role("alert").get_by_role("link", name="Pages").click()
    await expect(page.get_by_label("Pages")).to_be_focused()
    await expect(page.get_by_label("Pages")).to_have_value("many")


async def test_of_two_who_edit_at_once_the_second_sees_both_texts(page: Page) -> None:
    url = await added(page, publisher="Old")
    other = await page.context.new_page()
    for tab, publisher in ((page, "Mine"), (other, "Theirs")):
        await tab.goto(f"{url}edit/")
        await tab.get_by_label("Publisher").fill(publisher)
    await other.get_by_role("button", name="Save").click()
    await expect(other.get_by_role("heading", level=1)).to_have_text("Kokoro")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("This book was changed while you were editing")
    await expect(page.locator("#id_publisher-theirs")).to_contain_text("Theirs")
    await expect(page.get_by_label("Publisher")).to_have_value("Mine")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".card dd", has_text="Mine")).to_be_visible()


async def test_deleting_asks_first(page: Page) -> None:
    url = await added(page)
    await page.goto(url)
    await page.get_by_role("link", name="Delete").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Delete this book?")
    await page.get_by_role("button", name="Delete").click()
    await expect(page).to_have_url(re.compile(r"/books/\d+/history/$"))
    assert (await page.request.get(url)).status == 404


async def test_typed_text_is_not_left_behind_without_asking(page: Page) -> None:
    await page.goto("/books/new/")
    await page.get_by_label("Title").first.press_sequentially("Kok")
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    async with page.expect_event("dialog"):
        await page.get_by_role("link", name="Cancel").click(no_wait_after=True)
    await expect(page.get_by_label("Title").first).to_have_value("Kok")
    assert asked == ["beforeunload"]


async def test_an_untouched_form_can_be_left(page: Page) -> None:
    await page.goto("/books/new/")
    await page.get_by_role("link", name="Cancel").click()
    await expect(page).to_have_url("/books/")


async def test_two_clicks_add_one_book(page: Page) -> None:
    await page.goto("/books/new/")
    await page.get_by_label("Title").first.fill("Clicked twice")
    clicked = asyncio.Event()

    async def answer_later(route: Route) -> None:
        await clicked.wait()
        await route.continue_()

    await page.route("**/books/new/", answer_later)  # else the second click may meet the next page
    await page.get_by_role("button", name="Add the book").dblclick(no_wait_after=True)
    clicked.set()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Clicked twice")
    found = await (await page.request.get("/books/?q=clicked+twice")).json()
    assert found["count"] == 1


async def test_all_of_it_works_without_javascript(plain: Page) -> None:
    await plain.goto("/")
    await plain.get_by_role("link", name="Add a book", exact=True).click()
    await plain.get_by_label("Title").first.fill("Scriptless")
    await plain.get_by_label("Pages").fill("many")
    await plain.get_by_role("button", name="Add the book").click()
    await expect(plain.get_by_role("alert")).to_be_focused()
    await plain.get_by_label("Pages").fill("12")
    await plain.get_by_role("button", name="Add the book").click()
    await plain.get_by_role("link", name="Edit").click()
    await plain.get_by_label("Subtitle").fill("A Life")
    await plain.get_by_role("button", name="Save").click()
    await plain.get_by_role("searchbox").fill("scriptless")
    await plain.get_by_role("button", name="Search").click()
    await plain.get_by_role("link", name="Scriptless", exact=True).click()
    await expect(plain.get_by_role("article").get_by_text("A Life")).to_be_visible()
    await plain.get_by_role("link", name="Delete").click()
    await plain.get_by_role("button", name="Delete").click()
    await expect(plain).to_have_url(re.compile(r"/books/\d+/history/$"))
