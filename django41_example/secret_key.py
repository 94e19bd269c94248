"""The secret key if the settings have none: created once, in a file that only its owner can read."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.core.exceptions import ImproperlyConfigured


def kept_in(path: Path) -> str:
    """The secret in `path`. The first process creates it, and others at the same moment get the same."""
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            make(path)
        return path.read_text()
    except OSError as error:
        hint = "give a SECRET_KEY, or a VAR_DIR that can be written"
        raise ImproperlyConfigured(f"The secret key cannot be kept in a file ({error}): {hint}.") from None


def make(path: Path) -> None:
    with NamedTemporaryFile("w", dir=path.parent) as draft:  # only its owner can read it
        draft.write(secrets.token_urlsafe(50))
        draft.flush()
        os.fsync(draft.fileno())  # after a power cut there must be no empty file with this name
        with suppress(FileExistsError):
            os.link(draft.name, path)  # complete or not at all, and never replacing another one
