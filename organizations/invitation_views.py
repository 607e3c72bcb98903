"""The page behind the link of an invitation."""

from django.contrib.auth import login
from django.contrib.auth.forms import SetPasswordForm
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from organizations import invitations
from organizations.current import SESSION_KEY
from organizations.forms import with_look


@sensitive_post_parameters()
@never_cache
def invitation(request, secret):
    """Take an invitation up: choose a password, or join as the login that exists already."""
    found = invitations.find(secret)
    if found is None:
        return render(request, "accounts/invitation_over.html", {"days": invitations.VALID_DAYS}, status=410)
    user = found.membership.user
    signed_in = request.user.is_authenticated
    context = {"invitation": found, "invited": user, "organization_name": found.membership.organization.name}
    if signed_in and request.user.pk != user.pk:
        return render(request, "accounts/invitation.html", context | {"other_login": True})
    if user.has_usable_password():
        if request.method != "POST" or not signed_in:
            return render(request, "accounts/invitation.html", context | {"join": signed_in})
        password = None
    else:
        form = with_look(SetPasswordForm(user, request.POST or None))
        if request.method != "POST" or not form.is_valid():
            return render(request, "accounts/invitation.html", context | {"form": form})
        password = form.cleaned_data["new_password1"]
    membership = invitations.accept(secret, password)
    if membership is None:
        return render(request, "accounts/invitation_over.html", {"days": invitations.VALID_DAYS}, status=410)
    if not signed_in:
        login(request, membership.user, backend="django.contrib.auth.backends.ModelBackend")
    request.session[SESSION_KEY] = membership.organization_id
    return redirect("home")
