"""What holds on every page, as a browser sees it."""

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SEEN = ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"]
WIDE_LETTERS = """() => {
    for (const name of ["--sans", "--serif", "--mono"]) document.documentElement.style.setProperty(name, "monospace");
    document.body.style.letterSpacing = "0.12em";
}"""
BOOKS = [
    {"title": "Kokoro", "authors": ["Natsume Sōseki"], "language": "en", "topics": ["Novels"], "published_year": 1914},
    {"title": "吾輩は猫である", "authors": ["夏目漱石"], "language": "ja", "topics": ["Novels"]},
    {"title": "تحفة النظار في غرائب الأمصار", "authors": ["ابن بطوطة"], "language": "ar", "topics": ["Travel"]},
    {"title": "Antidisestablishmentarianism" * 5, "authors": ["Q" * 120], "topics": ["T" * 90], "series": "S" * 90},
]


@pytest.fixture
async def addresses(page: Page) -> list[str]:
    """One page of every kind."""
    added = [await (await page.request.post("/books/", data=book)).json() for book in BOOKS]
    [author] = (await (await page.request.get("/authors/?q=soseki")).json())["authors"][:1]
    longest = added[-1]["url"]
    await page.request.post("/books/", data={"title": "Kokoro: a novel", "authors": ["Soseki, Natsume"], "pages": 248})
    groups = (await (await page.request.get("/duplicates/")).json())["groups"]
    group = next(group for group in groups if group["fingerprint"].startswith("kokoro-"))
    lists = [
        "/duplicates/",
        "/duplicates/authors/",
        group["url"],
        "/",
        "/lab/",
        "/lab/orm/",
        "/books/?sort=-added&size=5",
        "/books/?q=kokoro&language=en",
        "/books/?q=nothing",
        "/books/?facets=author&size=1",
        "/authors/?size=5",
        "/topics/",
        "/series/?size=5",
    ]
    [series] = (await (await page.request.get("/series/?q=ssss")).json())["series"]
    await page.request.patch(series["url"], data={"volumes": 7})
    await page.request.patch(f"/topics/{'t' * 90}/", data={"name": "T" * 91})
    named = [author["url"], series["url"], "/topics/novels/", f"/topics/{'t' * 91}/"]
    details = [*(book["url"] for book in added), *named, *(f"{url}edit/" for url in named), f"{named[-1]}history/"]
    invitation = await (await page.request.post("/accounts/people/", data={"role": "reader"})).json()
    [person, *_] = (await (await page.request.get("/accounts/people/")).json())["people"]
    own = [
        person["url"],
        invitation["invitation_url"],
        "/activity/",
        "/accounts/",
        "/accounts/tokens/",
        "/accounts/people/",
        "/settings/",
    ]
    forms = [*own, "/books/new/", "/lookup/", "/jobs/", f"{longest}edit/", f"{longest}delete/"]
    wrong = "?isbn=9780306406158"
    errors = ["/books/999999/", "/books/?size=none", f"/books/new/{wrong}", f"/lookup/{wrong}"]
    return [*lists, *details, *forms, *errors]


async def resize(page: Page, width: int) -> None:
    """Chromium may answer before it has done so."""
    await page.set_viewport_size({"width": width, "height": 800})
    await expect(page.locator("html")).to_have_js_property("clientWidth", width)


async def test_every_page_fits_its_screen_and_nothing_is_complained_of(page: Page, addresses: list[str]) -> None:
    """At last with a monospaced font for everything and the letters further apart, as WCAG 1.4.12 allows readers to
    set: so no page depends on the fonts that are installed here."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for address in addresses:
        await page.goto(address)
        for width in (1600, 768, 360, 320):
            await resize(page, width)
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, (address, width)
        before = len(complaints)
        await page.evaluate(WIDE_LETTERS)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, address
        del complaints[before:]  # the policy of the pages forbids such a style
    refused = re.compile(r"the server responded with a status of 4\d\d")  # the pages of errors are errors
    assert [text for text in complaints if not refused.search(text)] == []


async def test_it_is_accessible_by_wcag_2_2_aa(page: Page, addresses: list[str]) -> None:
    """On a phone by all rules; on a wide, dark screen by those that ask what can be seen."""
    for address in addresses:
        await page.goto(address)
        for width, scheme, rules in ((360, "light", STANDARDS), (1280, "dark", SEEN)):
            await resize(page, width)
            # Without transitions: a colour that is on its way from light to dark would be judged.
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            found = await Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
            assert found.violations_count == 0, f"{address}\n{found.generate_report()}"
