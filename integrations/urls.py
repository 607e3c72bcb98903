"""Addresses of the integration, all under Settings → Zoho Apps."""

from django.urls import include, path

app_name = "integrations"

urlpatterns = [
    path("settings/zoho-apps/", include("integrations.setup.urls")),
    path("settings/zoho-apps/projects/", include("integrations.dashboard.urls")),
]
