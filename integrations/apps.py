from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        """An employee may be created by form, admin, import or command: the signal hears all of them. Apps below
        show what the integration knows about their rows."""
        from django.db.models.signals import post_save

        from integrations import panels
        from integrations.employees import staff_user_saved
        from timetracking.models import StaffUser

        post_save.connect(staff_user_saved, sender=StaffUser, dispatch_uid="join_projects_of_new_employee")
        panels.register_all()
