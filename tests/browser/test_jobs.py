"""Jobs as somebody new meets them: a list dragged onto the page, watched, cancelled, gone on with, undone."""

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, Request, expect

from books.jobs.worker import Loop
from tests.browser.conftest import loaded
from tests.browser.test_every_page import STANDARDS

pytestmark = pytest.mark.browser

DROP = """([name, text]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], name, { type: "text/csv" }));
  for (const type of ["dragover", "drop"])
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
}"""


def a_list(name: str, rows: int = 20) -> str:
    """Books of this name, and one that cannot be imported."""
    books = "".join(f"{name} {number},A. Writer,{number}\n" for number in range(1, rows + 1))
    return f"title,authors,pages\n{books},A. Writer of {name},7\n"


def state(page: Page) -> Locator:
    return page.locator(".standing .state")


async def reaches(page: Page, word: str) -> None:
    await expect(state(page)).to_have_text(word)


async def choose(page: Page, name: str, text: str) -> None:
    file: Any = {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    await page.get_by_label("A list of books").set_input_files(file)


async def import_it(page: Page) -> None:
    """Upload the chosen list, and import it as it is understood."""
    await page.get_by_role("button", name="Upload and check").click()
    await page.get_by_role("button", name="Import", exact=True).click()


async def start_clock(page: Page, seconds: int) -> None:
    await page.goto("/jobs/")
    await page.get_by_label("Seconds").fill(str(seconds))
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Clock")


async def number_of_books(page: Page, words: str) -> int:
    found = await (await page.request.get("/books/", params={"q": words})).json()
    return int(found["count"])


async def test_a_list_is_dragged_onto_the_page_and_imported_and_undone(page: Page) -> None:
    await page.goto("/")
    await page.get_by_text("Tools", exact=True).click()
    await page.get_by_role("link", name="Jobs", exact=True).click()
    await loaded(page, "Jobs")
    await page.evaluate(DROP, ["dragged.csv", a_list("Dragged")])
    await expect(page.locator("[data-columns]")).to_have_text("Columns: title, authors, pages")
    await expect(page.get_by_role("button", name="Upload and check")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Import", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Import of dragged.csv")
    await reaches(page, "Done")
    await expect(page.locator(".tally .created")).to_have_text(re.compile("20"))
    await expect(page.locator(".tally .rejected")).to_have_text(re.compile("1"))
    await expect(page.locator(".rejects tbody tr")).to_have_text(re.compile(r"22\s*Title\s*A book needs a title"))
    assert await number_of_books(page, "dragged") == 20
    await page.get_by_text("Undo this import").click()
    await page.get_by_role("button", name="Undo now").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Undoing the import of dragged.csv")
    await reaches(page, "Done")
    assert await number_of_books(page, "dragged") == 0


async def test_rejects_are_downloaded_mended_and_imported(page: Page, tmp_path: Path) -> None:
    await page.goto("/jobs/")
    await choose(page, "mend.csv", a_list("Mended", rows=1))
    await import_it(page)
    await reaches(page, "Done")
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="mend.csv.rejects.csv").click()
    rejects = tmp_path / "rejects.csv"
    await (await coming.value).save_as(rejects)
    await page.get_by_role("link", name="All jobs").click()
    mended = rejects.read_text("utf-8-sig").replace(",A. Writer of", "Mended and more,A. Writer of")
    await choose(page, "mended.csv", mended)
    await import_it(page)
    await reaches(page, "Done")
    await expect(page.locator(".tally .created")).to_have_text(re.compile("1"))


async def test_the_columns_of_a_list_are_chosen_tried_and_imported(page: Page) -> None:
    await page.goto("/jobs/")
    await choose(page, "foreign.csv", "Was,Wer,Regal\nTrialbook one,Kafka,A1\nTrialbook two,Mann,A2\n")
    await page.get_by_role("button", name="Upload and check").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Check the columns")
    await page.get_by_role("button", name="Test run").click()
    await expect(page.get_by_role("alert")).to_be_focused()
    await expect(page.get_by_role("alert")).to_contain_text("Choose the column that holds the title")
    await page.get_by_label("What Was fills").select_option("Title")
    await page.get_by_label("What Wer fills").select_option("Authors")
    await page.get_by_label("Skip: leave").check()
    await page.get_by_role("button", name="Test run").click()
    await expect(page.locator("#report .state")).to_have_text("Done")
    await expect(page.locator("#report .created")).to_have_text(re.compile("2"))
    assert await number_of_books(page, "trialbook") == 0
    await expect(page.get_by_label("What Wer fills")).to_have_value("authors")
    await expect(page.get_by_label("Skip: leave")).to_be_checked()
    await page.get_by_role("button", name="Import", exact=True).click()
    await reaches(page, "Done")
    await page.locator(".tally .created a").click()
    await expect(page.get_by_role("link", name="Trialbook two")).to_be_visible()


async def test_other_letters_are_shown_at_once(page: Page) -> None:
    await page.goto("/jobs/")
    await choose(page, "letters.csv", "title,authors\nÉté à Köln,Zoë\n")
    await page.get_by_role("button", name="Upload and check").click()
    await loaded(page, "Check the columns")
    await page.get_by_label("Letters").focus()
    await page.get_by_label("Letters").select_option("Greek (Windows)")
    await expect(page.get_by_role("cell", name="Été à Köln")).to_have_count(0)
    await expect(page.get_by_label("Letters")).to_be_focused()
    await page.get_by_label("Letters").select_option("Unicode (UTF-8)")
    await expect(page.get_by_role("cell", name="Été à Köln")).to_be_visible()


async def test_it_is_watched_cancelled_and_gone_on_with_on_one_page(page: Page) -> None:
    await start_clock(page, 600)
    loads: list[str] = []
    page.on("request", lambda request: loads.append(request.url) if is_page(request) else None)
    await expect(page.get_by_role("progressbar")).to_be_visible()
    await expect(page.locator("[data-far]")).to_have_text(re.compile(r"^([2-9]|\d\d+) of 600 seconds$"))
    await expect(page.locator("[data-pace]")).to_contain_text("left")
    await expect(page.locator("[data-log]")).to_have_text(re.compile(r"tick ([2-9]|\d\d+) of 600"))
    await page.get_by_role("button", name="Cancel").focus()
    await page.keyboard.press("Enter")
    await reaches(page, "Cancelled")
    await expect(state(page)).to_be_focused()
    await expect(page.locator("[data-say]")).to_have_text("Clock: Cancelled")
    await page.get_by_role("button", name="Resume").click()
    await reaches(page, "Running")
    await expect(page.locator("[data-far]")).to_have_text(re.compile(r"^([4-9]|\d\d+) of 600"))
    await page.get_by_role("button", name="Cancel").click()
    await reaches(page, "Cancelled")
    assert loads == []


def is_page(request: Request) -> bool:
    return request.is_navigation_request()


async def test_a_screen_reader_is_told_each_tenth_and_the_end(page: Page) -> None:
    clock = {"arguments": {"seconds": 1000}}
    others = [await (await page.request.post("/jobs/", data=clock)).json() for _ in range(Loop.places)]
    async with page.expect_response("**/events/"):
        await start_clock(page, 5)  # it waits for the others
    await page.evaluate(
        "window.told = []; new MutationObserver(([change]) => told.push(change.target.textContent))"
        ".observe(document.querySelector('[data-say]'), { childList: true })"
    )
    for other in others:
        await page.request.delete(other["url"])
    await reaches(page, "Done")
    await expect(page.locator("[data-say]")).to_have_text("Clock: Done")
    told = await page.evaluate("told")
    assert told[-1] == "Clock: Done"
    assert len(told) <= 6
    assert set(told) <= {"Clock: Running", "20 %", "40 %", "60 %", "80 %", "Clock: Done"}


async def test_home_and_the_list_show_a_job_that_another_starts(page: Page) -> None:
    other = await page.context.new_page()
    for here, address in ((page, "/"), (other, "/jobs/")):
        await here.goto(address)
    started = await (await page.request.post("/jobs/", data={"arguments": {"seconds": 600}})).json()
    for here in (page, other):
        row = here.locator(f"[data-job='{started['id']}']")
        await expect(row.locator("[data-far]")).to_have_text(re.compile(r"[1-9]\d* of 600 seconds"))
    await page.request.delete(started["url"])
    for here in (page, other):
        row = here.locator(f"[data-job='{started['id']}']")
        await expect(row.locator(".state")).to_have_text("Cancelled")


async def test_what_is_being_typed_stays_while_the_list_changes(page: Page) -> None:
    await page.goto("/jobs/")
    await page.get_by_label("Seconds").fill("77")
    started = await (await page.request.post("/jobs/", data={"arguments": {"seconds": 1}})).json()
    row = page.locator(f"[data-job='{started['id']}']")
    await expect(row.locator(".state")).to_have_text("Done")
    await expect(page.get_by_label("Seconds")).to_have_value("77")
    await expect(page.get_by_label("Seconds")).to_be_focused()


async def test_a_stream_that_fails_is_made_up_for(page: Page) -> None:
    await page.route("**/events/", lambda route: route.fulfill(status=503))
    await start_clock(page, 1)
    await reaches(page, "Done")


async def test_an_export_is_fetched(page: Page) -> None:
    await page.request.post("/books/", data={"title": "Exported one", "language": "eo"})
    await page.goto("/jobs/")
    await page.locator("#some summary").click()
    await page.get_by_label("Language").fill("eo")
    await page.get_by_label("Format").select_option("JSON Lines")
    await page.get_by_role("button", name="Export", exact=True).click()
    await reaches(page, "Done")
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="books.jsonl").click()
    assert "Exported one" in (await (await coming.value).path()).read_text()


async def test_all_of_it_works_without_javascript(plain: Page) -> None:
    await plain.goto("/jobs/")
    await choose(plain, "plain.csv", a_list("Plain"))
    await plain.get_by_role("button", name="Upload and check").click()
    await plain.get_by_label("Letters").select_option("Japanese (Shift JIS)")
    await plain.get_by_role("button", name="Read again").click()
    await plain.get_by_role("button", name="Test run").click()
    await expect(plain.locator("#report .state")).to_have_text("Done")
    await plain.get_by_role("button", name="Import", exact=True).click()
    await reaches(plain, "Done")
    await plain.get_by_text("Undo this import").click()
    await plain.get_by_role("button", name="Undo now").click()
    await reaches(plain, "Done")
    await start_clock(plain, 600)
    await expect(plain.locator("[data-far]")).to_contain_text("of 600 seconds")
    await plain.get_by_role("button", name="Cancel").click()
    await reaches(plain, "Cancelled")
    await plain.get_by_role("button", name="Resume").click()
    await reaches(plain, "Running")
    await plain.get_by_role("button", name="Cancel").click()
    await reaches(plain, "Cancelled")


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
async def test_every_state_is_accessible_and_fits_its_screen(page: Page, width: int, scheme: str) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    await page.goto("/jobs/")
    await choose(page, f"{'long-name-' * 9}.csv", a_list(f"Accessible {width}"))
    await page.get_by_role("button", name="Upload and check").click()
    await loaded(page, "Check the columns")
    await is_sound(page, width)
    await page.get_by_role("button", name="Test run").click()
    await expect(page.locator("#report .state")).to_have_text("Done")
    await is_sound(page, width)
    await page.get_by_label("What title fills").select_option("")
    await page.get_by_role("button", name="Test run").click()
    await expect(page.get_by_role("alert")).to_be_focused()
    await is_sound(page, width)
    await page.get_by_label("What title fills").select_option("Title")
    await page.get_by_role("button", name="Import", exact=True).click()
    await reaches(page, "Done")
    await is_sound(page, width)
    await page.locator(".tally .created a").click()
    await loaded(page, "Books added")
    await is_sound(page, width)
    await page.goto("/jobs/?year=1950")
    await is_sound(page, width)
    await page.get_by_label("Seconds").fill("soon")
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_role("alert")).to_be_focused()
    await is_sound(page, width)
    await start_clock(page, 600)
    await expect(page.locator("[data-far]")).to_contain_text("of 600")
    await is_sound(page, width)
    running = page.url
    for address in ("/", "/jobs/", running):
        await page.goto(address)
        await is_sound(page, width)
    await page.get_by_role("button", name="Cancel").click()
    await reaches(page, "Cancelled")
    await is_sound(page, width)


async def is_sound(page: Page, width: int) -> None:
    await page.wait_for_load_state()
    found = await Axe().run(page, options={"runOnly": STANDARDS})
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
    assert await page.evaluate("document.documentElement.scrollWidth") <= width, page.url
