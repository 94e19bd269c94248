"""A folder and a database, and commands of the catalogue there."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from tests.server.running import PROJECT, START_WITHIN, environment

OWNER = {"DJANGO_SUPERUSER_PASSWORD": "correct horse", "DJANGO_SUPERUSER_EMAIL": "a@b.test"}


class Place:
    """The commands may run under another program, such as strace."""

    def __init__(self, folder: Path, database_url: str, under: str = "", **variables: str) -> None:
        self.folder, self.database_url, self.under = folder, database_url, under
        self.variables = {"DATABASE_URL": database_url, "PYTHONUNBUFFERED": "1", **variables}

    def begin(self, *program: str, stderr: int | None = None) -> "subprocess.Popen[str]":
        """A program of Python."""
        command, variables = [*self.under.split(), sys.executable, *program], environment(self.folder, self.variables)
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": stderr, "text": True}
        return subprocess.Popen(command, cwd=PROJECT, env=variables | OWNER, **pipes)

    def run(self, *program: str) -> str:
        """What it prints. It must end well."""
        process = self.begin(*program)
        printed, _ = process.communicate()
        assert not process.returncode, program
        return printed

    def manage(self, *command: str) -> str:
        return self.run("manage.py", *command)

    def token(self) -> str:
        """A token of a new owner, that may do everything."""
        self.manage("createsuperuser", "--noinput", "--username", "owner")
        scopes = [f"--scope={scope}" for scope in ("read", "write", "jobs")]
        return self.manage("create_token", "owner", *scopes).split()[-1]

    def sql(self, statement: str, *values: object) -> list[Any]:
        """Rows, as another program reads or writes them; each ? stands for a value."""
        if self.database_url.startswith("sqlite"):
            with (
                closing(sqlite3.connect(self.database_url.removeprefix("sqlite:///"), timeout=START_WITHIN)) as file,
                file,
            ):
                return file.execute(statement, values).fetchall()
        with psycopg.connect(self.database_url) as server:
            cursor = server.execute(statement.replace("?", "%s").encode(), values)
            return cursor.fetchall() if cursor.description else []
