"""A running catalogue with its starter books, and a page of Debian's Chromium, driven by Playwright, to look at it."""

import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, StorageState, async_playwright, expect

from tests.people import PASSWORD
from tests.server.databases import Prepared
from tests.server.running import Server, procfile

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE = 60_000  # milliseconds; nothing is measured by it: what hangs is found out
expect.set_options(timeout=PATIENCE)
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-gpu"]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, prepared: Prepared) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("browser")
    with prepared.database(folder) as url:
        server = Server(procfile("web"), folder, DATABASE_URL=url, WEB_CONCURRENCY="1")
        try:
            server.wait_until_open()
            yield server
        finally:
            server.kill()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    async with async_playwright() as playwright:
        sandbox = os.geteuid() != 0  # Chromium refuses to be root in one
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=QUIET, chromium_sandbox=sandbox, timeout=PATIENCE
        )
        yield browser
        await browser.close()


async def opened(browser: Browser, server: Server, **options: Any) -> BrowserContext:
    """A window of its own."""
    context = await browser.new_context(base_url=server.url, **options)
    context.set_default_timeout(PATIENCE)
    return context


async def loaded(page: Page, heading: str) -> None:
    """Wait for the page with this heading and for its scripts: a click ends when the page has only begun to come."""
    await expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    await page.wait_for_load_state()


@pytest.fixture(scope="session")
async def owner(browser: Browser, server: Server) -> StorageState:
    """The cookies of the owner, who has made the first account by the link in the server's log."""
    context = await opened(browser, server)
    page = await context.new_page()
    [path] = set(re.findall(r"/accounts/first/\?secret=[\w-]+", server.log()))
    await page.goto(path)
    await page.get_by_label("User name").fill("owner")
    await page.get_by_label(re.compile("^Password")).fill(PASSWORD)
    await page.get_by_label("Repeat password").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await page.get_by_role("navigation").get_by_text("owner", exact=True).wait_for()
    state = await context.storage_state()
    await context.close()
    return state


@pytest.fixture(scope="session")
async def window(browser: Browser, server: Server, owner: StorageState) -> AsyncIterator[BrowserContext]:
    """The owner's window, in which a page stays open: Chromium computes for two seconds to open another window."""
    context = await opened(browser, server, storage_state=owner)
    await context.new_page()
    yield context
    await context.close()


@pytest.fixture
async def page(window: BrowserContext, server: Server, owner: StorageState) -> AsyncIterator[Page]:
    """A page of the owner's; `page.goto("/")` opens the catalogue. A fault in a script fails the test."""
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    page = await window.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", note)
    yield page
    first, *others = window.pages
    for other in others:
        await other.close()
    session = await window.new_cdp_session(first)
    await session.send("Storage.clearDataForOrigin", {"origin": server.url, "storageTypes": "all"})
    await window.add_cookies(owner["cookies"])  # type: ignore[arg-type]
    assert faults == []


@pytest.fixture
async def plain(browser: Browser, server: Server, owner: StorageState) -> AsyncIterator[Page]:
    """A page of the owner's, without JavaScript."""
    context = await opened(browser, server, java_script_enabled=False, storage_state=owner)
    yield await context.new_page()
    await context.close()
