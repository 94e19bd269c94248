from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("books", "0021_one_table_of_not_duplicates")]

    operations = [migrations.RemoveIndex("book", "book_facets")]  # which only SQLite has
