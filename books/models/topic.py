"""Topics: created with their first book, deleted with the last."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Self

from django.db import models

from books.metadata import record
from books.models.fields import among
from books.models.named import Named, NamedQuerySet, OtherName
from books.search.pagination import Ordering


class TopicQuerySet(NamedQuerySet["Topic"]):
    ORDERINGS = {"slug": Ordering("slug", ("slug",))}

    def find(self, slugs: Iterable[str]) -> dict[str, "Topic"]:
        """The topic of each slug that is known, by its name or another one of just one topic."""
        wanted = set(slugs)
        known = {topic.slug: topic for topic in self.filter(slug__in=among(wanted))} if wanted else {}
        missing = wanted - known.keys()
        others = TopicName.objects.filter(key__in=among(missing)).select_related("of") if missing else ()
        found: defaultdict[str, set[Topic]] = defaultdict(set)
        for other in others:
            found[other.key].add(other.of)
        return known | {slug: next(iter(topics)) for slug, topics in found.items() if len(topics) == 1}

    def get_or_create_all(self, names: Iterable[str]) -> dict[str, "Topic"]:
        """The topic of each name or slug, by its slug. Missing ones are created."""
        wanted = {record.topic_slug(name): name for name in names}
        known = self.find(wanted)
        missing = sorted(wanted.keys() - known.keys())
        self.bulk_create([Topic.of(wanted[slug]) for slug in missing], ignore_conflicts=True)
        known |= self.find(missing)
        return {topic.slug: topic for topic in known.values()}

    def find_one(self, name: str) -> "Topic | None":
        slug = record.topic_slug(name)
        return self.find([slug]).get(slug)


class Topic(Named):
    FIELD, PLURAL, ADDRESS = "topics", "topics", "slug"

    name = models.CharField(max_length=record.MAX_NAME)
    slug = models.CharField(max_length=record.MAX_SLUG, unique=True)

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]

    def derived(self) -> "Topic":
        self.slug = record.topic_slug(self.name)
        return self

    def renamed(self, fields: Mapping[str, Any], old: "Topic") -> dict[str, Any]:
        """In the order of a book's topics."""
        return {"topics": sorted(super().renamed(fields, old)["topics"], key=record.topic_slug)}

    def is_name(self, name: str) -> bool:
        return record.topic_slug(name) == self.slug


class TopicName(OtherName):
    of = models.ForeignKey(Topic, models.DB_CASCADE, related_name="other_names", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "name"], name="other_name_once_a_topic")]
        indexes = [models.Index(fields=["key"], name="topic_by_other_name")]

    def derived(self) -> Self:
        self.key = record.topic_slug(self.name)
        return self


class BookTopic(models.Model):
    book = models.ForeignKey("books.Book", models.CASCADE, db_index=False)
    topic = models.ForeignKey(Topic, models.DO_NOTHING, db_index=False)  # the constraint's index begins with it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "book"], name="topic_once_a_book")]
        indexes = [models.Index(fields=["book", "topic"], name="topics_of_a_book")]

    def __str__(self) -> str:
        return f"{self.book_id} under {self.topic_id}"
