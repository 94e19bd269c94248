"""The catalogue's settings, with some addresses more and limits that a test can reach: for tests of the server."""

from django41_example import environment
from django41_example.server import protocol
from django41_example.settings import *  # noqa: F403
from django41_example.settings import QUEUE_LENGTH, SILENCED_SYSTEM_CHECKS

ROOT_URLCONF = "tests.server.site_urls"
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "books.W001"]  # its views are plain functions
QUEUE_LENGTH = environment.integer("QUEUE_LENGTH", QUEUE_LENGTH, low=0, high=100_000)
if environment.boolean("PATIENT", default=False):
    protocol.HEAD_SECONDS = protocol.BODY_SECONDS = protocol.LINGER_SECONDS = protocol.LAST_REQUEST_SECONDS = 60.0
if environment.boolean("IMPATIENT", default=False):
    protocol.HEAD_SECONDS = protocol.BODY_SECONDS = 0.5
