from django.db import models

from books.models.fields import WordsField


class Words(models.Model):
    """The words of a book, only on SQLite."""

    book = models.OneToOneField(
        "books.Book", models.DO_NOTHING, primary_key=True, db_column="rowid", related_name="indexed"
    )
    words = WordsField(db_column="books_search")  # the table's own name as a column stands for all columns

    class Meta:
        managed = False
        db_table = "books_search"

    def __str__(self) -> str:
        return f"words of {self.book_id}"
