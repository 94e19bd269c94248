import gc
from pathlib import Path

from django.contrib.staticfiles.storage import staticfiles_storage
from django.template import engines
from django.urls import get_resolver
from django.utils import timezone
from stdnum import numdb


def warm_up() -> None:
    """Read now what would be read from disk, on the event loop, when the first visitor comes."""
    for engine in engines.all():
        for folder in map(Path, engine.dirs):
            for template in folder.rglob("*.html"):
                engine.get_template(str(template.relative_to(folder)))
    bool(get_resolver().reverse_dict)  # imports every view
    bool(staticfiles_storage)  # reads the list of hashed names
    timezone.get_default_timezone()
    numdb.get("isbn")  # the publishers' ranges
    gc.collect()
    gc.freeze()  # what is here now stays: the collector need not go through it again and again
