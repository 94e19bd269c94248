from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('books', '0007_one_book_a_volume'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='author',
            index=models.Index(fields=['name_key'], name='author_by_name_key'),
        ),
    ]
