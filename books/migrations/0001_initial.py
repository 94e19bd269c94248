"""The catalogue's tables, and the group whose members keep it. It imports nothing of the application, which goes on."""

import secrets
from typing import Any

import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models


class SortKeyField(models.CharField):
    """Text in the order of its code points, on every database."""

    def deconstruct(self) -> Any:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        collation = "C" if connection.vendor == "postgresql" else "BINARY"
        return {**super().db_parameters(connection), "collation": collation}


class WordsField(models.TextField):
    def deconstruct(self) -> Any:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.TextField", args, options

    def db_type(self, connection: Any) -> str:
        return "tsvector" if connection.vendor == "postgresql" else "text"


LIBRARIANS_MAY = {"book": ("add", "change", "delete", "view"), "job": ("add", "change", "view")}


def make_librarians(apps: Any, schema_editor: Any) -> None:
    # Django creates permissions after all migrations; this one grants them.
    config = apps.get_app_config("books")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    names = [f"{action}_{model}" for model, actions in LIBRARIANS_MAY.items() for action in actions]
    permissions = apps.get_model("auth", "Permission").objects
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Librarians")
    group.permissions.add(*permissions.filter(content_type__app_label="books", codename__in=names))


class Migration(migrations.Migration):
    initial = True
    # What came before the first release, in one.
    replaces = [
        ("books", name)
        for name in (
            "0001_catalogue",
            "0002_accounts_and_history",
            "0003_librarians",
            "0004_jobs",
            "0005_revision",
            "0006_lookup",
            "0007_search",
            "0008_duplicates",
        )
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.CreateModel(
            name='Book',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=1000)),
                ('subtitle', models.CharField(blank=True, max_length=500)),
                ('isbn13', models.CharField(blank=True, max_length=13, null=True, unique=True)),
                ('publisher', models.CharField(blank=True, max_length=500)),
                ('published_year', models.SmallIntegerField(blank=True, null=True)),
                ('language', models.CharField(blank=True, max_length=20)),
                ('pages', models.PositiveIntegerField(blank=True, null=True)),
                ('description', models.TextField(blank=True)),
                ('series', models.CharField(blank=True, max_length=500)),
                ('series_number', models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True)),
                ('source_key', models.CharField(editable=False, max_length=200, null=True, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('title_key', SortKeyField(editable=False, max_length=200)),
                ('fingerprint', SortKeyField(editable=False, max_length=17, null=True)),
                ('tongue', models.CharField(editable=False, max_length=20, null=True)),
                ('author_names', models.TextField(default='', editable=False)),
                ('topic_names', models.TextField(default='', editable=False)),
                ('words', WordsField(editable=False, null=True)),
                ('year_or_last', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce('published_year', models.Value(32767)), output_field=models.IntegerField())),
                ('year_or_first', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce('published_year', models.Value(-32768)), output_field=models.IntegerField())),
            ],
        ),
        migrations.CreateModel(
            name='Dismissal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', SortKeyField(max_length=17, unique=True)),
                ('books', models.PositiveIntegerField()),
                ('newest', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('isbn13', models.CharField(max_length=13, unique=True)),
                ('answer', models.JSONField()),
                ('is_known', models.BooleanField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='FirstAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200, unique=True)),
                ('request_digest', models.CharField(max_length=64)),
                ('answer', models.TextField()),
                ('created_at', models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='OwnerInvitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=50, unique=True)),
                ('free_at', models.DateTimeField(null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('rests_until', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Topic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('slug', models.CharField(max_length=100, unique=True)),
            ],
            options={
                'ordering': ['slug'],
            },
        ),
        migrations.CreateModel(
            name='Tries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, unique=True)),
                ('count', models.PositiveIntegerField(default=0)),
                ('since', models.DateTimeField(db_index=True)),
            ],
            options={
                'verbose_name': 'tries',
                'verbose_name_plural': 'tries',
            },
        ),
        migrations.CreateModel(
            name='Worker',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True)),
                ('seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Words',
            fields=[
                ('book', models.OneToOneField(db_column='rowid', on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='indexed', serialize=False, to='books.book')),
                ('words', WordsField(db_column='books_search')),
            ],
            options={
                'db_table': 'books_search',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Author',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, unique=True)),
                ('name_key', SortKeyField(editable=False, max_length=200)),
            ],
            options={
                'indexes': [models.Index(fields=['name_key', 'id'], name='author_by_name')],
            },
        ),
        migrations.CreateModel(
            name='BookAuthor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('author', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='books.author')),
                ('book', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='books.book')),
            ],
        ),
        migrations.AddField(
            model_name='book',
            name='authors',
            field=models.ManyToManyField(related_name='books', through='books.BookAuthor', to='books.author'),
        ),
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('book_id', models.BigIntegerField()),
                ('version', models.PositiveIntegerField()),
                ('action', models.CharField(choices=[('added', 'Added'), ('changed', 'Changed'), ('deleted', 'Deleted'), ('merged', 'Merged')], max_length=10)),
                ('via', models.CharField(choices=[('page', 'Page'), ('api', 'Api'), ('admin', 'Admin'), ('import', 'Import'), ('lookup', 'Lookup'), ('command', 'Command')], max_length=10)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('fields', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('job_id', models.BigIntegerField(null=True)),
                ('part_of', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='parts', to='books.change')),
                ('undoes', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='undone_by', to='books.change')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='changes', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=secrets.token_urlsafe, max_length=64, unique=True)),
                ('kind', models.CharField(max_length=50)),
                ('task', models.CharField(max_length=200)),
                ('arguments', models.JSONField(default=dict)),
                ('digest', models.CharField(default='', max_length=64)),
                ('queue', models.CharField(max_length=50)),
                ('priority', models.SmallIntegerField()),
                ('via', models.CharField(choices=[('page', 'Page'), ('api', 'Api'), ('admin', 'Admin'), ('import', 'Import'), ('lookup', 'Lookup'), ('command', 'Command')], default='command', max_length=10)),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('succeeded', 'Succeeded'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=10)),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True, null=True)),
                ('owner', models.CharField(default='', max_length=120)),
                ('attempt', models.PositiveIntegerField(default=0)),
                ('strikes', models.PositiveIntegerField(default=0)),
                ('cancel_requested', models.BooleanField(default=False)),
                ('done', models.PositiveBigIntegerField(default=0)),
                ('total', models.PositiveBigIntegerField(null=True)),
                ('message', models.CharField(default='', max_length=200)),
                ('log', models.JSONField(default=list)),
                ('checkpoint', models.JSONField(default=dict)),
                ('result', models.JSONField(null=True)),
                ('error', models.TextField(default='')),
                ('traceback', models.TextField(default='')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(db_index=True, null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='jobs', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='JobFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255)),
                ('size', models.PositiveBigIntegerField(default=0)),
                ('digest', models.CharField(default='', max_length=64)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('job', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='files', to='books.job')),
            ],
        ),
        migrations.CreateModel(
            name='FileChunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('offset', models.PositiveBigIntegerField()),
                ('data', models.BinaryField()),
                ('file', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='chunks', to='books.jobfile')),
            ],
        ),
        migrations.CreateModel(
            name='Token',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('scopes', models.CharField(max_length=100)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='BookTopic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('book', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='books.book')),
                ('topic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='books.topic')),
            ],
        ),
        migrations.AddField(
            model_name='book',
            name='topics',
            field=models.ManyToManyField(related_name='books', through='books.BookTopic', to='books.topic'),
        ),
        migrations.AddConstraint(
            model_name='bookauthor',
            constraint=models.UniqueConstraint(fields=('author', 'book'), name='author_once_a_book'),
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(fields=['book_id', '-id'], name='changes_of_a_book'),
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(condition=models.Q(('job_id__isnull', False)), fields=['job_id', 'book_id'], name='changes_of_a_job'),
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(condition=models.Q(('part_of__isnull', False)), fields=['part_of'], name='parts_of_a_merge'),
        ),
        migrations.AddConstraint(
            model_name='jobfile',
            constraint=models.UniqueConstraint(fields=('job', 'name'), name='file_once_a_job'),
        ),
        migrations.AddConstraint(
            model_name='filechunk',
            constraint=models.UniqueConstraint(fields=('file', 'offset'), name='chunk_once_a_file'),
        ),
        migrations.AddConstraint(
            model_name='booktopic',
            constraint=models.UniqueConstraint(fields=('topic', 'book'), name='topic_once_a_book'),
        ),
        migrations.AddIndex(
            model_name='book',
            index=models.Index(fields=['title_key', 'id'], name='book_by_title'),
        ),
        migrations.AddIndex(
            model_name='book',
            index=models.Index(fields=['year_or_last', 'id'], name='book_by_year'),
        ),
        migrations.AddIndex(
            model_name='book',
            index=models.Index(fields=['year_or_first', 'id'], name='book_by_year_down'),
        ),
        migrations.AddIndex(
            model_name='book',
            index=models.Index(fields=['tongue', 'title_key', 'id'], name='book_by_tongue'),
        ),
        migrations.AddIndex(
            model_name='book',
            index=models.Index(fields=['fingerprint', 'id'], name='book_by_fingerprint'),
        ),
        migrations.AddIndex(
            model_name='book',
            index=models.Index(condition=models.Q(('series', ''), _negated=True), fields=['series'], name='book_by_series'),
        ),
        migrations.AddConstraint(
            model_name='book',
            constraint=models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='title_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='book',
            constraint=models.CheckConstraint(condition=models.Q(('published_year', None), ('published_year__range', (-4000, 2100)), _connector='OR'), name='year_possible'),
        ),
        migrations.AddConstraint(
            model_name='book',
            constraint=models.CheckConstraint(condition=models.Q(('pages', None), ('pages__range', (1, 100000)), _connector='OR'), name='pages_possible'),
        ),
        migrations.AddConstraint(
            model_name='book',
            constraint=models.CheckConstraint(condition=models.Q(('isbn13', None), models.Q(django.db.models.lookups.Exact(django.db.models.functions.text.Length('isbn13'), 13), django.db.models.lookups.Exact(models.Func('isbn13', models.Value('0123456789'), function='LTRIM', output_field=models.CharField()), models.Value('')), models.Q(('isbn13__startswith', '978'), models.Q(('isbn13__gte', '9791'), ('isbn13__lt', '98')), _connector='OR')), _connector='OR'), name='isbn13_shape'),
        ),
        migrations.RunPython(make_librarians, migrations.RunPython.noop),
    ]
