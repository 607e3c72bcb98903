"""Addresses of the details page and what hangs on it, below /settings/zoho-apps/projects/."""

from django.urls import path

from integrations.dashboard import (
    actions,
    details,
    error_actions,
    errors,
    history,
    mapping,
    run_page,
    settings,
    timeline,
    why,
)

urlpatterns = [
    path("", details.details, name="details"),
    path("status/", details.status, name="status"),
    path("sync/", actions.instant_sync, name="instant_sync"),
    path("stop/", actions.stop, name="stop"),
    path("brakes/<int:pk>/", actions.brake, name="brake"),
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
    path("errors/problems.csv", errors.problems_csv, name="problems_csv"),
    path("errors/retry/", error_actions.retry, name="retry"),
    path("errors/ignore/", error_actions.ignore, name="ignore"),
    path("errors/ignored/", error_actions.ignored, name="ignored"),
    path("errors/ignored/undo/", error_actions.unignore, name="unignore"),
    path("errors/why/", why.why, name="why"),
    path("errors/blocked/<int:pk>/", errors.blocked, name="blocked"),
    path("errors/<str:module>/", errors.module_errors, name="module_errors"),
]
