"""The group whose members keep the catalogue."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ACTIONS = ("add", "change", "delete", "view")


def make_group(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Django makes permissions after all migrations; this one gives them out.
    config = apps.get_app_config("books")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="books", codename__in=[f"{action}_book" for action in ACTIONS]
    )
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Librarians")
    group.permissions.add(*permissions)


class Migration(migrations.Migration):
    dependencies = [
        ("books", "0002_accounts_and_history"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_group, migrations.RunPython.noop)]
