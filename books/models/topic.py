"""Topics: created with their first book, deleted with the last."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db import models

from books.metadata import record
from books.models.named import Named, NamedQuerySet, OtherName, Spelling
from books.search.pagination import Ordering

slug_of = lru_cache(10_000)(record.topic_slug)  # as many as a batch of an import may have


class TopicQuerySet(NamedQuerySet["Topic"]):
    ORDERINGS = {"slug": Ordering("slug", ("slug",))}


class Topic(Named):
    FIELD, PLURAL, ADDRESS = "topics", "topics", "slug"
    SPELLING = Spelling("slug", slug_of, slug_of)

    name = models.CharField(max_length=record.MAX_NAME)
    slug = models.CharField(max_length=record.MAX_SLUG, unique=True)

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]

    def derived(self) -> "Topic":
        self.slug = record.topic_slug(self.name)
        return self

    def renamed(self, fields: Mapping[str, Any], old: "Topic") -> dict[str, Any]:
        """The topics stay in the order of their slugs."""
        return {"topics": sorted(super().renamed(fields, old)["topics"], key=record.topic_slug)}

    def is_name(self, name: str) -> bool:
        return record.topic_slug(name) == self.slug


class TopicName(OtherName):
    SPELLING = Spelling("key", slug_of, slug_of)

    of = models.ForeignKey(Topic, models.DB_CASCADE, related_name="other_names", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "name"], name="other_name_once_a_topic")]
        indexes = [models.Index(fields=["key"], name="topic_by_other_name")]


class BookTopic(models.Model):
    book = models.ForeignKey("books.Book", models.CASCADE, db_index=False)
    topic = models.ForeignKey(Topic, models.DO_NOTHING, db_index=False)  # the constraint's index begins with it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "book"], name="topic_once_a_book")]
        indexes = [models.Index(fields=["book", "topic"], name="topics_of_a_book")]

    def __str__(self) -> str:
        return f"{self.book_id} under {self.topic_id}"
