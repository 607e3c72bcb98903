"""Settings → API tokens, and the readable pages about the API."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from api import tokens
from api.listing import COMMON, VARIANTS
from organizations.activity import Activity
from organizations.current import current_membership, member_required, role_required
from organizations.forms import with_look
from organizations.once import new_token, use_up

ENDINGS = list(dict.fromkeys(ending for kind in VARIANTS.values() for ending in kind if ending))
LAST = "Not kept here"  # the tag of what is refused
DAYS = [("30", "30 days"), ("90", "90 days"), ("365", "One year"), ("", "Never")]
SCOPES = [
    (f"ERP.{module}.{verb}", f"ERP.{module}.{verb}")
    for module in tokens.MODULES
    for verb in (*tokens.VERBS, "ALL")
]


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(max_length=100, help_text="Which program uses it; the history shows this name.")
    days = forms.ChoiceField(label="Expires after", choices=DAYS, required=False, initial="365")
    scopes = forms.MultipleChoiceField(
        choices=SCOPES, error_messages={"required": "Choose what the token may do."}
    )

    def rows(self):
        """[(module's label, [(scope, verb, chosen)])] for the table of the page."""
        chosen = self["scopes"].value() or []
        return [
            (
                label,
                [
                    (f"ERP.{name}.{verb}", verb.lower(), f"ERP.{name}.{verb}" in chosen)
                    for verb in (*tokens.VERBS, "ALL")
                ],
            )
            for name, label in tokens.MODULES.items()
        ]


def _note(request, token, text):
    Activity.objects.create(
        organization=token.organization, subject="organization", subject_id=token.organization_id,
        user=request.user, text=text,
    )  # fmt: skip


@never_cache
@role_required("admin", "staff")
def token_list(request):
    """One's tokens (administrators: everybody's), and a form for a new one, whose secret is shown once."""
    membership = current_membership(request)
    form, secret, made = with_look(TokenForm(request.POST or None)), "", None
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        with transaction.atomic():
            if not use_up(request):
                messages.info(
                    request,
                    "This token was made already; its secret was shown once.",
                )
                return redirect("api_tokens")
            try:
                days = int(values["days"]) if values["days"] else None
                made, secret = tokens.make_token(membership, values["name"], values["scopes"], days)
            except ValidationError as refused:
                form.add_error(None, " ".join(refused.messages))
            else:
                _note(request, made, f"Made the API token {made.name}")
                form = with_look(TokenForm())
    context = {
        "form": form, "secret": secret, "made": made, "tokens": tokens.manageable(membership),
        "verbs": (*tokens.VERBS, "ALL"), "once": new_token(), "organization_id": membership.organization_id,
        "now": timezone.now(),
    }  # fmt: skip
    return render(request, "api/tokens.html", context)


@role_required("admin", "staff")
@require_POST
def token_revoke(request, pk):
    """Revoke a token of one's own; administrators revoke everybody's."""
    token = tokens.manageable(current_membership(request)).filter(pk=pk).first()
    if token is None:
        raise Http404
    tokens.revoke(token)
    _note(request, token, f"Revoked the API token {token.name}")
    messages.success(request, f"The token {token.name} opens nothing any more.")
    return redirect("api_tokens")


@member_required
@require_GET
def docs(request):
    """Every address of the API, made from its OpenAPI document."""
    from api.main import api

    schema = api.get_openapi_schema(path_prefix="/erp/v3")
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in schema["paths"].items():
        for method, item in methods.items():
            names = [
                entry["name"] for entry in item.get("parameters", ()) if entry["name"] != "organization_id"
            ]
            parameters, variants = _apart(names)
            groups.setdefault(item["tags"][0], []).append(
                {
                    "method": method.upper(), "path": path, "summary": item.get("summary", ""),
                    "scope": item.get("description", ""), "parameters": parameters, "variants": variants,
                    "fields": _fields(schema, item),
                }
            )  # fmt: skip
    if LAST in groups:
        groups[LAST] = groups.pop(LAST)
    context = {
        "groups": groups,
        "site": settings.SITE_URL,
        "organization_id": current_membership(request).organization_id,
        "per_minute": settings.API_TOKEN_REQUESTS_PER_MINUTE,
    }
    return render(request, "api/docs.html", context)


def _apart(names):
    """(parameters that stand by themselves, [(filter, its endings)])."""
    plain = [name for name in names if name in COMMON or "filter_by" not in names]
    rest = [name for name in names if name not in plain]
    filters = []
    for name in rest:
        if any(name.startswith(f"{other}_") and name.removeprefix(other) in ENDINGS for other in rest):
            continue
        filters.append((name, [ending for ending in ENDINGS if name + ending in rest]))
    return [{"name": name} for name in plain], filters


def _fields(schema, item):
    """[(field, its kind, whether it is needed)] of an operation's body."""
    content = item.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    for choice in [content, *content.get("anyOf", ())]:
        if name := choice.get("$ref", "").rsplit("/", 1)[-1]:
            found = schema["components"]["schemas"][name]
            needed = found.get("required", ())
            return [(key, _kind(value), key in needed) for key, value in found.get("properties", {}).items()]
    return []


def _kind(value):
    kinds = [choice.get("type", "") for choice in value.get("anyOf", [value])]
    return next((kind for kind in kinds if kind not in ("", "null")), "")
