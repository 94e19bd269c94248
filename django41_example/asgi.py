"""What the server runs: static files first, Django for the rest."""

import os
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

from django41_example.static import StaticFiles
from django41_example.warming import warm_up

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django41_example.settings")

django = get_asgi_application()
if settings.DEBUG:  # templates are read again and static files come from where they are written
    application: Any = ASGIStaticFilesHandler(django)
else:
    warm_up()
    application = StaticFiles(django)
