import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('books', '0017_roles'),
    ]

    operations = [
        migrations.CreateModel(
            name='SeriesName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200)),
                ('name', models.CharField(max_length=500)),
                ('of', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.DB_CASCADE, related_name='other_names', to='books.series')),
            ],
            options={
                'indexes': [models.Index(fields=['key'], name='series_by_other_name')],
                'constraints': [models.UniqueConstraint(fields=('of', 'name'), name='other_name_once_a_series')],
            },
        ),
    ]
