"""Every address of the product; each app keeps its own list."""

import warnings
from importlib import import_module

from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("admin/", admin.site.urls)]
for app in ("operations", "organizations", "customers", "timetracking", "integrations"):
    try:  # plain includes once all are there
        import_module(f"{app}.urls")
    except ImportError as missing:
        warnings.warn(f"{app}.urls left out: {missing}", stacklevel=1)
        continue
    urlpatterns.append(path("", include(f"{app}.urls")))
