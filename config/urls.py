"""Every address of the product; each app keeps its own list."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("admin/", admin.site.urls)]
for app in ("operations", "organizations", "customers", "timetracking", "integrations"):
    if find_spec(app) and find_spec(f"{app}.urls"):  # plain includes once all are there
        urlpatterns.append(path("", include(f"{app}.urls")))
