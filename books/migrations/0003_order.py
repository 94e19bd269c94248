from typing import Any

from django.db import migrations, models


class SortKeyField(models.CharField):
    """Text in the order of its code points, on every database."""

    def deconstruct(self) -> Any:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        collation = "C" if connection.vendor == "postgresql" else "BINARY"
        return {**super().db_parameters(connection), "collation": collation}


class Migration(migrations.Migration):

    dependencies = [
        ('books', '0002_standard_names'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='author',
            name='author_by_name',
        ),
        migrations.AddField(
            model_name='author',
            name='sort_key',
            field=SortKeyField(default='', db_default='', editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name='author',
            name='sort_name',
            field=models.CharField(blank=True, default='', db_default='', max_length=200),
        ),
        migrations.AddField(
            model_name='book',
            name='author_key',
            field=SortKeyField(default='', db_default='', editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name='book',
            name='series_key',
            field=SortKeyField(default='', db_default='', editable=False, max_length=200),
        ),
        migrations.AddIndex(
            model_name='author',
            index=models.Index(fields=['sort_key', 'id'], name='author_by_sort_key'),
        ),
        migrations.AddIndex(
            model_name='book',
            index=models.Index(fields=['author_key', 'title_key', 'id'], name='book_by_author'),
        ),
        migrations.AddIndex(
            model_name='book',
            index=models.Index(fields=['series_key', 'title_key', 'id'], name='book_by_series_number'),
        ),
    ]
