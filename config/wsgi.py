"""Entrance for web servers: `gunicorn config.wsgi`."""

import os

from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# A web server does not run Django's checks by itself, and a half-configured start must not serve pages.
if _wrong := [found for found in run_checks(tags=["erp"]) if found.level >= ERROR]:
    raise ImproperlyConfigured("\n".join(f"{found.id}: {found.msg} {found.hint}" for found in _wrong))
