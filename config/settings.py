"""All settings, read from the environment (and from a file `.env` beside manage.py, if there is one).

Nothing has to be set for a try-out on this machine. `.env.example` lists every variable; a start in
production that lacks what it needs is refused by `config.checks`.
"""

import os
import secrets
from pathlib import Path

import environ
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF

from config import environment
from integrations.zoho.data_centers import DATA_CENTERS

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if env.bool("READ_DOT_ENV", default="PYTEST_VERSION" not in os.environ):  # tests don't see a person's .env
    environ.Env.read_env(BASE_DIR / ".env")

# --- Kind of installation ---------------------------------------------------------------------------------

PRODUCTION = environment.is_production(os.environ)
DEBUG = env.bool("DEBUG", default=False)
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
PRIVATE_FILES_DIR = VAR_DIR / "media"  # receipts and logos: outside the web root, served by views only
PORT = env.int("PORT", default=8000)
BIND = env.str("BIND", default="127.0.0.1")
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
SITE_IS_HTTPS = SITE_URL.startswith("https://")

# Names of required settings that a production start lacks; `config.checks` turns them into errors with hints.
MISSING_SETTINGS: list[str] = []


def _secret(name: str, make: object = None) -> str:
    """A secret from the environment, or in a try-out from var/.

    In production a missing one is replaced by one that nobody knows, so that commands can still say what is
    wrong; the start-up checks refuse to go on.
    """
    if given := env.str(name, default=""):
        return given
    if PRODUCTION:
        MISSING_SETTINGS.append(name)
        return make() if callable(make) else secrets.token_urlsafe(50)
    return environment.kept_secret(VAR_DIR / "secrets" / name.lower(), make)


SECRET_KEY = _secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
TOKEN_ENCRYPTION_KEYS = environment.split_list(
    _secret("TOKEN_ENCRYPTION_KEYS", make=lambda: Fernet.generate_key().decode())
)

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
if PRODUCTION and not ALLOWED_HOSTS:
    MISSING_SETTINGS.append("ALLOWED_HOSTS")
if not PRODUCTION:
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, "127.0.0.1", "localhost", "[::1]", environment.host_of(SITE_URL)]
CSRF_TRUSTED_ORIGINS = [environment.origin_of(SITE_URL)]

# --- Applications -----------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "api",
    "organizations",
    "customers",
    "timetracking",
    "transactions",
    "integrations",
    "operations",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_q",
    "axes",
    "csp",
    "django_htmx",
    "simple_history",
]

MIDDLEWARE = [
    "config.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "api.middleware.ApiMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.SignedInMiddleware",
    "organizations.current.OrganizationZoneMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "organizations.context.erp",
            ],
        },
    },
]

# --- Database ---------------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'erp.sqlite3'}")}
DATABASES["default"].update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
ON_SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if ON_SQLITE:
    # IMMEDIATE takes the write lock when a transaction begins: one that reads first and writes later would
    # otherwise fail at once beside another writer, whatever the timeout. WAL lets readers go on meanwhile.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384;",
    }
    if DATABASES["default"]["NAME"] != ":memory:":
        Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
else:
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 10)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People and sessions ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "organizations.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
PASSWORD_RESET_TIMEOUT = 60 * 60

SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds without a request
SESSION_LONGEST_AGE = 7 * 24 * 60 * 60  # seconds since sign-in, whatever happens
# Strict would lose the session on the way back from Zoho's consent page.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_IS_HTTPS
if SITE_IS_HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"

# Ten wrong passwords for one name from one address: that pair rests for a quarter of an hour.
AXES_FAILURE_LIMIT = 10
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "organizations.sign_in.counted_name"
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "config.lockout.locked_out"
AXES_CLIENT_IP_CALLABLE = "config.middleware.client_address"
AXES_SENSITIVE_PARAMETERS = ["password", "new_password1", "new_password2"]
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_VERBOSE = False

# --- Answers: addresses, headers, static files ------------------------------------------------------------

# True behind a reverse proxy that sets X-Forwarded-For and X-Forwarded-Proto itself.
TRUST_PROXY_HEADERS = env.bool("TRUST_PROXY_HEADERS", default=False)
if TRUST_PROXY_HEADERS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = SITE_IS_HTTPS
SECURE_REDIRECT_EXEMPT = [
    r"^healthz$",
    r"^metrics$",
]  # asked over plain HTTP by load balancers beside the process
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if SITE_IS_HTTPS else 0
# W005, W021: subdomains and preload lists concern sites that are not ours to decide about.
# W004: e-mail addresses are unique regardless of letter case, by a constraint that the check does not know.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021", "auth.W004"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 12_000  # a document of 1,000 lines is one form

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=None)  # only for those who collect them for another server
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # static files are served without a collectstatic step
WHITENOISE_AUTOREFRESH = DEBUG

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"  # what is stored; pages show the organization's zone
USE_TZ = True
USE_I18N = True

_MAIL = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = _MAIL["EMAIL_BACKEND"]
EMAIL_HOST = _MAIL.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _MAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _MAIL.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _MAIL.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(_MAIL.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(_MAIL.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Projects ERP <erp@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Cache ------------------------------------------------------------------------------------------------

# In the memory of each process: what is kept there is a help and never needed (see api.walks).
_MEMORY = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": {"BACKEND": _MEMORY},
    "api_walks": {"BACKEND": _MEMORY, "LOCATION": "api_walks", "OPTIONS": {"MAX_ENTRIES": 2_000}},
}

# --- Zoho -------------------------------------------------------------------------------------------------

PRACTICE_PORTAL_PORT = env.int("PRACTICE_PORTAL_PORT", default=8900)
PRACTICE_PORTAL_SIZE = env.str("PRACTICE_PORTAL_SIZE", default="small")
PRACTICE_PORTAL_URL = f"http://127.0.0.1:{PRACTICE_PORTAL_PORT}"
ZOHO_CLIENT_ID = env.str("ZOHO_CLIENT_ID", default="")
ZOHO_CLIENT_SECRET = env.str("ZOHO_CLIENT_SECRET", default="")
ZOHO_ACCOUNTS_URL = env.str("ZOHO_ACCOUNTS_URL", default="").rstrip("/")
ZOHO_API_URL = env.str("ZOHO_API_URL", default="").rstrip("/")
if not PRODUCTION and not any((ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET, ZOHO_ACCOUNTS_URL, ZOHO_API_URL)):
    ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET = "practice-client", "practice-secret"
    ZOHO_ACCOUNTS_URL = ZOHO_API_URL = PRACTICE_PORTAL_URL
# True when the records come from the practice portal: screens say "Practice portal: invented data".
USING_PRACTICE_PORTAL = ZOHO_ACCOUNTS_URL == ZOHO_API_URL == PRACTICE_PORTAL_URL
ZOHO_SCOPES = env.list("ZOHO_SCOPES", default=[])  # empty: those of integrations.zoho.oauth.SCOPES
# A run that would remove or change more of a module than both of these asks an administrator first.
SYNC_BRAKE_PERCENT = env.int("SYNC_BRAKE_PERCENT", default=10)
SYNC_BRAKE_RECORDS = env.int("SYNC_BRAKE_RECORDS", default=20)
# Text that is no number counts as unset here and is refused by `config.checks`, in a sentence.
ZOHO_REQUESTS_PER_WINDOW = environment.whole_number(env.str("ZOHO_REQUESTS_PER_WINDOW", default=""), 80)
ZOHO_WINDOW_SECONDS = env.int("ZOHO_WINDOW_SECONDS", default=120)
ZOHO_REQUESTS_AT_ONCE = env.int("ZOHO_REQUESTS_AT_ONCE", default=6)

# Nothing is loaded from another host. The one form that leaves the site leads to Zoho's consent page:
# browsers apply form-action to the redirect that follows a form, too. SITE_URL is named for visitors under another
# host name, who are led to it on the way to Zoho.
_CONSENT_HOSTS = (
    [environment.origin_of(ZOHO_ACCOUNTS_URL)]
    if ZOHO_ACCOUNTS_URL
    else [center.accounts_url for center in DATA_CENTERS.values()]
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
        "form-action": [SELF, environment.origin_of(SITE_URL), *_CONSENT_HOSTS],
    }
}

# --- API -------------------------------------------------------------------------------------------------

# Calls a minute: of all tokens of an organization together, and of one token.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=100)
API_TOKEN_REQUESTS_PER_MINUTE = env.int("API_TOKEN_REQUESTS_PER_MINUTE", default=API_REQUESTS_PER_MINUTE)

# Hints from Zoho at one address that each web process takes in a minute, and as many at addresses that do not exist.
HINTS_PER_MINUTE = env.int("HINTS_PER_MINUTE", default=120)

# --- Worker -----------------------------------------------------------------------------------------------

_WORKERS = env.int("WORKERS", default=1 if ON_SQLITE else 2)
Q_CLUSTER = {
    "name": "erp",
    "label": "Queue",
    "orm": "default",
    "workers": _WORKERS,
    "timeout": 120,  # a slice ends by itself after about a minute
    "retry": 600,  # longer than timeout * (queue_limit / workers + 2), or a task runs twice at once
    "queue_limit": _WORKERS,  # next to nothing waits in memory while its retry clock runs
    "bulk": 1,
    "max_attempts": 1,  # our own tables count and repeat
    "ack_failures": True,
    "catch_up": False,
    "save_limit": 20,  # all kept rows are loaded at each save; our own tables are the history
    "save_limit_per": "func",
    "recycle": 100,
    "max_rss": 300_000,  # kB
    "poll": 1,
    "time_zone": "UTC",
}
# Modules with tasks, loaded before the worker's processes are forked: all of them then know the same program, also the
# one that takes a killed one's place after files were exchanged.
WORKER_TASKS = [
    "integrations.notices",
    "integrations.sync.tasks",
    "operations.tasks",
    "transactions.mailing.delivery",
    "transactions.tasks",
]
# Each rings for due work that nobody holds.
RECONCILE = [
    "integrations.sync.reconcile.reconcile",
    "integrations.hints.ring",
    "transactions.tasks.reconcile",
    "transactions.mailing.outbox.reconcile",
]
RECONCILE_SECONDS = env.int("RECONCILE_SECONDS", default=10)
CHORES = [  # what `manage.py watch` does once an hour
    "integrations.sync.prune.prune_history",
    "integrations.health.count_ledger",
    "transactions.health.count_outbox",
    "api.pruning.prune_calls",
    "operations.statistics.refresh",
    "transactions.orphans.sweep_files",
]
CHORES_SECONDS = 60 * 60
# What /healthz and /metrics ask besides the processes.
HEALTH = ["integrations.health.queued_runs"]
METRICS = ["integrations.health.metrics", "transactions.health.metrics"]
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# /healthz says failing when a due sync has waited for a worker for longer.
QUEUE_ALARM_SECONDS = env.int("QUEUE_ALARM_SECONDS", default=1800)
WORKER_PING_SECONDS = env.int("WORKER_PING_SECONDS", default=30)
WORKER_SILENT_SECONDS = env.int("WORKER_SILENT_SECONDS", default=100)

# How `manage.py up` runs it all.
WEB_PROCESSES = env.int("WEB_PROCESSES", default=2)
WEB_THREADS = env.int("WEB_THREADS", default=4)
STOP_SECONDS = env.int("STOP_SECONDS", default=90)
FIRST_ORGANIZATION = env.str("FIRST_ORGANIZATION", default="My Company")
FIRST_ADMIN_EMAIL = env.str("FIRST_ADMIN_EMAIL", default="admin@example.test")

# --- Logs -------------------------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_FORMAT = env.str("LOG_FORMAT", default="json" if PRODUCTION else "plain")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "redact": {"()": "config.logs.RedactFilter"},
        "request_id": {"()": "config.logs.RequestIdFilter"},
        "subject": {"()": "config.logs.SubjectFilter"},
    },
    "formatters": {
        "plain": {"()": "config.logs.PlainFormatter"},
        "json": {"()": "config.logs.JsonFormatter"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["request_id", "subject", "redact"],
        }
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        "django-q": {"handlers": [], "level": "WARNING", "propagate": True},
        "axes": {"handlers": [], "level": "WARNING", "propagate": True},
        "urllib3": {"level": "WARNING"},
        "gunicorn.http.wsgi": {
            "level": "ERROR"
        },  # else each HEAD request is reported: it drops the body itself
    },
}
