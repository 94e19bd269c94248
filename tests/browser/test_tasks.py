"""What librarians and owners come for, in as few clicks as they expect."""

import re

import pytest
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser


async def test_on_a_phone_the_first_book_is_on_the_first_screen_and_filters_are_one_tap_above_it(page: Page) -> None:
    await page.set_viewport_size({"width": 360, "height": 640})
    await page.goto("/books/")
    first = await page.locator(".books li").first.bounding_box()
    assert first
    assert first["y"] + first["height"] <= 640
    await page.get_by_role("link", name="Filter").click()
    topics = page.get_by_role("heading", name="Topic")
    await expect(topics).to_be_in_viewport()
    heading, first = await topics.bounding_box(), await page.locator(".books li").first.bounding_box()
    assert heading
    assert first
    assert heading["y"] < first["y"]
    await page.locator("#topic + ul a").first.click()  # the filters stay open
    await expect(page).to_have_url(re.compile("topic=.*#narrow$"))
    await expect(page.get_by_role("heading", name="Language")).to_be_visible()
    await page.get_by_role("link", name=re.compile("^Show .* books$")).click()
    await expect(page.get_by_role("heading", name="Language")).to_be_hidden()


async def test_on_a_phone_topic_decade_and_language_take_three_taps(page: Page) -> None:
    await page.set_viewport_size({"width": 400, "height": 800})
    await page.goto("/books/")
    for tapped, leads_to in (
        ("Novels", r"topic=novels$"),
        (re.compile("^[0-9]{4}s$"), r"topic=novels&year=\d{4}s$"),
        ("English", r"topic=novels&year=\d{4}s&language=en$"),
    ):
        await page.locator(".common").get_by_text(tapped).first.click()
        await expect(page).to_have_url(re.compile(leads_to))
    await expect(page.locator(".common a")).to_have_count(0)


async def test_a_second_librarian_takes_three_clicks(page: Page) -> None:
    await page.goto("/")
    await page.get_by_role("navigation").get_by_text("owner", exact=True).click()
    await page.get_by_role("link", name="People").click()
    await page.get_by_role("button", name="Create a link").click()
    await expect(page.get_by_role("alert")).to_contain_text("An invitation for a librarian")
    await expect(page.get_by_role("alert")).to_contain_text("/accounts/invitation/?secret=")


async def test_a_deleted_book_is_found_and_restored_in_three_clicks(page: Page) -> None:
    book = await (await page.request.post("/books/", data={"title": "Deleted by mistake"})).json()
    await page.request.delete(book["url"])
    await page.goto("/")
    await page.get_by_text("Tools", exact=True).click()
    await page.get_by_role("link", name="Activity").click()
    await page.get_by_role("button", name="Restore Deleted by mistake").click()
    await expect(page.get_by_role("status").filter(has_text="Undone.")).to_be_visible()
    assert (await page.request.get(book["url"])).ok


async def test_escape_closes_the_menu_and_gives_the_focus_back(page: Page) -> None:
    await page.goto("/")
    await page.get_by_text("Tools", exact=True).click()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("link", name="Activity")).to_be_hidden()
    await expect(page.locator("summary", has_text="Tools")).to_be_focused()


async def test_the_way_back_to_a_list_leads_through_other_books(page: Page) -> None:
    await page.goto("/books/?q=austen")
    back = page.get_by_role("link", name="Back to the list")
    await page.locator(".books a").first.click()
    await expect(back).to_be_visible()
    await page.wait_for_load_state()  # the script remembers the list
    by_way_of = page.url
    await page.locator(".more a").first.click()
    await expect(page).not_to_have_url(by_way_of)
    await expect(back).to_have_attribute("href", "/books/?q=austen")
    await page.goto("/books/1/")  # as from a bookmark
    await expect(page.get_by_role("link", name="All books")).to_be_visible()
