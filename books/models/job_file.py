"""The files of jobs, uploads and results, stored in the database so that workers on any host can read them.

A job's output is committed together with its checkpoint, so that no crash doubles or loses a line.
"""

import hashlib
import tempfile
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import batched
from typing import BinaryIO

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from books.models.job import Job

CHUNK = 256 << 10  # bytes before compression
MAX_WAITING = 5  # uploads per person; the oldest are deleted
STORED_AT_ONCE = 16  # chunks: a long upload delays other writers only by milliseconds


class JobFileQuerySet(models.QuerySet["JobFile"]):
    def store(self, name: str, source: BinaryIO) -> "JobFile":
        """Store an upload for a later job, in several transactions. If it is not completed, pruning deletes it."""
        file, digest = self.create(name=name), hashlib.sha256()
        parts = iter(lambda: source.read(CHUNK), b"")
        for some in batched(parts, STORED_AT_ONCE):
            digest.update(b"".join(some))
            FileChunk.objects.bulk_create([file.chunk(part) for part in some])
        file.digest = digest.hexdigest()
        file.save()
        return file


class JobFile(models.Model):
    job = models.ForeignKey(Job, models.CASCADE, null=True, related_name="files", db_index=False)
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="")  # of an upload; a result has none
    created_at = models.DateTimeField(db_default=Now())

    objects = JobFileQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "name"], name="file_once_a_job")]

    def __str__(self) -> str:
        return self.name

    def chunk(self, part: bytes) -> "FileChunk":
        """The next chunk, to be saved together with the file."""
        chunk = FileChunk(file=self, offset=self.size, data=zlib.compress(part, 1))
        self.size += len(part)
        return chunk

    def append(self, data: bytes) -> None:
        """Append data, in the transaction that saves the checkpoint."""
        self.refresh_from_db(fields=["size"])  # an earlier try may have been rolled back
        parts = (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))
        FileChunk.objects.bulk_create([self.chunk(part) for part in parts])
        self.save(update_fields=["size"])

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """A copy on disk, to be read as often as necessary."""
        with tempfile.TemporaryFile() as copy:
            for chunk in self.chunks.order_by("offset").iterator(chunk_size=STORED_AT_ONCE):
                copy.write(zlib.decompress(chunk.data))
            copy.seek(0)
            yield copy

    async def aread(self) -> AsyncIterator[bytes]:
        """Its bytes as of now. Each chunk is a query, so a slow reader holds neither a thread nor a cursor."""
        offset = -1
        while True:
            chunk = await self.chunks.filter(offset__gt=offset, offset__lt=self.size).order_by("offset").afirst()
            if chunk is None:
                return
            offset = chunk.offset
            yield zlib.decompress(chunk.data)


class FileChunk(models.Model):
    file = models.ForeignKey(JobFile, models.CASCADE, related_name="chunks", db_index=False)
    offset = models.PositiveBigIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "offset"], name="chunk_once_a_file")]

    def __str__(self) -> str:
        return f"{self.file_id} from {self.offset}"


class UploadQuerySet(models.QuerySet["Upload"]):
    def waiting(self) -> "UploadQuerySet":
        """Those that no job has imported, latest first."""
        return self.filter(file__job=None).order_by("-pk")

    def drop_oldest(self, user_id: int) -> None:
        too_many = self.filter(user_id=user_id).waiting().values_list("file_id", flat=True)[MAX_WAITING:]
        JobFile.objects.filter(pk__in=list(too_many)).delete()


class Upload(models.Model):
    """A list that a person has uploaded to check before importing it. Nobody else sees it."""

    file = models.OneToOneField(JobFile, models.CASCADE, related_name="upload")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="uploads")
    preview = models.JSONField()  # how it would be read, with its first rows
    fields = models.JSONField(default=list)  # the fields that the person has chosen for the columns of the preview
    existing = models.CharField(max_length=10)
    test = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")  # the last test run
    created_at = models.DateTimeField(db_default=Now())

    objects = UploadQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.file)
