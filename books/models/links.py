from dataclasses import dataclass
from typing import Any, Self

from books.models.author import Author
from books.models.series import Series
from books.models.topic import Topic


@dataclass(frozen=True)
class Links:
    """The ids of a book's authors, topics and series."""

    authors: set[int]
    topics: set[int]
    series: set[int]

    @classmethod
    def of(cls, book: Any) -> Self:
        authors = book.bookauthor_set.values_list("author", flat=True)
        topics = book.booktopic_set.values_list("topic", flat=True)
        return cls(set(authors), set(topics), set(book.bookseries_set.values_list("series", flat=True)))

    def delete_unused(self) -> None:
        """Delete those that have no book any more."""
        Author.objects.delete_unused(self.authors)
        Topic.objects.delete_unused(self.topics)
        Series.objects.delete_unused(self.series)
