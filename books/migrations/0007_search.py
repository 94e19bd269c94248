import django.db.models.deletion
from django.db import migrations, models

import books.models.fields
from books.indexing import KINDS

TONGUES = {
    "sqlite": "UPDATE books_book SET tongue = substr(language, 1, instr(language || '-', '-') - 1)",
    "postgresql": "UPDATE books_book SET tongue = split_part(language, '-', 1)",
}


def tongues(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(TONGUES[schema_editor.connection.vendor])


def remove_index(apps, schema_editor):
    """What the hook after all migrations has put there: books.apps.install_triggers."""
    with schema_editor.connection.cursor() as cursor:
        KINDS[schema_editor.connection.vendor].remove(cursor)


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
        migrations.RunPython(migrations.RunPython.noop, remove_index),
    ]
