"""The static files in front of Django, asked as a server would ask."""

import gzip
import shutil
import zlib
from pathlib import Path
from typing import Any

import pytest

from django41_example.server.static_files import StaticFiles

pytestmark = pytest.mark.once

CSS = b"body { color: black }\n" * 100
HASHED = "/static/style.0123456789ab.css"


async def django(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"from Django"})


class Answer:
    def __init__(self, messages: list[Any]) -> None:
        self.status = messages[0]["status"]
        self.headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        self.body = b"".join(message["body"] for message in messages[1:])


@pytest.fixture
def static(tmp_path: Path, settings: Any) -> StaticFiles:
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    for name in ("style.css", "style.0123456789ab.css"):
        (settings.STATIC_ROOT / name).write_bytes(CSS)
        (settings.STATIC_ROOT / f"{name}.gz").write_bytes(gzip.compress(CSS))
    (tmp_path / "secret.css").write_bytes(b"not for visitors")
    return StaticFiles(django)


async def ask(app: StaticFiles, path: str, method: str = "GET", **headers: str) -> Answer:
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "path": path, "method": method, "headers": sent, "query_string": b""}
    await app(scope, None, send)
    return Answer(messages)


async def test_a_file_with_a_hash_in_its_name_may_be_kept_for_good(static: StaticFiles) -> None:
    answer = await ask(static, HASHED)
    assert answer.body == CSS
    assert answer.headers["cache-control"] == "max-age=315360000, public, immutable"


async def test_a_file_without_a_hash_may_be_kept_for_a_minute(static: StaticFiles) -> None:
    assert (await ask(static, "/static/style.css")).headers["cache-control"] == "max-age=60, public"


async def test_the_type_of_a_file_is_not_to_be_guessed(static: StaticFiles) -> None:
    answer = await ask(static, HASHED)
    assert answer.headers["content-type"] == 'text/css; charset="utf-8"'
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_client_that_takes_gzip_gets_gzip(static: StaticFiles) -> None:
    answer = await ask(static, HASHED, accept_encoding="gzip, br")
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert zlib.decompress(answer.body, wbits=31) == CSS


async def test_a_head_tells_the_length_and_sends_no_body(static: StaticFiles) -> None:
    answer = await ask(static, HASHED, "HEAD")
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, str(len(CSS)), b"")


async def test_a_range_is_sent_alone(static: StaticFiles) -> None:
    answer = await ask(static, HASHED, range="bytes=0-3")
    assert (answer.status, answer.body) == (206, b"body")


async def test_what_the_client_has_already_is_not_sent_again(static: StaticFiles) -> None:
    etag = (await ask(static, HASHED)).headers["etag"]
    assert (await ask(static, HASHED, if_none_match=etag)).status == 304


async def test_a_file_cannot_be_written_to(static: StaticFiles) -> None:
    assert (await ask(static, HASHED, "POST")).status == 405


@pytest.mark.parametrize(
    "path", ["/static/nothing.css", "/static/../secret.css", "/static//secret.css", "/static/", "/books/"]
)
async def test_what_is_no_static_file_is_left_to_django(path: str, static: StaticFiles) -> None:
    assert (await ask(static, path)).body == b"from Django"


async def test_files_are_answered_from_memory(static: StaticFiles, settings: Any) -> None:
    shutil.rmtree(settings.STATIC_ROOT)
    assert (await ask(static, HASHED)).body == CSS


async def test_a_file_of_the_admin_takes_no_memory(static: StaticFiles, settings: Any) -> None:
    (settings.STATIC_ROOT / "admin").mkdir()
    (settings.STATIC_ROOT / "admin/library.js").write_bytes(b"alert()")
    static = StaticFiles(django)
    assert (await ask(static, "/static/admin/library.js")).body == b"alert()"
    assert b"alert()" not in static.bodies.values()


async def test_it_works_before_anything_is_collected(tmp_path: Path, settings: Any) -> None:
    settings.STATIC_ROOT = tmp_path / "nothing"
    assert (await ask(StaticFiles(django), "/static/style.css")).body == b"from Django"
