"""Runs a command with a PostgreSQL: `python -m tests.postgres COMMAND…`; without one, tells whether there is any.

It is the one that DATABASE_URL names, else a throwaway cluster made from the binaries of this machine.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

MISSING = "Not run on PostgreSQL: no initdb here. To get it: apt-get install postgresql, or give a DATABASE_URL."
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
INITDB = ["--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c listen_addresses='' -c max_connections=200"


def main(command: list[str]) -> int:
    is_given = os.environ.get("DATABASE_URL", "").startswith(("postgres://", "postgresql://"))
    binaries = find_binaries()
    if not command:
        return 0 if is_given or binaries else 1
    if is_given:
        return run(command, os.environ["DATABASE_URL"])
    if binaries is None:
        print(MISSING, file=sys.stderr)  # noqa: T201
        return 1 if IN_CI else 0
    with throwaway_cluster(binaries) as url:
        return run(command, url)


def run(command: list[str], url: str) -> int:
    environment = {**os.environ, "DATABASE_URL": url, "TESTS_NEED": "postgresql"}
    return subprocess.run(command, check=False, env=environment).returncode


def find_binaries() -> Path | None:
    """Where initdb and pg_ctl are: Debian keeps them out of PATH."""
    pg_config = shutil.which("pg_config")
    told = subprocess.check_output([pg_config, "--bindir"], text=True).strip() if pg_config else ""
    on_path = Path(shutil.which("initdb") or "").parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    places = [Path(told), on_path, *debian]
    return next((place for place in places if (place / "initdb").is_file() and (place / "pg_ctl").is_file()), None)


@contextmanager
def throwaway_cluster(binaries: Path) -> Iterator[str]:
    """The address of a new cluster, reached through a socket in its folder only; gone when the block ends."""
    owner = unprivileged_owner()
    folder = Path(tempfile.mkdtemp(prefix="catalogue-postgres-"))
    shutil.chown(folder, **owner)
    url = f"postgres://postgres@{quote(str(folder), safe='')}/postgres"
    try:
        quietly([binaries / "initdb", "--pgdata", folder / "data", *INITDB], owner)
        start(binaries, url)
        yield url
    finally:
        if (folder / "data/postmaster.pid").exists():
            stop(binaries, url, mode="immediate")
        shutil.rmtree(folder)


def start(binaries: Path, url: str) -> None:
    folder = folder_of(url)
    options = f"{FAST} -c unix_socket_directories='{folder}'"
    control = [binaries / "pg_ctl", "--pgdata", folder / "data", "--silent", "--wait"]
    quietly([*control, "--log", folder / "log", "--options", options, "start"], unprivileged_owner())


def stop(binaries: Path, url: str, *, mode: str = "fast") -> None:
    control = [binaries / "pg_ctl", "--pgdata", folder_of(url) / "data", "--silent", "--wait"]
    quietly([*control, "--mode", mode, "stop"], unprivileged_owner())


def folder_of(url: str) -> Path:
    return Path(unquote(urlsplit(url).netloc.partition("@")[2]))


def unprivileged_owner() -> Mapping[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as a user that is there for such things."""
    if os.geteuid() != 0:
        return {}
    names = [user.pw_name for user in pwd.getpwall()]
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid}


def quietly(command: list[Any], owner: Mapping[str, Any]) -> None:
    """Run it as the owner, in a session of its own, out of reach of Ctrl-C; say something only if it fails."""
    path = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, check=False, cwd="/", env=path, start_new_session=True, capture_output=True, text=True, **owner
    )
    if done.returncode:
        sys.exit(f"{command[0]} failed: {done.stdout}{done.stderr}")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C reaches the command too: it ends first, then the cluster
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main(sys.argv[1:]))
