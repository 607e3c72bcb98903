"""Addresses of time tracking."""

from django.urls import path

from timetracking import views

urlpatterns = [
    path("time-tracking/projects/", views.project_list, name="projects"),
    path("time-tracking/projects/new/", views.project_new, name="project_new"),
    path("time-tracking/projects/<int:pk>/", views.project_detail, name="project"),
    path("time-tracking/timesheets/", views.entry_list, name="timesheets"),
    path("time-tracking/staff/", views.staff_list, name="staff"),
    path("time-tracking/staff/<int:pk>/", views.staff_detail, name="staff_user"),
]
