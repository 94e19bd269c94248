from django.db import migrations, models

import books.models.fields
from books import fingerprint

BATCH = 5000  # books


def fill(apps, schema_editor):
    """Give the books that are there their fingerprints."""
    Book = apps.get_model("books", "Book")
    last = 0
    columns = "pk", "title", "author_names"
    while rows := list(Book.objects.filter(pk__gt=last).order_by("pk").values_list(*columns)[:BATCH]):
        last = rows[-1][0]
        made = [(fingerprint.of(title, names.split("\n") if names else []), pk) for pk, title, names in rows]
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany("UPDATE books_book SET fingerprint = %s WHERE id = %s", made)


class Migration(migrations.Migration):
    dependencies = [("books", "0007_search")]

    operations = [
        migrations.AddField(
            model_name="book",
            name="fingerprint",
            field=books.models.fields.SortKeyField(editable=False, max_length=17, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="book", index=models.Index(fields=["fingerprint", "id"], name="book_by_fingerprint")
        ),
    ]
