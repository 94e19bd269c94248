import ctypes
import gc
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.storage import staticfiles_storage
from django.template import engines
from django.template.base import Node
from django.urls import get_resolver
from django.utils import timezone
from stdnum import numdb

M_ARENA_MAX = -8  # a parameter of glibc's mallopt


def warm_up() -> None:
    """Read now what the first request would read from disk on the event loop."""
    for engine in engines.all():
        for folder in map(Path, engine.dirs):
            for file in folder.rglob("*.html"):
                forget_source(engine.get_template(str(file.relative_to(folder))))
    bool(get_resolver().reverse_dict)  # imports every view
    bool(staticfiles_storage)  # reads the list of hashed names
    timezone.get_default_timezone()
    numdb.get("isbn")  # the ranges of publishers
    gc.collect()
    gc.freeze()  # the collector need not check again and again what stays anyway


def forget_source(page: Any) -> None:
    """Drop what Django keeps for its error pages of development: 1.5 MB of all templates."""
    if not page.template.engine.debug:
        page.template.source = ""
        for node in page.template.nodelist.get_nodes_by_type(Node):
            node.token = None


def share_arena() -> None:
    """Let all threads allocate from one arena of glibc. Call it before the first thread starts.

    By default each thread has its own, whose freed memory others cannot use. That cost a worker 3 MB after a load.
    """
    with suppress(AttributeError):  # other C libraries have no arenas
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
