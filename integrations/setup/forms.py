"""The forms of the preferences: the wizard's first page with its portal, and the same choices later on."""

from __future__ import annotations

from typing import Any

from django import forms

from integrations.lifecycle import NOT_OWNER
from integrations.models import Connection
from integrations.zoho.records import Portal

INVOICED_BEFORE, ALL_UNBILLED = "invoiced_before", "all_unbilled"
WITH_ACCESS, WITHOUT_ACCESS = "with", "without"


class ChoicesForm(forms.Form):
    """What is synced and how."""

    sync_timesheets = forms.BooleanField(label="Timesheet", required=False)
    timesheet_status = forms.ChoiceField(
        choices=[
            (INVOICED_BEFORE, "Mark timesheets before a date as Invoiced"),
            (ALL_UNBILLED, "Import all timesheets as Unbilled"),
        ],
        required=False,
    )
    invoiced_before = forms.DateField(
        label="Date",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": "Enter a date such as 2026-01-31."},
    )
    customer_duplication = forms.ChoiceField(
        choices=Connection.Duplication.choices,
        error_messages={
            "required": "Choose Clone or Overwrite.",
            "invalid_choice": "Choose Clone or Overwrite.",
        },
    )
    sync_users = forms.BooleanField(label="Enable Automatic Users Sync", required=False)
    users_portal_access = forms.ChoiceField(
        choices=[(WITH_ACCESS, "Sync with portal access"), (WITHOUT_ACCESS, "Sync without portal access")],
        required=False,
    )
    restrict_project_creation = forms.BooleanField(label="Restrict project creation", required=False)

    def clean(self) -> dict[str, Any]:
        """A cutoff needs its date; the choice of access only matters with automatic sync."""
        data = super().clean() or {}
        if data.get("sync_timesheets") and data.get("timesheet_status") == INVOICED_BEFORE:
            if not data.get("invoiced_before") and "invoiced_before" not in self.errors:
                self.add_error("invoiced_before", "Choose the date before which timesheets are Invoiced.")
        elif "invoiced_before" in self.errors:
            del self.errors["invoiced_before"]  # a date that is not asked for need not be right
        return data

    def preferences(self) -> dict[str, Any]:
        """The choices by the names of the Connection's fields."""
        data = self.cleaned_data
        cutoff = data.get("invoiced_before") if data.get("timesheet_status") == INVOICED_BEFORE else None
        return {
            "sync_timesheets": data["sync_timesheets"],
            "invoiced_before": cutoff if data["sync_timesheets"] else None,
            "customer_duplication": data["customer_duplication"],
            "sync_users": data["sync_users"],
            "users_portal_access": data["sync_users"] and data.get("users_portal_access") == WITH_ACCESS,
            "restrict_project_creation": data["restrict_project_creation"],
        }

    @staticmethod
    def initial_of(connection: Connection) -> dict[str, Any]:
        """The present choices."""
        return {
            "sync_timesheets": connection.sync_timesheets,
            "timesheet_status": INVOICED_BEFORE if connection.invoiced_before else ALL_UNBILLED,
            "invoiced_before": connection.invoiced_before,
            "customer_duplication": connection.customer_duplication,
            "sync_users": connection.sync_users,
            "users_portal_access": WITH_ACCESS if connection.users_portal_access else WITHOUT_ACCESS,
            "restrict_project_creation": connection.restrict_project_creation,
        }


class PreferencesForm(ChoicesForm):
    """The choices with the portal. The chosen portal stands in `self.portal` when the form is valid."""

    portal_id = forms.CharField(label="Portal Name", error_messages={"required": "Choose a portal."})
    field_order = ["portal_id"]

    def __init__(self, *args: Any, portals: list[Portal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.portals = portals
        self.portal: Portal | None = None

    def clean_portal_id(self) -> str:
        """Only a portal that this account owns: the browser's word is not taken for it."""
        chosen = self.cleaned_data["portal_id"]
        self.portal = next((portal for portal in self.portals if portal.id == chosen), None)
        if self.portal is None:
            raise forms.ValidationError("This portal is not among the portals of the connected Zoho account.")
        if not self.portal.is_owner:
            raise forms.ValidationError(NOT_OWNER)
        return chosen

    @staticmethod
    def initial_of(connection: Connection) -> dict[str, Any]:
        """The kept choices of a half-finished wizard, or the defaults."""
        return {"portal_id": connection.portal_id, **ChoicesForm.initial_of(connection)}
