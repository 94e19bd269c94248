from django.db import models

from books.models.fields import WordsField


class Words(models.Model):
    """The words of a book; on SQLite only."""

    book = models.OneToOneField(
        "books.Book", models.DO_NOTHING, primary_key=True, db_column="rowid", related_name="indexed"
    )
    words = WordsField(db_column="books_search")  # a column under the table's own name stands for all of them

    class Meta:
        managed = False
        db_table = "books_search"

    def __str__(self) -> str:
        return f"words of {self.book_id}"
