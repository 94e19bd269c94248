"""A server that a program of this folder starts: its port, and the moment when it answers."""

import asyncio
import socket
import urllib.request


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def wait_until_open(port: int, path: str = "/health_check/live/") -> None:
    address = f"http://127.0.0.1:{port}{path}"
    for _ in range(600):
        try:
            await asyncio.to_thread(urllib.request.urlopen, address, timeout=10)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            return
    raise SystemExit("The server does not start.")
