import django.db.models.functions.comparison
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('books', '0006_linked_stays'),
    ]

    operations = [
        migrations.AlterField(
            model_name='book',
            name='isbn13',
            field=models.CharField(blank=True, max_length=13, null=True),
        ),
        migrations.AddConstraint(
            model_name='book',
            constraint=models.UniqueConstraint(models.F('isbn13'), django.db.models.functions.comparison.Coalesce('series_number', models.Value(Decimal('-1'))), name='one_book_a_volume'),
        ),
    ]
