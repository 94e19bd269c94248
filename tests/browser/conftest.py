"""A running catalogue with its starter books, and a page of Debian's Chromium, driven by Playwright, to look at it."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from tests.server.databases import own_database
from tests.server.running import Server, procfile

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-gpu"]


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("browser")
    with own_database(folder) as url:
        server = Server(procfile("web"), folder, DATABASE_URL=url)
        try:
            server.wait_until_open()
            yield server.url
        finally:
            server.kill()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    async with async_playwright() as playwright:
        sandbox = os.geteuid() != 0  # Chromium refuses to be root in one
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET, chromium_sandbox=sandbox)
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, server_url: str) -> AsyncIterator[Page]:
    """A new visitor's page; `page.goto("/")` opens the catalogue. A fault in a script fails the test."""
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    context = await browser.new_context(base_url=server_url)
    page = await context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", note)
    yield page
    await context.close()
    assert faults == []
