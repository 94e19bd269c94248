"""Looking an ISBN up on the page that adds a book, with JavaScript and without."""

import json
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

pytestmark = pytest.mark.browser

ISBN, OTHER = "9780306406157", "9780140449136"
RECORD = {"title": "The Example", "authors": ["Ann Author", "Bob Author"], "pages": 320}


@pytest.fixture
async def form(page: Page) -> Page:
    """The form for a new book, its first box in focus. Two ISBNs are known outside; others are asked of the server."""
    records: dict[str, dict[str, Any]] = {ISBN: RECORD, OTHER: {"title": "Another", "publisher": "Other Press"}}

    async def answer(route: Route) -> None:
        isbn13 = route.request.url.rpartition("=")[2]
        if isbn13 not in records:
            await route.fallback()
            return
        found = records[isbn13]
        origins = dict.fromkeys(found, "Open Library")
        data: dict[str, Any] = {"isbn13": isbn13, "record": found, "origins": origins, "sources": [], "book": None}
        await route.fulfill(status=200, content_type="application/json", body=json.dumps(data))

    await page.route("**/lookup/?isbn=*", answer)
    await page.goto("/books/new/")
    await expect(page.get_by_label("Look up an ISBN")).to_be_focused()  # Chromium does it after the page has loaded
    return page


async def scan(page: Page, digits: str) -> None:
    """As a scanner does: it types into whatever has the focus, then Enter."""
    await page.keyboard.type(digits)
    await page.keyboard.press("Enter")


async def test_a_scanned_isbn_fills_the_form_and_says_where_each_value_is_from(form: Page) -> None:
    await scan(form, ISBN)
    await expect(form.get_by_role("status").first).to_contain_text("4 fields are filled in")
    await expect(form.locator("#id_title")).to_have_value("The Example")
    await expect(form.locator("#id_authors")).to_have_value("Ann Author\nBob Author")
    await expect(form.locator("#id_isbn13")).to_have_value(ISBN)
    await expect(form.locator("#id_pages")).to_have_accessible_description("from Open Library")
    assert form.url.endswith("/books/new/")


async def test_what_somebody_typed_stays(form: Page) -> None:
    await form.locator("#id_title").fill("My own title")
    await form.get_by_label("Look up an ISBN").focus()
    await scan(form, ISBN)
    await expect(form.get_by_role("status").first).to_contain_text("As you typed it stays: Title")
    await expect(form.locator("#id_title")).to_have_value("My own title")
    await expect(form.locator("#id_pages")).to_have_value("320")


async def test_the_next_scan_replaces_what_the_last_has_filled_in_and_nothing_else(form: Page) -> None:
    await scan(form, ISBN)
    await expect(form.locator("#id_pages")).to_have_value("320")
    await form.locator("#id_pages").fill("321")
    await form.get_by_label("Look up an ISBN").select_text()
    await scan(form, OTHER)
    await expect(form.locator("#id_title")).to_have_value("Another")
    await expect(form.locator("#id_publisher")).to_have_value("Other Press")
    await expect(form.locator("#id_authors")).to_have_value("")
    await expect(form.locator("#id_isbn13")).to_have_value(OTHER)
    await expect(form.locator("#id_pages")).to_have_value("321")
    await expect(form.locator("#id_pages-origin")).to_have_count(0)


async def test_a_wrong_digit_is_told_at_the_box_and_the_form_stays_as_it_is(form: Page) -> None:
    await form.locator("#id_title").fill("Typed")
    await form.get_by_label("Look up an ISBN").focus()
    await scan(form, "9780306406158")
    box = form.get_by_label("Look up an ISBN")
    await expect(form.get_by_role("status").first).to_contain_text("wrong digit")
    await expect(box).to_have_attribute("aria-invalid", "true")
    await expect(box).to_be_focused()
    await expect(form.locator("#id_title")).to_have_value("Typed")


async def test_a_book_that_is_here_already_is_linked(form: Page) -> None:
    await form.request.post("/books/", data={"title": "Here already", "isbn13": "9780131103627"})
    await scan(form, "0131103628")
    await expect(form.get_by_role("status").first.get_by_role("link")).to_be_visible()


async def test_it_can_be_looked_up_after_a_mistake_too(form: Page) -> None:
    await form.locator("#id_title").fill("Typed")
    await form.locator("#id_pages").fill("many")
    await form.get_by_role("button", name="Add the book").click()
    await expect(form.get_by_role("alert")).to_be_focused()
    await form.wait_for_load_state()  # its scripts listen
    await form.get_by_label("Look up an ISBN").focus()
    await scan(form, ISBN)
    await expect(form.locator("#id_authors")).to_have_value("Ann Author\nBob Author")
    await expect(form.locator("#id_title")).to_have_value("Typed")


async def test_a_filled_form_is_not_left_without_a_question(form: Page) -> None:
    await scan(form, ISBN)
    await expect(form.locator("#id_title")).to_have_value("The Example")
    async with form.expect_event("dialog") as asked:
        await form.evaluate("() => { setTimeout(() => location.assign('/'), 0); }")
    await (await asked.value).accept()


async def test_without_javascript_it_is_the_same_form(plain: Page) -> None:
    await plain.goto("/books/new/")
    await plain.get_by_label("Look up an ISBN").fill("9780306406158")
    await plain.keyboard.press("Enter")
    await expect(plain.get_by_text("This ISBN has a wrong digit")).to_be_visible()
    await expect(plain.get_by_label("Look up an ISBN")).to_have_value("9780306406158")
