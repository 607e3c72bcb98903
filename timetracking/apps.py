from django.apps import AppConfig


class TimetrackingConfig(AppConfig):
    name = "timetracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        """What happens to memberships is heard here, because organizations do not know staff."""
        from django.db.models.signals import post_save

        from organizations.invitations import accepted
        from organizations.models import Membership
        from organizations.rules import membership_changed
        from timetracking import panels
        from timetracking.models import StaffUser
        from timetracking.people import (
            follow_membership,
            invitation_accepted,
            link_new_member,
            link_new_person,
        )

        accepted.connect(invitation_accepted, dispatch_uid="invitation_accepted")
        membership_changed.connect(follow_membership, dispatch_uid="membership_changed")
        post_save.connect(link_new_person, sender=StaffUser, dispatch_uid="link_new_person")
        post_save.connect(link_new_member, sender=Membership, dispatch_uid="link_new_member")
        panels.register()
