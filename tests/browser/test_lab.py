"""The laboratory as a visitor sees it: run by mouse or keyboard, drawn, told, and without scripts too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route, expect

from tests.browser.test_every_page import STANDARDS

pytestmark = pytest.mark.browser

TOLD = "It took"


@asynccontextmanager
async def held(page: Page, name: str) -> AsyncIterator[None]:
    """Until the block ends, the case does not: its request waits."""
    end = asyncio.Event()

    async def wait(route: Route) -> None:
        await end.wait()
        await route.continue_()

    await page.route(f"**/lab/{name}/", wait)
    try:
        yield
    finally:
        end.set()


async def test_a_case_is_run_drawn_and_told(page: Page) -> None:
    await page.goto("/lab/")
    await page.get_by_role("button", name="Run: Rows, the sync way").click()
    outcome = page.locator("[data-case=orm] [data-outcome]")
    await expect(outcome).to_contain_text(TOLD)
    await expect(outcome).to_contain_text("SynchronousOnlyOperation")
    await expect(outcome.locator("svg .wait").first).to_be_attached()
    await expect(page.get_by_role("status")).to_contain_text("Rows, the sync way: It took")


async def test_it_is_drawn_while_it_runs(page: Page) -> None:
    await page.goto("/lab/")
    said = page.locator("[data-case=sleep] [data-said]")
    async with held(page, "sleep"):
        await page.get_by_role("button", name="Run: Sleep, async").click()
        await expect(page.locator("[data-case=sleep] svg .wait").nth(5)).to_be_attached()
        await expect(page.locator("[data-case=sleep] svg")).to_contain_text("the case is running")
        await expect(said).not_to_contain_text(TOLD)
    await expect(said).to_contain_text(TOLD)


async def test_the_process_that_blocked_tells_how_long_others_waited_there(page: Page) -> None:
    await page.goto("/lab/")
    await page.get_by_role("button", name="Run: Block the loop").click()
    outcome = page.locator("[data-case=blocking] [data-outcome]")
    await expect(outcome).to_contain_text(TOLD)
    await expect(outcome.locator("svg .waits")).to_be_attached()


async def test_one_that_is_refused_says_when_to_try_again(page: Page) -> None:
    await page.route("**/lab/orm/", lambda route: route.fulfill(status=429, json={"detail": "Try again in 2 seconds."}))
    await page.goto("/lab/")
    await page.get_by_role("button", name="Run: Rows, the sync way").click()
    await expect(page.locator("[data-case=orm] [data-said]")).to_have_text("Try again in 2 seconds.")


async def test_it_is_run_by_keyboard_and_the_focus_stays(page: Page) -> None:
    await page.goto("/lab/")
    button = page.get_by_role("button", name="Run: Rows, the sync way")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-case=orm] [data-said]")).to_contain_text(TOLD)
    await expect(button).to_be_focused()


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
async def test_what_is_drawn_is_accessible_and_fits(page: Page, width: int, scheme: str) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await page.goto("/lab/")
    await page.get_by_role("button", name="Run: Rows, the sync way").click()
    await expect(page.locator("[data-case=orm] [data-said]")).to_contain_text(TOLD)
    found = await Axe().run(page, options={"runOnly": STANDARDS})
    assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_without_scripts_a_button_leads_to_the_figures(plain: Page) -> None:
    await plain.goto("/lab/")
    await expect(plain.get_by_role("button", name="Run all")).to_be_hidden()
    await plain.get_by_role("button", name="Run: Rows, the sync way").click()
    await expect(plain.get_by_role("heading", level=1)).to_have_text("Rows, the sync way")
    await expect(plain.get_by_text("SynchronousOnlyOperation").first).to_be_visible()
