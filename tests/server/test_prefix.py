"""The catalogue under a path of its own, SCRIPT_NAME, beside other applications: nothing leads out of it."""

import html
import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest

from tests.server.running import PROJECT, Answer, Server, procfile

pytestmark = [pytest.mark.server, pytest.mark.once]

PREFIX = "/books-app"
HTML, JSON = {"Accept": "text/html"}, {"Accept": "application/json"}
OF_PROGRAMS = """/ /books/?size=2 /books/1/ /authors/1/ /topics/ /series/?size=2 /opds/ /opds/books/?size=2 /opds2/
    /opds2/books/?size=2 /opensearch.xml /sitemap.xml /sitemap-books-1.xml /robots.txt""".split()
OF_PEOPLE = """/ /books/?q=tolkien /books/?size=2 /books/1/ /books/1/history/ /authors/ /authors/1/ /topics/ /series/
    /series/1/ /accounts/login/ /lab/ /admin/login/ /nowhere/""".split()
# In HTML and XML, in JSON, in texts for robots.
ADDRESS = re.compile(
    r'\b(?:href|src|action|template|scheme)="([^"]*)"|<(?:loc|uri)>([^<]*)|"\w+":\s?"(/[^"]*)"|'
    r"^(?:Sitemap|Disallow): (\S+)",
    re.MULTILINE,
)


def addresses(answer: Answer) -> set[str]:
    found = {next(filter(None, groups), "") for groups in ADDRESS.findall(answer.body.decode())}
    found |= set(re.findall("<([^>]*)>", answer.headers.get("Link", "")))
    return {html.unescape(address) for address in found}


def leads_out(server: Server, page: str, address: str) -> bool:
    url = urlsplit(urljoin(f"{server.url}{PREFIX}{page}", address))
    return url.netloc == urlsplit(server.url).netloc and not url.path.startswith(f"{PREFIX}/")


def test_nothing_leads_out_of_it(start: Callable[..., Server]) -> None:
    server = start(procfile("web"), SCRIPT_NAME=PREFIX)
    server.wait_until_open()
    asked = [(page, JSON) for page in OF_PROGRAMS] + [(page, HTML) for page in OF_PEOPLE]
    seen, wrong = set(), []
    for page, headers in asked:
        found = addresses(server.get(PREFIX + page, **headers))
        seen |= found
        wrong += [(page, address) for address in found if leads_out(server, page, address)]
    assert wrong == []
    assert f"{PREFIX}/books/1/" in seen
    (script,) = [address for address in seen if "catalogue" in address and address.endswith(".js")]
    assert server.get(script).status == 200
    assert server.get(PREFIX).headers["Location"] == f"{PREFIX}/"
    assert server.get("/books/").status == server.get(f"{PREFIX}/books/").status == 200  # a proxy took it off
    assert server.get(f"{PREFIX}x/books/").status == 404
    assert server.get(f"{PREFIX}/books").headers["Location"] == f"{PREFIX}/books/"
    assert b'href="/books-app/topics/" aria-current="page"' in server.get(f"{PREFIX}/topics/", **HTML).body
    missing = server.get(f"{PREFIX}/books/99999/").body
    assert b"All books are at /books-app/books/." in missing
    login = server.get(f"{PREFIX}/accounts/", **HTML).headers["Location"]
    assert login == f"{PREFIX}/accounts/login/?next=%2Fbooks-app%2Faccounts%2F"


def test_no_script_writes_an_address_itself() -> None:
    """Pages tell them where the catalogue is."""
    scripts = sorted((PROJECT / "books/static").rglob("*.js"))
    assert len(scripts) > 3
    for script in scripts:
        assert re.findall(r"""["'`]/[a-z$].*""", script.read_text()) == [], script.name
