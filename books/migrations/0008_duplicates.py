from itertools import chain

import django.db.models.deletion
from django.db import migrations, models

import books.models.fields
from books import fingerprint
from books.indexing import KINDS

BATCH = 5000  # books


def remove_index(apps, schema_editor):
    """Its words are made otherwise now, and old ones could not be taken out of it. The hook after all migrations,
    books.apps.install_triggers, puts it there anew. In a new database there is none yet.
    """
    index = KINDS[schema_editor.connection.vendor]
    with schema_editor.connection.cursor() as cursor:
        if index.is_installed(cursor):
            index.remove(cursor)


def fill(apps, schema_editor):
    """Give the books that are there their fingerprints."""
    Book = apps.get_model("books", "Book")
    last = 0
    columns = "pk", "title", "author_names"
    while rows := list(Book.objects.filter(pk__gt=last).order_by("pk").values_list(*columns)[:BATCH]):
        last = rows[-1][0]
        made = [(pk, fingerprint.of(title, names.split("\n") if names else [])) for pk, title, names in rows]
        values = ", ".join(["(%s, %s)"] * len(made))
        with schema_editor.connection.cursor() as cursor:  # one statement a batch: each raises the revision
            cursor.execute(
                f"UPDATE books_book SET fingerprint = column2 FROM (VALUES {values}) AS made WHERE id = column1",  # nosec B608
                list(chain.from_iterable(made)),
            )


class Migration(migrations.Migration):
    dependencies = [("books", "0007_search")]

    operations = [
        migrations.RunPython(remove_index, migrations.RunPython.noop),
        migrations.AddField(
            model_name="book",
            name="fingerprint",
            field=books.models.fields.SortKeyField(editable=False, max_length=17, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="book", index=models.Index(fields=["fingerprint", "id"], name="book_by_fingerprint")
        ),
        migrations.CreateModel(
            name="Dismissal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fingerprint", books.models.fields.SortKeyField(max_length=17, unique=True)),
                ("books", models.PositiveIntegerField()),
                ("newest", models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="change",
            name="part_of",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="parts",
                to="books.change",
            ),
        ),
        migrations.AlterField(
            model_name="change",
            name="action",
            field=models.CharField(
                choices=[("added", "Added"), ("changed", "Changed"), ("deleted", "Deleted"), ("merged", "Merged")],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                condition=models.Q(("part_of__isnull", False)), fields=["part_of"], name="parts_of_a_merge"
            ),
        ),
    ]
