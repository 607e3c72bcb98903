"""Every address of the product; each app keeps its own list."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("operations.urls")),
    path("", include("organizations.urls")),
    path("", include("customers.urls")),
    path("", include("timetracking.urls")),
    path("", include("transactions.mailing.urls")),
    path("", include("transactions.urls")),
    path("", include("transactions.spending_urls")),
    path("", include("integrations.urls")),
    path("", include("api.urls")),
    path("admin/", admin.site.urls),
]
