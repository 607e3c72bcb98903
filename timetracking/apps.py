from django.apps import AppConfig


class TimetrackingConfig(AppConfig):
    name = "timetracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        """Accepting an invitation is heard here, because organizations do not know staff."""
        from organizations.invitations import accepted
        from timetracking.people import invitation_accepted

        accepted.connect(invitation_accepted, dispatch_uid="invitation_accepted")
