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
    """Read now what would be read from disk, on the event loop, when the first visitor comes."""
    for engine in engines.all():
        for folder in map(Path, engine.dirs):
            for file in folder.rglob("*.html"):
                forget_source(engine.get_template(str(file.relative_to(folder))))
    bool(get_resolver().reverse_dict)  # imports every view
    bool(staticfiles_storage)  # reads the list of hashed names
    timezone.get_default_timezone()
    numdb.get("isbn")  # the publishers' ranges
    gc.collect()
    gc.freeze()  # what is here now stays: the collector need not go through it again and again


def forget_source(page: Any) -> None:
    """Drop what Django keeps for its error pages of development: 1.5 MB of all templates."""
    if not page.template.engine.debug:
        page.template.source = ""
        for node in page.template.nodelist.get_nodes_by_type(Node):
            node.token = None


def share_arena() -> None:
    """Let all threads allocate from one arena of glibc, which must be told before the first thread starts.

    By default each has its own, where the others cannot use what it has freed: after a load that was 3 MB of a worker.
    """
    with suppress(AttributeError):  # other C libraries have no such thing
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
