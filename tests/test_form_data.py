"""Nothing that is sent is lost without a word: a form is read whole, or refused with the reason."""

import gzip
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import RequestFactory
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from books.models import Book, Job, JobFile, Scope, Token
from books.views.errors import server_refusal
from books.web.form_data import CHUNK, StrictMultiPartParser
from books.web.negotiation import HTTPError
from books.web.parsing import form_with_files
from django41_example.server.handler import Handler
from tests.asgi.client import Answer, ask
from tests.asgi.conftest import MakePool, make_pool  # noqa: F401 - a fixture
from tests.people import librarian

pytestmark = pytest.mark.once

TYPE = "multipart/form-data; boundary=B"
FIELD = b'--B\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
FILE = b'--B\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n%s\r\n'
END = b"--B--\r\n"
CSV = b"title\nKokoro\n"
LIST = FILE % (b"file", b"list.csv", CSV)

UNREADABLE = {
    "another boundary than is said": LIST.replace(b"--B", b"--C") + b"--C--\r\n",
    "cut off in the file": (LIST + END)[:-20],
    "cut off before the last boundary": LIST,
    "cut off in the headers": LIST[:30],
    "a part without a name": LIST.replace(b' name="file";', b"") + END,
    "a part without Content-Disposition": b"--B\r\nContent-Type: text/csv\r\n\r\ntitle\r\n" + END,
    "a part that is no form data": LIST.replace(b"form-data", b"attachment") + END,
    "something before the first boundary": b"title\r\n" + LIST + END,
    "something after the last": LIST + END + b"more",
    "a second form after the end": LIST + END + LIST + END,
    "line feeds alone": (LIST + END).replace(b"\r\n", b"\n"),
    "a file in base64": LIST.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + END,
    "a field in Latin-1": FIELD % (b"title", "é".encode("latin-1")) + END,
    "a field in a charset": FIELD.replace(b"\r\n\r\n", b"\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n")
    % (b"title", b"+AGE-")
    + END,
    "a name that is no UTF-8": FIELD % (b"\xff", b"x") + END,
}


def request(body: bytes, content_type: str = TYPE) -> Any:
    made = RequestFactory().post("/", body, content_type)
    made.multipart_parser_class = StrictMultiPartParser  # type: ignore[assignment]
    return made


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_placed_makes_the_form_400(name: str) -> None:
    with pytest.raises(HTTPError, match="The form cannot be read") as caught:
        form_with_files(request(UNREADABLE[name]))
    assert caught.value.status == 400


@pytest.mark.parametrize("name", [name for name in UNREADABLE if name.startswith("cut off")])
def test_what_was_cut_off_is_called_so(name: str) -> None:
    with pytest.raises(HTTPError, match="cut off before its last boundary"):
        form_with_files(request(UNREADABLE[name]))


def test_fields_and_files_may_come_in_any_order() -> None:
    made = request(FIELD % (b"a", "é\r\n".encode()) + LIST + FIELD % (b"b", b"") + END)
    assert form_with_files(made).dict() == {"a": "é\r\n", "b": ""}
    assert (made.FILES["file"].name, made.FILES["file"].read()) == ("list.csv", CSV)
    made.close()


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("..", "file"),
        (".", "file"),
        ("/", "file"),
        ("a/b/..", "file"),
        ("../../etc/passwd", "passwd"),
        (r"C:\lists\may.csv", "may.csv"),
        ("a\0b.csv", "ab.csv"),
        ("x" * 300 + ".csv", "x" * 251 + ".csv"),
        ("本.csv", "本.csv"),
    ],
)
def test_a_file_keeps_what_is_usable_of_its_name(sent: str, name: str) -> None:
    made = request(FILE % (b"file", sent.encode(), CSV) + END)
    form_with_files(made)
    assert (made.FILES["file"].name, made.FILES["file"].read()) == (name, CSV)
    made.close()


def test_a_file_without_a_name_is_a_file_and_a_file_input_left_empty_an_empty_field() -> None:
    made = request(FILE % (b"a", b"", CSV) + FILE % (b"b", b"", b"") + END)
    assert form_with_files(made).dict() == {"b": ""}
    assert list(made.FILES) == ["a"]
    made.close()


def test_the_boundary_within_a_line_is_text() -> None:
    text = b"a --B-- b --B"
    assert form_with_files(request(FIELD % (b"a", text) + END))["a"] == text.decode()


@pytest.mark.parametrize("shift", range(-12, 4))
def test_the_end_may_fall_on_the_border_of_two_chunks(shift: int) -> None:
    empty = FILE % (b"file", b"a", b"") + END
    content = b"x" * (CHUNK - len(empty) - shift)
    made = request(FILE % (b"file", b"a", content) + END)
    form_with_files(made)
    assert made.FILES["file"].read() == content
    made.close()
    with pytest.raises(HTTPError, match="after its end"):
        form_with_files(request(FILE % (b"file", b"a", content) + END + b"--B"))


def test_too_many_parts_and_too_long_fields_are_413() -> None:
    for body in (
        FIELD % (b"a", b"") * (settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1) + END,
        FIELD % (b"a", b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2 + 1)) * 2 + END,
    ):
        with pytest.raises(HTTPError) as caught:
            form_with_files(request(body))
        assert caught.value.status == 413


@examples(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from([LIST, END, FIELD % (b"a", b"b"), b"--B", b"--C", b"\r\n", b"\n", b'; filename="', b"\0"])
        | st.binary(max_size=30)
    )
)
def test_any_bytes_are_read_or_refused(parts: list[bytes]) -> None:
    made = request(b"".join(parts) or b"-")
    try:
        form_with_files(made)
    except HTTPError as error:
        assert error.status in {400, 413}  # noqa: PT017
    made.close()


@examples(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.text("ab\r\n-B", min_size=1)), max_size=5))
def test_what_was_sent_is_what_is_read(sent: list[tuple[bool, str]]) -> None:
    sent = [(is_file, text) for is_file, text in sent if "\r\n--B" not in f"\r\n{text}"]
    made = request(
        b"".join(
            FILE % (b"f", b"n", text.encode()) if is_file else FIELD % (b"f", text.encode()) for is_file, text in sent
        )
        + END
    )
    assert form_with_files(made).getlist("f") == [text for is_file, text in sent if not is_file]
    assert [file.read().decode() for file in made.FILES.getlist("f")] == [text for is_file, text in sent if is_file]
    made.close()


# Through the server, with Content-Length and in chunks ---------------------------------

FRAMINGS = ["sized", "chunked"]
DOORS = (
    "/jobs/ /jobs/a/ /books/ /books/new/ /books/1/edit/ /books/1/delete/ /accounts/login/ /accounts/first/ "
    "/duplicates/kokoro-6a958a98/ /duplicates/kokoro-6a958a98/dismiss/"
).split()


@pytest.fixture
def handler(make_pool: MakePool) -> Handler:  # noqa: F811
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return Handler(make_pool(), server_refusal, body_limit=limit, upload_limit=4 << 20)


async def post(handler: Handler, path: str, framing: str, body: bytes, content_type: str = TYPE, **more: str) -> Answer:
    user = await sync_to_async(librarian)()
    _, secret = await sync_to_async(Token.objects.issue)(user, "test", [*Scope], None)
    size = ("transfer-encoding", "chunked") if framing == "chunked" else ("content-length", str(len(body)))
    told = {"content-type": content_type, "authorization": f"Bearer {secret}", "accept": "application/json", **more}
    headers = [size, *((name.replace("_", "-"), value) for name, value in told.items())]
    return await ask(handler, path, method="POST", body=[body[:40], body[40:]], headers=headers)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("path", ["/jobs/", "/jobs/a/"])
async def test_a_list_is_imported_however_it_is_framed(handler: Handler, path: str, framing: str) -> None:
    answer = await post(handler, path, framing, LIST + FIELD % (b"dry_run", b"true") + END)
    job = answer.json()
    assert (answer.status, job["kind"], job["arguments"]["dry_run"]) == (202, "import", True)
    assert [(file["name"], file["size"]) for file in job["files"]] == [("list.csv", len(CSV))]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("name", [b"..", b"", b"/", b"\0"])
async def test_a_list_with_an_odd_name_is_imported(handler: Handler, name: bytes, framing: str) -> None:
    answer = await post(handler, "/jobs/", framing, FILE % (b"file", name, CSV) + END)
    job = answer.json()
    assert (answer.status, job["kind"], job["files"][0]["size"]) == (202, "import", len(CSV))
    assert (await ask(handler, job["files"][0]["url"])).status == 401


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("path", DOORS)
async def test_no_door_takes_a_form_that_cannot_be_read(handler: Handler, path: str, framing: str) -> None:
    assert (await post(handler, path, framing, UNREADABLE["cut off before the last boundary"])).status == 400
    assert not await Job.objects.aexists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("path", ["/jobs/", "/books/", "/books/new/", "/accounts/login/", "/books/1/"])
async def test_no_door_takes_a_compressed_body(handler: Handler, path: str, framing: str) -> None:
    answer = await post(handler, path, framing, gzip.compress(LIST + END), content_encoding="gzip")
    assert (answer.status, answer.headers["accept-encoding"]) == (415, "identity")
    assert "Content-Encoding" in answer.json()["detail"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("path", ["/books/", "/books/new/"])
async def test_a_books_form_is_read_however_it_is_framed(handler: Handler, path: str, framing: str) -> None:
    assert (await post(handler, path, framing, FIELD % (b"title", b"Kokoro") + END)).status == 303
    assert (await Book.objects.aget()).title == "Kokoro"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/books/", "/books/new/", "/accounts/login/"])
async def test_a_form_that_takes_no_file_refuses_one(handler: Handler, path: str) -> None:
    answer = await post(handler, path, "sized", FIELD % (b"title", b"Kokoro") + FILE % (b"cover", b"a.jpg", b"x") + END)
    assert (answer.status, list(answer.json()["errors"])) == (422, ["cover"])
    assert not await Book.objects.aexists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (LIST + LIST + END, TYPE, 422),  # two files
        (FILE % (b"list", b"a.csv", CSV) + END, TYPE, 422),  # of another name
        (LIST + FIELD % (b"dry_run", b"true") * 2 + END, TYPE, 422),
        (LIST + FIELD % (b"file", b"x") + END, TYPE, 422),
        (LIST + FIELD % (b"colour", b"red") + END, TYPE, 422),
        (LIST + FIELD % (b"", b"red") + END, TYPE, 422),
        (FIELD % (b"file", CSV) + END, TYPE, 422),  # curl -F file=list.csv, without @
        (FILE % (b"file", b"", b"") + END, TYPE, 422),  # no file was chosen
        (CSV, "text/csv", 415),
        (LIST + END, "application/octet-stream", 415),
        (LIST + END, "", 415),
        (CSV, "application/x-www-form-urlencoded", 422),
        (CSV, "application/json", 400),
        (b'{"kind": "clock", "kind": "reindex"}', "application/json", 400),
        (LIST + END, "multipart/form-data", 400),
    ],
)
async def test_a_body_that_is_not_understood_starts_nothing(
    handler: Handler, body: bytes, content_type: str, status: int, framing: str
) -> None:
    answer = await post(handler, "/jobs/", framing, body, content_type)
    assert answer.status == status
    assert answer.json().keys() <= {"detail", "errors"}
    assert not await Job.objects.aexists()
    assert not await JobFile.objects.aexists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("body", "content_type"), [(b"", ""), (b"", TYPE), (END, TYPE), (b"{}", "application/json"), (b"", "text/csv")]
)
async def test_without_a_body_it_is_a_clock(handler: Handler, body: bytes, content_type: str) -> None:
    answer = await post(handler, "/jobs/", "sized", body, content_type)
    assert (answer.status, answer.json()["kind"]) == (202, "clock")
