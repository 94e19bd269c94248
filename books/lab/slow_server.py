"""A slow server on this machine, and a request to it as from a sync library."""

import socket
import threading
import time
from contextlib import closing, suppress
from http.client import HTTPConnection
from urllib.parse import urlsplit

TIMEOUT = 5.0  # seconds
MAX_LINES, LONGEST = 100, 4096  # of a request, and bytes of a line
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
ANSWER = b"The slow server has answered."


def ask(slow: str) -> str:
    """What requests.get() comes down to: the thread waits for the response and does nothing else."""
    with closing(HTTPConnection(urlsplit(slow).netloc, timeout=TIMEOUT)) as connection:
        connection.request("GET", "/")
        return connection.getresponse().read().decode()


def start(seconds: float) -> str:
    """Start a server that responds to one request after some seconds, then ends. Returns its URL.

    It runs in its own thread, as it must respond while the event loop is blocked.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=respond_once, args=(listener, seconds), name="slow-server", daemon=True).start()
    return "http://{}:{}/".format(*listener.getsockname())


def respond_once(listener: socket.socket, seconds: float) -> None:
    listener.settimeout(TIMEOUT)
    with listener, suppress(OSError):  # no request came, or the client has gone
        connection, _ = listener.accept()
        connection.settimeout(TIMEOUT)
        with connection, connection.makefile("rb") as request:
            for _ in range(MAX_LINES):
                if not request.readline(LONGEST).strip():
                    break  # the end of the request's head
            time.sleep(seconds)
            connection.sendall(HEAD + ANSWER)
