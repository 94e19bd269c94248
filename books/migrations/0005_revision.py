from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from books.revision.triggers import install


def install_revision(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    install(schema_editor.connection)


def remove_revision(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    pass  # what is left raises a number that nobody reads


class Migration(migrations.Migration):
    dependencies = [("books", "0004_jobs")]

    operations = [migrations.RunPython(install_revision, remove_revision)]
