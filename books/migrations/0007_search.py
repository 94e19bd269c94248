from itertools import batched

import django.db.models.deletion
from django.db import migrations, models

import books.models.fields
from books.asking import tsvector
from books.indexing import FILL, TABLE, TRIGGERS
from books.search import author_words, other_words, title_words, topic_words

BATCH = 1000  # books


TONGUES = {
    "sqlite": "UPDATE books_book SET tongue = substr(language, 1, instr(language || '-', '-') - 1)",
    "postgresql": "UPDATE books_book SET tongue = split_part(language, '-', 1)",
}


def tongues(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(TONGUES[schema_editor.connection.vendor])


def index(apps, schema_editor):
    """Make the index of words, of the books that are there too."""
    if schema_editor.connection.vendor == "sqlite":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(TABLE)
            for name, action in TRIGGERS.items():
                cursor.execute(f"CREATE TRIGGER {name} {action}")
            cursor.execute(FILL)
        return
    Book = apps.get_model("books", "Book")
    for batch in batched(Book.objects.order_by("pk").defer("words").iterator(BATCH), BATCH):
        for book in batch:
            book.words = tsvector(
                (
                    title_words(book.title, book.subtitle, book.series),
                    author_words(book.author_names),
                    topic_words(book.topic_names),
                    other_words(book.description, book.isbn13, book.language, book.published_year),
                )
            )
        Book.objects.bulk_update(batch, ["words"])
    schema_editor.execute("CREATE INDEX book_by_words ON books_book USING gin (words)")


def drop(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute("DROP INDEX book_by_words")
            return
        for name in TRIGGERS:
            cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute("DROP TABLE books_search")


class Migration(migrations.Migration):
    dependencies = [("books", "0006_lookup")]

    operations = [
        migrations.RemoveField(model_name="book", name="search_text"),
        migrations.AddField(
            model_name="book", name="words", field=books.models.fields.WordsField(editable=False, null=True)
        ),
        migrations.AddField(
            model_name="book", name="tongue", field=models.CharField(editable=False, max_length=20, null=True)
        ),
        migrations.RunPython(tongues, migrations.RunPython.noop),
        migrations.RemoveIndex(model_name="book", name="book_by_language"),
        migrations.AddIndex(
            model_name="book", index=models.Index(fields=["tongue", "title_key", "id"], name="book_by_tongue")
        ),
        migrations.AddIndex(
            model_name="book",
            index=models.Index(condition=~models.Q(series=""), fields=["series"], name="book_by_series"),
        ),
        migrations.CreateModel(
            name="Words",
            fields=[
                (
                    "book",
                    models.OneToOneField(
                        db_column="rowid",
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="indexed",
                        serialize=False,
                        to="books.book",
                    ),
                ),
                ("words", books.models.fields.WordsField(db_column="books_search")),
            ],
            options={"db_table": "books_search", "managed": False},
        ),
        migrations.AlterField(
            model_name="bookauthor",
            name="author",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="books.author"),
        ),
        migrations.AlterField(
            model_name="booktopic",
            name="topic",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="books.topic"),
        ),
        migrations.RunPython(index, drop),
    ]
