"""Addresses of time tracking."""

from django.urls import path

from timetracking import people_views, views

urlpatterns = [
    path("time-tracking/projects/", views.project_list, name="projects"),
    path("time-tracking/projects/new/", views.project_new, name="project_new"),
    path("time-tracking/projects/<int:pk>/", views.project_detail, name="project"),
    path("time-tracking/timesheets/", views.entry_list, name="timesheets"),
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
