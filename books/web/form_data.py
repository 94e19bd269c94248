"""Reads multipart/form-data strictly: unless each part is a field or a file, the whole form is rejected.

Django's parser skips what it does not understand: a part without a name, a file named "..", and everything if the
boundary differs or the body comes in chunks. Input would be lost silently.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import MultiValueDict
from django.utils.http import parse_header_parameters
from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser

CHUNK = 64 << 10  # bytes
NAMELESS = "file"  # the name of a file without a usable one
UNCODED = {"", "7bit", "8bit", "binary"}  # values of Content-Transfer-Encoding
UTF_8 = {"utf-8", "utf8", "us-ascii"}


class StrictMultiPartParser(MultiPartParser):
    def __init__(self, META: Mapping[str, Any], input_data: Any, *rest: Any) -> None:  # noqa: N803 - Django's
        super().__init__(META, input_data, *rest)
        self.body, self.boundary = input_data, parse_header_parameters(META["CONTENT_TYPE"])[1]["boundary"].encode()

    def parse(self) -> tuple[QueryDict, MultiValueDict[str, Any]]:
        """The fields and the files. Raises MultiPartParserError, RequestDataTooBig."""
        try:
            with ExitStack() as on_error:
                found = self._parse_strictly(on_error)
                on_error.pop_all()  # the request closes the files
                return found
        except ParserLimitReached as error:
            raise RequestDataTooBig(f"{error}.") from None
        except MultipartError as error:
            raise MultiPartParserError(str(error)) from None

    def _parse_strictly(self, on_error: ExitStack) -> tuple[QueryDict, MultiValueDict[str, Any]]:
        fields, files, size = QueryDict(mutable=True), MultiValueDict[str, Any](), 0
        for part, content in self._parts(on_error):
            if part.filename or (part.filename == "" and part.size):
                name = self.sanitize_file_name(part.filename) or NAMELESS
                files.appendlist(part.name, UploadedFile(content, name, part.content_type, part.size))
                continue
            size += part.size
            if size > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                raise RequestDataTooBig(f"Its fields have more than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes.")
            fields.appendlist(part.name, _text(part, content))  # an empty file input is an empty field
        return fields, files

    def _parts(self, on_error: ExitStack) -> Iterator[tuple[Any, IO[bytes]]]:
        parser = PushMultipartParser(
            self.boundary, max_segment_count=settings.DATA_UPLOAD_MAX_NUMBER_FIELDS, strict=True
        )
        for event in self._events(parser):
            if isinstance(event, MultipartSegment):
                if event.header("Content-Transfer-Encoding", "").strip().lower() not in UNCODED:
                    raise MultipartError("a part has a Content-Transfer-Encoding, which forms do not use")
                part, file = event, SpooledTemporaryFile[bytes](settings.FILE_UPLOAD_MAX_MEMORY_SIZE)
                content = on_error.enter_context(file)
            elif event:
                content.write(event)
            else:
                content.seek(0)
                yield part, content

    def _events(self, parser: PushMultipartParser) -> Iterator[Any]:
        """The parser's events. Text before the first boundary and after the last, which it skips, is rejected."""
        chunks = iter(lambda: self.body.read(CHUNK), b"")
        first = next(chunks, b"")
        if not first:
            return
        if not first.lstrip(b"\r\n").startswith(b"--" + self.boundary):
            raise MultipartError("it does not begin with the boundary that Content-Type names")
        end, before, rest = b"\r\n--%s--" % self.boundary, b"\r\n", b""
        with parser:
            for chunk in chain([first], chunks):
                yield from parser.parse(chunk)
                before, found, rest = (before + chunk).partition(end)
                if found:
                    break
                before = before[1 - len(end) :]
            else:
                raise MultipartError("it was cut off before its last boundary")
        if rest.strip() or any(map(bytes.strip, chunks)):
            raise MultipartError("there is something after its end")


def _text(part: Any, content: IO[bytes]) -> str:
    problem = MultipartError(f"the field {part.name[:100]} is not in UTF-8")
    if part.charset and part.charset.lower() not in UTF_8:
        raise problem
    try:
        with content:
            return content.read().decode()
    except UnicodeDecodeError:
        raise problem from None
