"""Settings: one file, everything from the environment. docs/operating.md lists each variable."""

import os
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from django41_example import environment, secret_key

VERSION = "0.1.0"  # as in pyproject.toml; backups contain it
VAR_DIR = environment.data_folder("VAR_DIR")

PRODUCTION = environment.boolean("PRODUCTION", default=False)
DEBUG = environment.boolean("DEBUG", default=False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG=1 shows secrets to visitors: leave it out when PRODUCTION=1.")

SECRET_KEY = environment.text("SECRET_KEY")
if PRODUCTION and len(SECRET_KEY) < 50:
    raise ImproperlyConfigured(
        "PRODUCTION=1 needs SECRET_KEY, at least 50 random characters: "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
SECRET_KEY = SECRET_KEY or secret_key.kept_in(VAR_DIR / "secret_key")

ALLOWED_HOSTS = environment.names("ALLOWED_HOSTS", [])
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("PRODUCTION=1 needs ALLOWED_HOSTS, a comma list such as books.example.org.")
LISTEN = environment.address("LISTEN", "0.0.0.0" if PRODUCTION else "127.0.0.1")  # noqa: S104 # nosec B104 - when told so
# A catalogue for a local network, without TLS: CommonMiddleware accepts all names that only local networks have.
ON_LOCAL_NETWORK = not (PRODUCTION or ALLOWED_HOSTS or LISTEN.is_loopback)
OWN_NAMES = ["localhost", "127.0.0.1", "[::1]", f"[{LISTEN}]" if LISTEN.version == 6 else str(LISTEN)]
ALLOWED_HOSTS = ALLOWED_HOSTS or (["*"] if ON_LOCAL_NETWORK else [*dict.fromkeys(OWN_NAMES)])

SCRIPT_NAME = environment.prefix("SCRIPT_NAME")  # the start of all URLs
FORCE_SCRIPT_NAME = SCRIPT_NAME or None
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{SCRIPT_NAME}/"

READ_REQUIRES_LOGIN = environment.boolean("READ_REQUIRES_LOGIN", default=False)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "books",
]

# In this header a proxy names the user whom it has authenticated.
PROXY_USER_HEADER = environment.header("PROXY_USER_HEADER")
PROXY_LOGOUT_URL = environment.link("PROXY_LOGOUT_URL")  # the URL where the proxy signs people out
BEHIND_PROXY = environment.proxies("BEHIND_PROXY")  # their number or their networks
if PROXY_USER_HEADER and (not BEHIND_PROXY or (isinstance(BEHIND_PROXY, int) and not LISTEN.is_loopback)):
    raise ImproperlyConfigured(
        f"PROXY_USER_HEADER needs to know the proxies, since whoever else reaches LISTEN={LISTEN} could write it: name "
        "their networks, such as BEHIND_PROXY=172.18.0.2/32, or set LISTEN=127.0.0.1 and BEHIND_PROXY=1."
    )
# A provider of OpenID Connect, which signs people in on its own pages.
OIDC_ISSUER = environment.url("OIDC_ISSUER", "")
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = environment.text("OIDC_CLIENT_ID"), environment.text("OIDC_CLIENT_SECRET")
OIDC_NAME = environment.text("OIDC_NAME", urlsplit(OIDC_ISSUER).hostname or "")  # the text of the button
if OIDC_ISSUER and not OIDC_CLIENT_ID:
    raise ImproperlyConfigured("OIDC_ISSUER needs OIDC_CLIENT_ID, which the provider gives you.")
if PRODUCTION and OIDC_ISSUER.startswith("http:"):
    raise ImproperlyConfigured("PRODUCTION=1 needs an OIDC_ISSUER with https.")
SIGN_UP = environment.boolean("SIGN_UP", default=True)  # whether users of a proxy or provider get a reader's account
PASSWORD_SIGN_IN = environment.boolean("PASSWORD_SIGN_IN", default=True)
if not (PASSWORD_SIGN_IN or OIDC_ISSUER or PROXY_USER_HEADER):
    raise ImproperlyConfigured("PASSWORD_SIGN_IN=0 would lock everybody out: set OIDC_ISSUER or PROXY_USER_HEADER.")

CSRF_FAILURE_VIEW = "books.views.errors.foreign_form"

# Django's own, without their thread hops. SameOriginWritesMiddleware stands for CsrfViewMiddleware.
MIDDLEWARE = [
    "django41_example.middleware.SecurityMiddleware",
    "django41_example.middleware.ContentSecurityPolicyMiddleware",
    "django41_example.middleware.XFrameOptionsMiddleware",
    "django41_example.middleware.CommonMiddleware",
    "django41_example.middleware.SameOriginWritesMiddleware",
    "django41_example.middleware.SessionMiddleware",
    "django41_example.middleware.AuthenticationMiddleware",
    "django41_example.middleware.LoginRequiredMiddleware",
    "django41_example.middleware.MessageMiddleware",
]

ROOT_URLCONF = "django41_example.urls"
ASGI_APPLICATION = "django41_example.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [environment.PROJECT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["books.templatetags.catalogue"],
            "context_processors": [  # for the admin; views pass everything to our own pages
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
# scrypt is as strong as Django's default, but by memory instead of time, so that signing in is quick.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "login"
# Cookies need no query, but Django's cookie storage ignores our path, so other applications would get them.
MESSAGE_STORAGE = f"django.contrib.messages.storage.{'session.Session' if SCRIPT_NAME else 'cookie.Cookie'}Storage"

# Databases -----------------------------------------------------------------

DATABASE = environment.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'catalogue.sqlite3'}")
if DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    DATABASE["NAME"] = str(environment.FOLDER / DATABASE["NAME"])
    DATABASE["OPTIONS"] = {
        "timeout": 20,
        # A transaction that writes takes the lock at its start, so that it waits instead of failing halfway.
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=0;",
    }
else:
    DATABASE["OPTIONS"] = {
        **DATABASE.get("OPTIONS", {}),
        "connect_timeout": 5,  # seconds
        "tcp_user_timeout": 15_000,  # milliseconds until a silent server counts as gone
    }
# Each thread that serves requests keeps its connection and drops it when it fails (server/threads.py). With so few
# threads, a connection pool would only be another queue.
DATABASE |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
DATABASES = {"default": DATABASE}

# The server in front of Django -------------------------------------------------

THREADS = environment.integer("THREADS", 8, low=1, high=100)  # per worker, for sync code
QUEUE_LENGTH = 64 * THREADS  # requests that may wait for a thread
CACHE_MB = environment.integer("CACHE_MB", 4, low=0, high=10_000)  # of the response cache, per worker; 0: no cache
UPLOAD_LIMIT = environment.integer("UPLOAD_LIMIT", 256, low=1, high=10_000) << 20  # bytes of a file to import
METRICS_TOKEN = environment.text("METRICS_TOKEN")
METRICS = environment.boolean("METRICS", default=bool(METRICS_TOKEN))
if METRICS:  # for the figures of all workers
    os.environ.update(PROMETHEUS_MULTIPROC_DIR=str(VAR_DIR / "metrics"))
    (VAR_DIR / "metrics").mkdir(parents=True, exist_ok=True)

STARTER_BOOKS = environment.boolean("STARTER_BOOKS", default=not PRODUCTION)  # the 210 sample books of a new catalogue
LAB = environment.boolean("LAB", default=not PRODUCTION)  # the laboratory at /lab/

# Jobs, which `manage.py work` runs -------------------------------------------

JOBS_BACKENDS = {
    "embedded": "books.jobs.backend.EmbeddedBackend",
    "procrastinate": "books.jobs.procrastinate_backend.ProcrastinateBackend",
}
ON_POSTGRESQL = DATABASE["ENGINE"] == "django.db.backends.postgresql"
JOBS_BACKEND = environment.choice(
    "JOBS_BACKEND", "procrastinate" if ON_POSTGRESQL else "embedded", tuple(JOBS_BACKENDS)
)
TASKS = {"default": {"BACKEND": JOBS_BACKENDS[JOBS_BACKEND], "QUEUES": []}}
if JOBS_BACKEND == "procrastinate":
    if not ON_POSTGRESQL:
        raise ImproperlyConfigured("JOBS_BACKEND=procrastinate needs PostgreSQL: give its DATABASE_URL.")
    INSTALLED_APPS.insert(0, "procrastinate.contrib.django")
    PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
    PROCRASTINATE_ON_APP_READY = "books.jobs.procrastinate_worker.begin"
    PROCRASTINATE_WORKER_DEFAULTS = {
        "delete_jobs": "always",
        "fetch_job_polling_interval": 5.0,  # seconds, as procrastinate loses a notification that comes while it fetches
    }

BACKUPS = environment.integer("BACKUPS", 7, low=0, high=1000)  # daily backups to keep; 0: none are written

# Look-ups in other catalogues ---------------------------------------------------

OPENLIBRARY_URL = environment.url("OPENLIBRARY_URL", "https://openlibrary.org")
GOOGLE_BOOKS_URL = environment.url("GOOGLE_BOOKS_URL", "https://www.googleapis.com")
GOOGLE_BOOKS_KEY = environment.text("GOOGLE_BOOKS_KEY")
if not (GOOGLE_BOOKS_KEY.isascii() and GOOGLE_BOOKS_KEY.isprintable()):
    raise ImproperlyConfigured("GOOGLE_BOOKS_KEY holds characters that no key has: copy it again.")
LOOKUP_RATE = environment.integer("LOOKUP_RATE", 1, low=1, high=1000)  # requests per second, of all workers together
LOOKUP_SECONDS = 3  # for one request
LOOKUP_PATIENCE = 8  # seconds that a person waits for all of them

# Text, time, files ---------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"

STATIC_URL = f"{SCRIPT_NAME}/static/"
STATIC_ROOT = VAR_DIR / "static"
SERVESTATIC_KEEP_ONLY_HASHED_FILES = True  # each worker has them in memory
STORAGES = {
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"},
}
if DEBUG:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

# Limits and safety ---------------------------------------------------------

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # bytes of a body that a view reads into memory
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
# The first three check for the exact names of Django's middlewares; ours are subclasses. A test runs these checks.
# W021 wants HSTS preload, which browsers remember for a whole domain for years: the domain's owner decides that.
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W002", "security.W003", "security.W021"]
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SESSION_COOKIE_SECURE = True
    # Browsers accept this name only over TLS and not from sibling domains; it allows no path.
    SESSION_COOKIE_NAME = "__Secure-sessionid" if SCRIPT_NAME else "__Host-sessionid"
    CSRF_COOKIE_SECURE = True

ACCESS_LOG = environment.boolean("ACCESS_LOG", default=False)
LOG_FORMAT = environment.choice("LOG_FORMAT", "plain", ("plain", "json"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "%(asctime)s %(levelname)s %(name)s %(request_id)s: %(message)s"},
        "json": {"()": "django41_example.server.request_log.JsonFormatter"},
    },
    "filters": {
        "with_request_id": {"()": "django41_example.server.request_log.WithRequestId"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["with_request_id"],
        },
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "access": {"level": "INFO" if ACCESS_LOG else "WARNING"},
        "procrastinate": {"level": "WARNING"},  # jobs have their own log
        "httpx": {"level": "WARNING"},  # otherwise a line per request
    },
}
