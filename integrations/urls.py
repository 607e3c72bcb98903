"""Addresses of the integration, all but one under Settings → Zoho Apps."""

from django.urls import include, path

from integrations import radar
from integrations.dashboard import hint_page

app_name = "integrations"

urlpatterns = [
    path("time-tracking/unbilled/<str:kind>/", radar.records, name="unbilled_records"),
    path("hints/zoho-projects/<str:secret>/", hint_page.hint, name="hint"),
    path("settings/zoho-apps/", include("integrations.setup.urls")),
    path("settings/zoho-apps/projects/", include("integrations.dashboard.urls")),
]
