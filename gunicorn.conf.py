"""How the server starts and stops; gunicorn reads this file by itself. Private names: tests/test_private_names.py."""

import logging
import math
import os
import resource
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.urls import get_resolver
from django.utils.module_loading import import_string

from django41_example import environment

try:
    PRODUCTION = environment.boolean("PRODUCTION", default=False)
    environment.proxies("BEHIND_PROXY")  # only settings.py uses it, but a mistake in it stops the start here
    PORT = environment.integer("PORT", 8000, low=1, high=65535)
    SCRIPT_NAME = environment.prefix("SCRIPT_NAME")
    LISTEN = environment.address("LISTEN", "0.0.0.0" if PRODUCTION else "127.0.0.1")  # noqa: S104 # nosec B104 - in production only
    METRICS_DIR = environment.data_folder("VAR_DIR") / "metrics"
    ON_POSTGRESQL = environment.text("DATABASE_URL").startswith("post")
    # In production on PostgreSQL, the Procfile's `worker` runs the jobs, on any number of hosts.
    WORK = environment.boolean("WORK", default=not (PRODUCTION and ON_POSTGRESQL))
    LOG_FORMAT = environment.choice("LOG_FORMAT", "plain", ("plain", "json"))
    PREPARES = not PRODUCTION or environment.TO_PREPARE in os.environ  # the command `serve` has no `release` before it
    workers = environment.integer("WEB_CONCURRENCY", min(os.cpu_count() or 1, 4), low=1, high=256)
except ImproperlyConfigured as error:
    sys.exit(str(error))

# Without `bind`, gunicorn would read PORT and listen to the whole network, also on a laptop.
bind = f"[{LISTEN}]:{PORT}" if LISTEN.version == 6 else f"{LISTEN}:{PORT}"
worker_class = "uvicorn_worker.UvicornWorker"
control_socket_disable = True
keepalive = 20  # seconds between two requests of a connection
backlog = 2048
# Connections that a worker accepts in one turn of its event loop. libuv takes one from each handle of a socket, and
# while thousands of requests arrive a turn is long: with one handle, new visitors would wait for seconds.
ACCEPTS = 32
# Seconds without a heartbeat until a worker is killed. The event loop sends it, seconds late under a heavy load, for
# which no worker must be killed.
timeout = 60

if LOG_FORMAT == "json":
    logconfig_dict = {
        "formatters": {"generic": {"()": "django41_example.server.request_log.JsonFormatter"}},
        "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["error_console"], "propagate": False}},
    }

WITHOUT_TLS = (
    "The catalogue is open to the network without TLS: everybody on it can read passwords and cookies on their way. "
    "Beyond a network that you trust, set PRODUCTION=1 behind a proxy with TLS."
)
FEW_FILES = 1000  # below this limit of open files, the start warns
NO_START = "The catalogue cannot start."
PROTOCOL = "django41_example.server.protocol.LimitedProtocol"
PRELOADED = PROTOCOL, "uvloop.new_event_loop"  # what workers import besides the application
OLD_WORKERS = "CATALOGUE_OLD_WORKERS"  # the environment variable in which a reload hands over their process ids
STOP_SECONDS = 4  # for running requests, once a stop begins; uvicorn's workers do not know graceful_timeout
graceful_timeout = STOP_SECONDS + 4


def on_starting(server: Any) -> None:
    """Prepare the database and the static files; in production, only what `release` leaves to do.

    Then load the application once, before the fork, so that the workers start faster and share its memory.
    (gunicorn's own `preload_app` would load it before the static files exist.)
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a file for each connection
    if most != resource.RLIM_INFINITY and most < FEW_FILES:
        server.log.warning("Only %s files may be open, one for each connection. Raise the limit with ulimit -n.", most)
    if not {"GUNICORN_FD", "LISTEN_FDS"} & os.environ.keys():  # otherwise gunicorn inherits its sockets
        check_addresses(server.cfg.address)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django41_example.settings")
    try:
        django.setup()
        bool(get_resolver().reverse_dict)  # imports the views, for the checks in `prepare` and for the workers
        if OLD_WORKERS not in os.environ and wait_for(fork(partial(prepare, CommandOutput(server.log)))):
            sys.exit(1)  # `prepare` has printed the reason
        server.app.wsgi()
    except ImproperlyConfigured as error:
        sys.exit(f"{NO_START} {error}")
    for name in PRELOADED:
        import_string(name)


def prepare(output: "CommandOutput") -> None:
    """Runs in its own process, so that the workers do not inherit its memory."""
    for file in METRICS_DIR.glob("*.db"):
        file.unlink()
    try:
        if PREPARES:
            call_command("prepare", stdout=output, stderr=output)
        if PRODUCTION:  # the checks open the database
            call_command("check", deploy=True, fail_level="WARNING", stdout=output, stderr=output)
            call_command("first_account", stdout=output)
    except (CommandError, ImproperlyConfigured, OperationalError) as error:
        sys.exit(f"{NO_START} {error}")


def fork(work: Callable[[], None]) -> int:
    """Run the work in a new process. Returns its id."""
    if pid := os.fork():
        return pid
    code = 0
    try:
        work()
    except SystemExit as end:
        if end.code:
            code = 1
            sys.stderr.write(f"{end.code}\n")
    except BaseException:  # noqa: BLE001 - nothing above it in this process
        code = 1
        traceback.print_exc()
    finally:
        logging.shutdown()
        sys.stdout.flush()
        os._exit(code)


def wait_for(pid: int) -> int:
    """Wait for a process to end. Returns its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class CommandOutput:
    """Passes on a command's output at once: an upgrade may take minutes, and shows its progress."""

    def __init__(self, log: Any) -> None:
        self.log = log

    def write(self, text: str) -> None:
        if LOG_FORMAT == "json":
            self.log.info(text.rstrip())
        else:
            sys.stderr.write(text)


def check_addresses(addresses: list[Any]) -> None:
    """Exit with one line if an address is taken. gunicorn would notice only after `prepare`, and retry for seconds."""
    for host, port in (address for address in addresses if isinstance(address, tuple)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                sys.exit(f"{NO_START} {host}:{port}: {error.strerror}. Choose another with PORT and LISTEN.")


def when_ready(server: Any) -> None:
    server.log.info("The catalogue is open at %s", " ".join(f"{each}{SCRIPT_NAME}/" for each in server.LISTENERS))
    if not (PRODUCTION or LISTEN.is_loopback):
        server.log.warning(WITHOUT_TLS)
    for pid in os.environ.pop(OLD_WORKERS, "").split():  # not yet reaped: the ids are still theirs
        os.kill(int(pid), signal.SIGTERM)
        forget_gauges(pid)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGHUP])
    if WORK:
        server.jobs = JobProcess(server)


def on_reload(server: Any) -> None:
    """Start again with the current code and settings, as after a SIGUSR2 but in the same process.

    The sockets stay open, and the old workers serve until the new ones are ready.
    """
    if hasattr(server, "jobs"):
        server.jobs.terminate()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])  # a second reload waits for this one
    sockets = ",".join(str(listener.fileno()) for listener in server.LISTENERS)
    handed_on = {"GUNICORN_PID": str(os.getpid()), "GUNICORN_FD": sockets}
    old_workers = {OLD_WORKERS: " ".join(map(str, server.WORKERS))}
    os.execve(sys.executable, sys.orig_argv, os.environ | handed_on | old_workers)  # noqa: S606 # nosec B606 - its own command line


def on_exit(server: Any) -> None:
    if hasattr(server, "jobs"):
        server.jobs.stop()


class JobProcess:
    """Runs the command `work` beside the web workers, and restarts it when it ends. `--with`: it ends when we do."""

    def __init__(self, server: Any) -> None:
        self.server, self.is_stopping = server, threading.Event()
        self.start()
        threading.Thread(target=self.keep_running, name="jobs", daemon=True).start()

    def start(self) -> None:
        self.pid = fork(partial(self.work, os.getpid()))
        self.server.log.info("Booting job worker with pid: %s", self.pid)

    def work(self, parent: int) -> None:
        for number in (*self.server.SIGNALS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        for listener in self.server.LISTENERS:
            listener.close()
        try:
            call_command("work", "--with", str(parent))
        except CommandError as error:
            sys.exit(str(error))

    def keep_running(self) -> None:
        pause, started = 1.0, time.monotonic()
        while not self.is_stopping.wait(pause):
            if not self.has_ended():
                continue
            # Back off while it keeps failing soon after its start.
            pause = min(pause * 2, 30.0) if time.monotonic() - started < 10 + pause else 1.0
            started = time.monotonic()
            self.start()

    def has_ended(self) -> bool:
        try:
            return os.waitpid(self.pid, os.WNOHANG) != (0, 0)
        except ChildProcessError:  # gunicorn has reaped it
            return True

    def terminate(self) -> None:
        self.is_stopping.set()
        self.send(signal.SIGTERM)

    def stop(self) -> None:
        self.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while not self.has_ended():
            if time.monotonic() > deadline:
                self.send(signal.SIGKILL)
            time.sleep(0.05)

    def send(self, number: int) -> None:
        with suppress(ProcessLookupError):  # gunicorn has reaped it
            os.kill(self.pid, number)


def post_fork(server: Any, worker: Any) -> None:
    worker.sockets = [listener.dup() for listener in worker.sockets for _ in range(ACCEPTS)]
    worker.config.timeout_graceful_shutdown = STOP_SECONDS
    worker.config.http = import_string(PROTOCOL)
    worker.config.ws = "none"
    logging.getLogger("uvicorn.access").handlers = []  # replaced by our request log
    if worker.cfg.accesslog:
        os.environ["ACCESS_LOG"] = "1"
    worker.config.proxy_headers = False  # django41_example/server/forwarded.py reads them
    # On Ctrl-C gunicorn sends its workers SIGQUIT, which uvicorn's workers ignore.
    worker.handle_exit = lambda *_: os.kill(os.getpid(), signal.SIGTERM)

    async def notify() -> None:
        """Called each second: send a heartbeat, and stop if the master process is gone."""
        worker.notify()
        if os.getppid() != worker.ppid:
            os.kill(os.getpid(), signal.SIGTERM)

    # uvicorn compares this interval with the wall clock: if that is set back, a positive one would stop the heartbeats.
    worker.config.callback_notify, worker.config.timeout_notify = notify, -math.inf


def child_exit(server: Any, worker: Any) -> None:
    forget_gauges(worker.pid)


def forget_gauges(pid: str) -> None:
    """Delete the metrics gauges of a worker that has ended."""
    for file in METRICS_DIR.glob(f"gauge_live*_{pid}.db"):
        file.unlink()
