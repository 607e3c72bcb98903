"""Addresses of connecting and of the wizard, below /settings/zoho-apps/."""

from django.urls import path

from integrations.setup import connect, wizard

urlpatterns = [
    path("", connect.zoho_apps, name="zoho_apps"),
    path("projects/connect/", connect.connect, name="connect"),
    path("projects/callback/", connect.callback, name="callback"),
    path("projects/setup/", wizard.preferences, name="setup"),
    path("projects/setup/counts/", wizard.counts, name="setup_counts"),
    path("projects/setup/fields/", wizard.map_fields, name="setup_fields"),
]
