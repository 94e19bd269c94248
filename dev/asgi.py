"""What `make dev` serves: the application, with a monitor that logs what blocks its event loop."""

from django.conf import settings

from dev.loop_monitor import MonitoredLoop
from django41_example.asgi import application as served

OURS = [settings.BASE_DIR / "books", settings.BASE_DIR / "django41_example"]
application = MonitoredLoop(served, OURS)
