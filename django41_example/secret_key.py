"""The secret key of an installation that was given none: made once, kept in a file that only its owner can read."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def kept_in(path: Path) -> str:
    """The secret in `path`; the first process to ask makes it, any other at the same moment gets that one."""
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            make(path)
        return path.read_text()
    except OSError as error:
        hint = "give a SECRET_KEY, or a VAR_DIR that can be written"
        raise ImproperlyConfigured(f"The secret key cannot be kept in a file ({error}): {hint}.") from None


def make(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))
        file.flush()
        os.fsync(descriptor)  # after a power cut, no empty file may have the name
    try:
        with suppress(FileExistsError):
            os.link(draft, path)  # whole or not at all, and never over another's
    finally:
        draft.unlink()
