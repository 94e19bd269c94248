"""Metrics for a monitor at `/metrics`, in Prometheus' text format, summed over all workers.

Each worker writes its figures to its own files, and the worker that gets the request reads all of them.
"""

import asyncio
import hmac
import ipaddress
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

PATH = "/metrics"
LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds
LOOK_EVERY = 0.02  # seconds between two measurements of the event loop's lag
LOOKS = 50  # measurements between two publications

REQUESTS = Counter("http_requests", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("http_request_seconds", "From a request's head to the end of its answer", buckets=LATENCIES)
LAG = Histogram(
    "event_loop_lag_seconds", "How late the event loop came back", buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 1)
)
WORST_LAG = Gauge("event_loop_lag_worst_seconds", "The worst lag of the last second", multiprocess_mode="livemax")


class Metrics:
    """Responds at PATH to this machine or, if there is a token, to anyone with the token.

    With a token, this machine needs it too, since a request from a proxy here may come from anywhere. `gauges` are
    figures of this worker, by name and explanation, read once a second. `counts` is called in a thread for each request
    for the figures.
    """

    def __init__(
        self,
        application: Any,
        *,
        token: str,
        gauges: Mapping[tuple[str, str], Callable[[], float]],
        counts: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        self.application, self.token, self.counts = application, token, counts
        self.gauges = [(Gauge(*named, multiprocess_mode="livesum"), read) for named, read in gauges.items()]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self.application(scope, receive, send)
        elif scope["method"] not in {"GET", "HEAD"}:
            await answer(send, 405, "application/json", refusal("Only GET is for this address."), (b"Allow", b"GET"))
        elif self.admits(scope):
            figures = await asyncio.to_thread(self.read_all_workers)
            await answer(send, 200, CONTENT_TYPE_PLAIN_0_0_4, figures)
        else:
            body = refusal("Ask from this machine, or send METRICS_TOKEN as Authorization: Bearer.")
            await answer(send, 401, "application/json", body, (b"WWW-Authenticate", b"Bearer"))

    def admits(self, scope: Any) -> bool:
        headers = dict(scope["headers"])
        shown = headers.get(b"authorization", b"").removeprefix(b"Bearer ")
        if self.token:
            return hmac.compare_digest(shown, self.token.encode())
        # A request that passed a proxy on this machine comes from elsewhere.
        came_through_a_proxy = any(b"forwarded" in name for name in headers) or b"via" in headers
        host = (scope.get("client") or ("0.0.0.0",))[0]  # noqa: S104 # nosec B104 - no address at all
        return not came_through_a_proxy and ipaddress.ip_address(host).is_loopback

    def read_all_workers(self) -> bytes:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        registry.register(Counted(self.counts))
        return generate_latest(registry)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        REQUESTS.labels(method, route, status).inc()
        SECONDS.observe(seconds)

    async def watch(self) -> None:
        """Measure the lag of the event loop, and publish this worker's figures every second."""
        loop = asyncio.get_running_loop()
        while True:
            worst = 0.0
            for _ in range(LOOKS):
                due = loop.time() + LOOK_EVERY
                await asyncio.sleep(LOOK_EVERY)
                lag = max(0.0, loop.time() - due)
                LAG.observe(lag)
                worst = max(worst, lag)
            WORST_LAG.set(worst)
            for gauge, read in self.gauges:
                gauge.set(read())


class Counted:
    """Figures that the application counts in its database for each request."""

    def __init__(self, counts: Callable[[], Mapping[str, float]]) -> None:
        self.counts = counts

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, value in self.counts().items():
            yield GaugeMetricFamily(name, name.replace("_", " "), value=value)


def refusal(detail: str) -> bytes:
    return json.dumps({"detail": detail}).encode() + b"\n"


async def answer(send: Any, status: int, content_type: str, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    head = [(b"Content-Type", content_type.encode()), (b"Content-Length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})
