from django.db import migrations, models

MOVE = """
INSERT INTO books_notduplicate (kind, fingerprint, first, "count", newest)
SELECT 'author', fingerprint, 0, "count", newest FROM books_differentpeople
"""


class Migration(migrations.Migration):

    dependencies = [
        ('books', '0020_facets'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='notduplicate',
            name='not_duplicates_once',
        ),
        migrations.AddField(
            model_name='notduplicate',
            name='kind',
            field=models.CharField(default='book', max_length=10),
            preserve_default=False,
        ),
        migrations.RenameField(
            model_name='notduplicate',
            old_name='books',
            new_name='count',
        ),
        migrations.AddConstraint(
            model_name='notduplicate',
            constraint=models.UniqueConstraint(fields=('kind', 'fingerprint', 'first'), name='not_duplicates_once'),
        ),
        migrations.RunSQL(MOVE),
        migrations.DeleteModel(
            name='DifferentPeople',
        ),
    ]
