"""How the server starts and stops. gunicorn reads this file by itself, so the plain command gets all of it."""

import logging
import os
import resource
import signal
import subprocess  # nosec B404 - to run our own manage.py
import sys
import threading
import time
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from django41_example import environment

HERE = Path(__file__).parent
try:
    PRODUCTION = environment.boolean("PRODUCTION", default=False)
    BEHIND_PROXY = environment.boolean("BEHIND_PROXY", default=False)
    PORT = environment.integer("PORT", 8000, low=1, high=65535)
    FIGURES = HERE / environment.text("VAR_DIR", "var") / "metrics"  # settings.py: METRICS
    # In production on PostgreSQL, the Procfile's `worker` works the jobs, on as many hosts as there are.
    WORK = environment.boolean(
        "WORK", default=not PRODUCTION or not environment.text("DATABASE_URL").startswith("post")
    )
    LOG_FORMAT = environment.choice("LOG_FORMAT", "plain", ("plain", "json"))
    workers = environment.integer("WEB_CONCURRENCY", min(os.cpu_count() or 1, 4), low=1, high=256)
except ImproperlyConfigured as error:
    sys.exit(str(error))

# gunicorn by itself opens a PORT to the whole network; a laptop's catalogue is for its owner.
bind = f"{'0.0.0.0' if PRODUCTION else '127.0.0.1'}:{PORT}"  # noqa: S104 # nosec B104 - when told so
worker_class = "uvicorn_worker.UvicornWorker"
control_socket_disable = True
keepalive = 20  # seconds that a connection may rest between two requests
backlog = 2048
# Seconds without a sign of life after which a worker is killed. uvicorn gives one every tenth turn of its event loop,
# and when thousands ask at once on a busy machine, a turn takes seconds: it must not be killed for being in demand.
timeout = 60

if LOG_FORMAT == "json":
    logconfig_dict = {
        "formatters": {"generic": {"()": "django41_example.server.request_log.JsonFormatter"}},
        "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["error_console"], "propagate": False}},
    }

REQUESTS_END_WITHIN = 4  # seconds after a stop; uvicorn's workers are not told gunicorn's graceful_timeout
graceful_timeout = REQUESTS_END_WITHIN + 4


def on_starting(server: Any) -> None:
    """Get ready; in production, where the Procfile's `release` has done it, error_response weak settings."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each connection is an open file
    for file in FIGURES.glob("*.db"):
        file.unlink()
    if PRODUCTION:
        manage(server, "check", "--deploy", "--fail-level", "WARNING")
        manage(server, "first_account")
    else:
        manage(server, "prepare")


def when_ready(server: Any) -> None:
    addresses = " ".join(f"{listener}/" for listener in server.LISTENERS)
    server.log.info("The catalogue is open at %s", addresses)
    if WORK:
        server.jobs = JobProcess(server.log)


def on_reload(server: Any) -> None:
    if WORK:
        server.jobs.restart()


def on_exit(server: Any) -> None:
    if hasattr(server, "jobs"):
        server.jobs.end()


class JobProcess:
    """`manage.py work` beside the web workers: begun again whenever it ends, until the server does.

    It looks after itself when the server is killed: --with.
    """

    def __init__(self, log: Any) -> None:
        self.log = log
        self.is_over = threading.Event()
        self.start()
        threading.Thread(target=self.keep, name="jobs", daemon=True).start()

    def start(self) -> None:
        program = [sys.executable, HERE / "manage.py", "work", "--with", str(os.getpid())]
        self.process = subprocess.Popen(program, cwd=HERE)  # noqa: S603 # nosec B603 - our own
        self.log.info("Booting job worker with pid: %s", self.process.pid)

    def keep(self) -> None:
        wait, began = 1.0, time.monotonic()
        while not self.is_over.wait(wait):
            if self.process.poll() is None:
                continue
            # One that cannot begin at all is tried again less and less often.
            wait = min(wait * 2, 30.0) if time.monotonic() - began < 10 + wait else 1.0
            began = time.monotonic()
            self.start()

    def restart(self) -> None:
        """End it in order, so that it begins again with the code as it is now."""
        self.process.terminate()

    def end(self) -> None:
        self.is_over.set()
        self.process.terminate()
        try:
            self.process.wait(REQUESTS_END_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()


def post_fork(server: Any, worker: Any) -> None:
    worker.config.timeout_graceful_shutdown = REQUESTS_END_WITHIN
    worker.config.http = "django41_example.server.protocol:LimitedProtocol"
    worker.config.ws = "none"
    logging.getLogger("uvicorn.access").handlers = []  # or it would log each request; ours tells more
    if worker.cfg.accesslog:
        os.environ["ACCESS_LOG"] = "1"
    # Who the visitor is and whether TLS was used, a proxy may say: if the operator has told that there is one.
    worker.config.proxy_headers = BEHIND_PROXY
    worker.config.forwarded_allow_ips = "*"
    # gunicorn passes a SIGINT on as a SIGQUIT, which uvicorn's workers would only take note of.
    worker.handle_exit = lambda *_: os.kill(os.getpid(), signal.SIGTERM)

    async def notify() -> None:
        """Each second: tell the first process that we live; end when it does not."""
        worker.notify()
        if os.getppid() != worker.ppid:
            os.kill(os.getpid(), signal.SIGTERM)

    worker.config.callback_notify, worker.config.timeout_notify = notify, 1


def child_exit(server: Any, worker: Any) -> None:
    for file in FIGURES.glob(f"gauge_live*_{worker.pid}.db"):  # what a worker said of itself is over when it is
        file.unlink()


def manage(server: Any, *command: str) -> None:
    """Run a management command in a process of its own: this one must hold no code that a reload would read anew."""
    program = [sys.executable, HERE / "manage.py", *command]
    finished = subprocess.run(program, check=False, capture_output=True, text=True)  # noqa: S603 # nosec B603 - our own
    message = finished.stderr.rpartition("ImproperlyConfigured: ")[2].removeprefix("CommandError: ").strip()
    if finished.returncode:
        sys.exit(f"The catalogue does not start. {message}")
    for line in (finished.stdout + message).splitlines():
        if LOG_FORMAT == "json":
            server.log.info(line)
        else:
            print(line, file=sys.stderr)  # noqa: T201
