"""A slow server on this machine, and how a sync library asks it."""

import socket
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

TIMEOUT = 5.0  # seconds
REQUEST, END = b"GET / HTTP/1.0\r\n\r\n", b"\r\n\r\n"
MAX_BYTES = 1 << 16  # of a request
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close"
ANSWER = b"The slow server has answered."


def ask(slow: str) -> str:
    """What requests.get() comes down to: the thread waits for the response, and does nothing else."""
    url = urlsplit(slow)
    with socket.create_connection((url.hostname, url.port), timeout=TIMEOUT) as connection:
        connection.sendall(REQUEST)
        with connection.makefile("rb") as response:
            return response.read().partition(END)[2].decode()


def start(seconds: float) -> str:
    """Start a server that responds to one request, so many seconds late, and ends. Returns its URL.

    It has its own thread: on the event loop, it could not respond while that is blocked.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=respond_once, args=(listener, seconds), name="slow-server", daemon=True).start()
    return "http://{}:{}/".format(*listener.getsockname())


def respond_once(listener: socket.socket, seconds: float) -> None:
    listener.settimeout(TIMEOUT)
    with listener, suppress(OSError):  # no request came, or its sender has gone
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(TIMEOUT)
            request = b""
            while END not in request and len(request) < MAX_BYTES:
                request += connection.recv(MAX_BYTES) or END
            time.sleep(seconds)
            connection.sendall(HEAD + END + ANSWER)
