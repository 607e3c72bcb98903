from django.apps import AppConfig


class TimetrackingConfig(AppConfig):
    name = "timetracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        """What happens to memberships is heard here, because organizations do not know staff."""
        from organizations.invitations import accepted
        from organizations.rules import membership_changed
        from timetracking.people import follow_membership, invitation_accepted

        accepted.connect(invitation_accepted, dispatch_uid="invitation_accepted")
        membership_changed.connect(follow_membership, dispatch_uid="membership_changed")
