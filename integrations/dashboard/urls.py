"""Addresses of the details page and what hangs on it, below /settings/zoho-apps/projects/."""

from django.urls import path

from integrations.dashboard import actions, details, errors, history, mapping, run_page, settings, timeline

urlpatterns = [
    path("", details.details, name="details"),
    path("status/", details.status, name="status"),
    path("sync/", actions.instant_sync, name="instant_sync"),
    path("duplication/", actions.duplication, name="duplication"),
    path("disable/", actions.disable, name="disable"),
    path("enable/", actions.enable, name="enable"),
    path("delete/", actions.delete, name="delete"),
    path("preferences/", settings.change_preferences, name="preferences"),
    path("interval/", settings.interval, name="interval"),
    path("test-mail/", settings.test_mail, name="test_mail"),
    path("timeline/", timeline.timeline, name="timeline"),
    path("map/", mapping.change_map, name="map"),
    path("map/options/<int:pk>/", mapping.add_options, name="add_options"),
    path("history/", history.history, name="history"),
    path("history/runs.csv", history.history_csv, name="history_csv"),
    path("history/keep/", history.keep, name="history_keep"),
    path("history/<int:pk>/", run_page.run_page, name="run"),
    path("history/<int:pk>/changes.csv", run_page.run_csv, name="run_csv"),
    path("history/<int:pk>/fields/<str:module>/", history.mapped_fields, name="mapped_fields"),
    path("errors/", errors.summary, name="errors"),
    path("errors/<str:module>/", errors.module_errors, name="module_errors"),
]
