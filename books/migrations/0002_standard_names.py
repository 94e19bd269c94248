from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("books", "0001_initial")]

    operations = [
        migrations.RenameModel("Finding", "CachedLookup"),
        migrations.RenameModel("FirstAnswer", "IdempotentResponse"),
        migrations.RenameModel("Tries", "LoginAttempts"),
        migrations.RenameModel("Dismissal", "NotDuplicate"),
        migrations.AlterModelOptions(
            "loginattempts", {"verbose_name": "login attempts", "verbose_name_plural": "login attempts"}
        ),
        migrations.RemoveIndex("book", "book_by_tongue"),
        migrations.RenameField("book", "tongue", "primary_language"),
        migrations.AddIndex(
            "book", models.Index(fields=["primary_language", "title_key", "id"], name="book_by_primary_language")
        ),
        migrations.RenameField("job", "strikes", "consecutive_failures"),
    ]
