"""How the server starts and stops; gunicorn reads this file by itself. Private names: tests/test_private_names.py."""

import logging
import os
import resource
import signal
import socket
import subprocess  # nosec B404 - to run our own manage.py
import sys
import tempfile
import threading
import time
from contextlib import suppress
from functools import partial
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from django41_example import environment

try:
    PRODUCTION = environment.boolean("PRODUCTION", default=False)
    environment.proxies("BEHIND_PROXY")  # settings.py reads it: what is wrong with it is said here, at the start
    PORT = environment.integer("PORT", 8000, low=1, high=65535)
    LISTEN = environment.address("LISTEN", "0.0.0.0" if PRODUCTION else "127.0.0.1")  # noqa: S104 # nosec B104 - when told so
    METRICS_DIR = environment.data_folder("VAR_DIR") / "metrics"
    ON_POSTGRESQL = environment.text("DATABASE_URL").startswith("post")
    # In production on PostgreSQL, the Procfile's `worker` runs the jobs, on any number of hosts.
    WORK = environment.boolean("WORK", default=not (PRODUCTION and ON_POSTGRESQL))
    LOG_FORMAT = environment.choice("LOG_FORMAT", "plain", ("plain", "json"))
    workers = environment.integer("WEB_CONCURRENCY", min(os.cpu_count() or 1, 4), low=1, high=256)
except ImproperlyConfigured as error:
    sys.exit(str(error))

# With PORT set, gunicorn listens to the whole network by itself; a laptop's catalogue is for its owner.
bind = f"[{LISTEN}]:{PORT}" if LISTEN.version == 6 else f"{LISTEN}:{PORT}"
worker_class = "uvicorn_worker.UvicornWorker"
control_socket_disable = True
keepalive = 20  # seconds between two requests of a connection
backlog = 2048
# Seconds without a heartbeat until a worker is killed. It sends one from its event loop, which may be seconds late
# while thousands ask at once: a worker must not be killed for being in demand.
timeout = 60

if LOG_FORMAT == "json":
    logconfig_dict = {
        "formatters": {"generic": {"()": "django41_example.server.request_log.JsonFormatter"}},
        "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["error_console"], "propagate": False}},
    }

MANAGE = [sys.executable, "-m", "django41_example"]
WITHOUT_TLS = (
    "The catalogue is open to the network without TLS: everybody on it can read passwords and cookies on their way. "
    "Beyond a network that you trust, set PRODUCTION=1 behind a proxy with TLS."
)
FEW_FILES = 1000
STOP_SECONDS = 4  # that running requests have after a stop; uvicorn's workers never learn graceful_timeout
graceful_timeout = STOP_SECONDS + 4


def on_starting(server: Any) -> None:
    """Prepare the database and static files; in production, where `release` has done that, check the settings."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a file for each connection
    if most != resource.RLIM_INFINITY and most < FEW_FILES:
        server.log.warning("Only %s files may be open, one for each connection. Allow more with ulimit -n.", most)
    if not {"GUNICORN_FD", "LISTEN_FDS"} & os.environ.keys():  # else another process hands its sockets on
        check_addresses(server.cfg.address)
    for file in METRICS_DIR.glob("*.db"):
        file.unlink()
    if PRODUCTION:
        manage(server, "check", "--deploy", "--fail-level", "WARNING")
        manage(server, "first_account")
    else:
        manage(server, "prepare")


def check_addresses(addresses: list[Any]) -> None:
    """Say at once, in one line, that one is not to be had; gunicorn would try for five seconds, after `prepare`."""
    for host, port in (address for address in addresses if isinstance(address, tuple)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                sys.exit(
                    f"The catalogue does not start. {host}:{port}: {error.strerror}. PORT and LISTEN name another."
                )


def when_ready(server: Any) -> None:
    server.log.info("The catalogue is open at %s", " ".join(f"{listener}/" for listener in server.LISTENERS))
    if not (PRODUCTION or LISTEN.is_loopback):
        server.log.warning(WITHOUT_TLS)
    if WORK:
        server.jobs = JobProcess(server.log)


def on_reload(server: Any) -> None:
    if WORK:  # it starts again with the code as it is now
        server.jobs.process.terminate()


def on_exit(server: Any) -> None:
    if hasattr(server, "jobs"):
        server.jobs.stop()


class JobProcess:
    """The command `work` beside the web workers, started again whenever it ends. If we are killed, it ends: --with."""

    def __init__(self, log: Any) -> None:
        self.log, self.is_stopping = log, threading.Event()
        self.start()
        threading.Thread(target=self.keep_running, name="jobs", daemon=True).start()

    def start(self) -> None:
        self.process = subprocess.Popen([*MANAGE, "work", "--with", str(os.getpid())], cwd=environment.FOLDER)  # noqa: S603 # nosec B603 - our own
        self.log.info("Booting job worker with pid: %s", self.process.pid)

    def keep_running(self) -> None:
        pause, started = 1.0, time.monotonic()
        while not self.is_stopping.wait(pause):
            if self.process.poll() is None:
                continue
            # One that fails at its start is tried less and less often.
            pause = min(pause * 2, 30.0) if time.monotonic() - started < 10 + pause else 1.0
            started = time.monotonic()
            self.start()

    def stop(self) -> None:
        self.is_stopping.set()
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        self.process.kill()


def post_fork(server: Any, worker: Any) -> None:
    worker.config.timeout_graceful_shutdown = STOP_SECONDS
    worker.config.http = "django41_example.server.protocol:LimitedProtocol"
    worker.config.ws = "none"
    logging.getLogger("uvicorn.access").handlers = []  # our request log says more
    if worker.cfg.accesslog:
        os.environ["ACCESS_LOG"] = "1"
    worker.config.proxy_headers = False  # django41_example/server/forwarded.py reads them
    # gunicorn turns Ctrl-C into a SIGQUIT for its workers, which uvicorn's do not obey.
    worker.handle_exit = lambda *_: os.kill(os.getpid(), signal.SIGTERM)

    async def notify() -> None:
        """Each second: send a heartbeat, and end if the master process is gone."""
        worker.notify()
        if os.getppid() != worker.ppid:
            os.kill(os.getpid(), signal.SIGTERM)

    worker.config.callback_notify, worker.config.timeout_notify = notify, 1


def child_exit(server: Any, worker: Any) -> None:
    for file in METRICS_DIR.glob(f"gauge_live*_{worker.pid}.db"):  # the gauges of a worker end with it
        file.unlink()


def manage(server: Any, *command: str) -> None:
    """Run a management command in a process of its own: this one must import no code that a reload would replace."""
    program, options = [*MANAGE, *command], {"text": True, "cwd": environment.FOLDER}
    tell = server.log.info if LOG_FORMAT == "json" else partial(print, file=sys.stderr)
    with tempfile.TemporaryFile("w+") as errors:
        with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=errors, **options) as process:  # noqa: S603 # nosec B603 - our own
            for line in process.stdout or ():  # at once: an upgrade may take minutes, and says how long
                tell(line.rstrip())
        errors.seek(0)
        message = errors.read().removeprefix("CommandError: ").strip()
    if process.returncode:
        sys.exit(f"The catalogue does not start. {message}")
    for line in message.splitlines():
        tell(line)
