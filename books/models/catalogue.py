"""The owner's decisions about the catalogue itself, in a single row."""

from django.db import models

DEFAULT_NAME = "Book catalogue"
MAX_NAME = 60
STARTER_KEYS = [f"starter:{number:03}" for number in range(1, 211)]  # of the sample books


class Catalogue(models.Model):
    name = models.CharField(max_length=MAX_NAME, blank=True, default="")
    has_begun = models.BooleanField(default=False)  # it has had a book, so starter books are never added again
    keeps_samples = models.BooleanField(default=False)
    is_set_up = models.BooleanField(default=False)  # the first steps are done or dismissed

    def __str__(self) -> str:
        return self.name or DEFAULT_NAME


def change_catalogue(**values: object) -> None:
    Catalogue.objects.update_or_create(pk=1, defaults=values)
