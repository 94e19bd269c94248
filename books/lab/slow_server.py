"""A slow server on this machine, and how a sync library asks it."""

import socket
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

PATIENCE = 5.0  # seconds after which whoever waits here gives up
QUESTION, END = b"GET / HTTP/1.0\r\n\r\n", b"\r\n\r\n"
LARGEST = 1 << 16  # bytes of a question
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close"
ANSWER = b"The slow server has answered."


def ask(slow: str) -> str:
    """What requests.get() comes down to: the thread waits for the answer, and does nothing else."""
    address = urlsplit(slow)
    with socket.create_connection((address.hostname, address.port), timeout=PATIENCE) as connection:
        connection.sendall(QUESTION)
        with connection.makefile("rb") as answer:
            return answer.read().partition(END)[2].decode()


def start(seconds: float) -> str:
    """Start a server that answers one question, so many seconds late, and ends; its URL.

    It has a thread of its own: on the event loop, it could not answer whoever blocks that.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=answer_once, args=(listener, seconds), name="slow-peer", daemon=True).start()
    return "http://{}:{}/".format(*listener.getsockname())


def answer_once(listener: socket.socket, seconds: float) -> None:
    listener.settimeout(PATIENCE)
    with listener, suppress(OSError):  # nobody asks, or nobody waits for the answer
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(PATIENCE)
            question = b""
            while END not in question and len(question) < LARGEST:
                question += connection.recv(LARGEST) or END
            time.sleep(seconds)
            connection.sendall(HEAD + END + ANSWER)
