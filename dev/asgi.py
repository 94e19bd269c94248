"""What `make dev` serves: the application, with a monitor that logs what blocks its event loop."""

from dev.loop_monitor import MonitoredLoop
from django41_example import environment
from django41_example.asgi import application as served

OURS = [environment.PROJECT / "books", environment.PACKAGE]
application = MonitoredLoop(served, OURS)
