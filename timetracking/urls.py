"""Addresses of time tracking."""

from django.urls import path

from timetracking import (
    entry_views,
    filter_views,
    import_views,
    log_views,
    people_views,
    project_parts_views,
    project_views,
    radar_views,
    views,
    week_views,
)

urlpatterns = [
    path("time-tracking/projects/", project_views.project_list, name="projects"),
    path("time-tracking/projects/new/", project_views.project_new, name="project_new"),
    path("time-tracking/projects/<int:pk>/", project_views.project_detail, name="project"),
    path("time-tracking/projects/<int:pk>/edit/", project_views.project_edit, name="project_edit"),
    path("time-tracking/projects/<int:pk>/status/", project_views.project_status, name="project_status"),
    path("time-tracking/projects/<int:pk>/clone/", project_views.project_clone, name="project_clone"),
    path("time-tracking/projects/<int:pk>/delete/", project_views.project_delete, name="project_delete"),
    path(
        "time-tracking/projects/<int:pk>/people/add/",
        project_parts_views.person_add,
        name="project_person_add",
    ),
    path(
        "time-tracking/projects/<int:pk>/people/<int:person_pk>/",
        project_parts_views.person_rates,
        name="project_person",
    ),
    path(
        "time-tracking/projects/<int:pk>/people/<int:person_pk>/remove/",
        project_parts_views.person_remove,
        name="project_person_remove",
    ),
    path("time-tracking/projects/<int:pk>/tasks/new/", project_parts_views.task_edit, name="task_new"),
    path(
        "time-tracking/projects/<int:pk>/tasks/<int:task_pk>/",
        project_parts_views.task_edit,
        name="task_edit",
    ),
    path(
        "time-tracking/projects/<int:pk>/tasks/<int:task_pk>/delete/",
        project_parts_views.task_delete,
        name="task_delete",
    ),
    path("time-tracking/timesheets/", entry_views.entry_list, name="timesheets"),
    path("time-tracking/timesheets/totals/", entry_views.entry_totals, name="entry_totals"),
    path("time-tracking/timesheets/mark/", entry_views.entries_mark, name="entries_mark"),
    path("time-tracking/timesheets/export/", entry_views.entries_export, name="entries_export"),
    path("time-tracking/timesheets/filters/", filter_views.filter_save, name="filter_save"),
    path(
        "time-tracking/timesheets/filters/<int:pk>/delete/", filter_views.filter_delete, name="filter_delete"
    ),
    path("time-tracking/timesheets/new/", log_views.entry_edit, name="entry_new"),
    path("time-tracking/timesheets/<int:pk>/edit/", log_views.entry_edit, name="entry_edit"),
    path("time-tracking/timesheets/<int:pk>/delete/", log_views.entry_delete, name="entry_delete"),
    path("time-tracking/timesheets/week/", week_views.grid, name="timesheet_week"),
    path("time-tracking/timesheets/import/", import_views.entries_import, name="entries_import"),
    path("time-tracking/unbilled/", radar_views.radar, name="unbilled"),
    path("time-tracking/staff/", views.staff_list, name="staff"),
    path("time-tracking/staff/new/", people_views.person_new, name="person_new"),
    path("time-tracking/staff/<int:pk>/", views.staff_detail, name="staff_user"),
    path("time-tracking/staff/<int:pk>/edit/", people_views.person_edit, name="person_edit"),
    path("time-tracking/staff/<int:pk>/invite/", people_views.person_invite, name="person_invite"),
    path("time-tracking/staff/<int:pk>/uninvite/", people_views.person_uninvite, name="person_uninvite"),
    path("time-tracking/staff/<int:pk>/permissions/", people_views.person_grants, name="person_grants"),
    path("time-tracking/staff/<int:pk>/access/", people_views.person_access, name="person_access"),
    path(
        "time-tracking/staff/<int:pk>/deactivate/", people_views.person_deactivate, name="person_deactivate"
    ),
    path("time-tracking/staff/<int:pk>/activate/", people_views.person_activate, name="person_activate"),
    path("time-tracking/staff/members/<int:pk>/add/", people_views.member_add, name="member_add"),
]
