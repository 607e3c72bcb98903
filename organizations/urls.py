"""Sign-in, home and Settings."""

from django.conf import settings
from django.contrib.auth import views as auth
from django.contrib.auth.forms import PasswordChangeForm, PasswordResetForm, SetPasswordForm
from django.urls import path

from organizations import invitation_views, views
from organizations.forms import SignInForm, with_look


class _Looks:
    def get_form(self, *args, **kwargs):
        return with_look(super().get_form(*args, **kwargs))


class ChangePassword(_Looks, auth.PasswordChangeView):
    form_class = PasswordChangeForm
    template_name = "accounts/password_change.html"


class ResetPassword(_Looks, auth.PasswordResetView):
    form_class = PasswordResetForm
    template_name = "accounts/password_reset.html"
    email_template_name = "accounts/password_reset_email.txt"
    subject_template_name = "accounts/password_reset_subject.txt"
    extra_email_context = {"site_url": settings.SITE_URL}


class NewPassword(_Looks, auth.PasswordResetConfirmView):
    form_class = SetPasswordForm
    template_name = "accounts/password_reset_confirm.html"


def _words(template):
    return {"template_name": f"accounts/{template}.html"}


urlpatterns = [
    path("", views.home, name="home"),
    path(
        "login/",
        auth.LoginView.as_view(
            authentication_form=SignInForm, redirect_authenticated_user=True, **_words("login")
        ),
        name="login",
    ),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("password/", ChangePassword.as_view(), name="password_change"),
    path(
        "password/changed/",
        auth.PasswordChangeDoneView.as_view(**_words("password_change_done")),
        name="password_change_done",
    ),
    path("password/reset/", ResetPassword.as_view(), name="password_reset"),
    path(
        "password/reset/sent/",
        auth.PasswordResetDoneView.as_view(**_words("password_reset_done")),
        name="password_reset_done",
    ),
    path("password/reset/<uidb64>/<token>/", NewPassword.as_view(), name="password_reset_confirm"),
    path(
        "password/reset/done/",
        auth.PasswordResetCompleteView.as_view(**_words("password_reset_complete")),
        name="password_reset_complete",
    ),
    path("invitation/<str:secret>/", invitation_views.invitation, name="invitation"),
    path("organization/switch/", views.switch_organization, name="switch_organization"),
    path("settings/", views.settings_home, name="settings"),
    path("settings/organization/", views.organization_settings, name="organization_settings"),
    path("settings/custom-fields/", views.custom_fields, name="custom_fields"),
    path("settings/custom-fields/new/", views.custom_field_edit, name="custom_field_new"),
    path("settings/custom-fields/<int:pk>/", views.custom_field_edit, name="custom_field"),
    path("settings/custom-fields/<int:pk>/delete/", views.custom_field_delete, name="custom_field_delete"),
]
