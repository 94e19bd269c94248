from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from books.models.job import Job
from books.models.job_file import JobFile

MAX_WAITING = 5  # of one person; the oldest go first


class UploadQuerySet(models.QuerySet["Upload"]):
    def waiting(self) -> "UploadQuerySet":
        """Those that no job has imported, the latest first."""
        return self.filter(file__job=None).order_by("-pk")

    def drop_oldest(self, user_id: int) -> None:
        too_many = self.filter(user_id=user_id).waiting().values_list("file_id", flat=True)[MAX_WAITING:]
        JobFile.objects.filter(pk__in=list(too_many)).delete()


class Upload(models.Model):
    """A list that a person has uploaded, and checks before it is imported. It is theirs alone."""

    file = models.OneToOneField(JobFile, models.CASCADE, related_name="upload")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="uploads")
    preview = models.JSONField()  # what it is taken for, and its first rows
    fields = models.JSONField(default=list)  # that the columns of the preview fill, as the person has chosen
    existing = models.CharField(max_length=10)
    test = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")  # the last test run
    created_at = models.DateTimeField(db_default=Now())

    objects = UploadQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.file)
