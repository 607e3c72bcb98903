"""Who calls: the token, its owner's membership and its organization. django-ninja asks this first of all."""

from dataclasses import dataclass
from typing import Any

from ninja.security.apikey import APIKeyHeader

from api import limits, tokens
from api.errors import BAD_VALUE, THROTTLED, Refused, not_authorized


@dataclass
class Call:
    """One call of the API."""

    token: Any
    membership: Any
    organization: Any
    request: Any
    resource: str = ""  # first part of the address, such as "invoices"

    @property
    def user(self):
        """The token's owner."""
        return self.membership.user

    @property
    def through(self):
        """What the history says the owner acted with."""
        return f"API token {self.token.name}"


class TokenAuth(APIKeyHeader):
    """`Authorization: Zoho-oauthtoken …` or `Bearer …`, with a scope, for the organization named in the address."""

    param_name = "Authorization"
    openapi_name = "token"

    def __init__(self, module, verb, needs_organization=True):
        super().__init__()
        self.module, self.verb, self.needs_organization = module, verb, needs_organization

    def authenticate(self, request, key):
        """The Call, or Refused."""
        kind, _, secret = (key or "").strip().partition(" ")
        if kind.lower() not in ("zoho-oauthtoken", "bearer"):
            raise not_authorized("Send the header “Authorization: Zoho-oauthtoken …”.", 401)
        token, problem = tokens.find(secret.strip())
        if problem:
            raise not_authorized(problem, 401)
        request.api_standing = limits.count(token)
        if request.api_standing.is_over:
            raise Refused(429, THROTTLED, limits.TEXT)
        membership = token.owner
        wanted = request.GET.get("organization_id")
        if wanted is not None and wanted != str(token.organization_id):
            raise not_authorized("The token belongs to another organization.")
        if wanted is None and self.needs_organization:
            raise Refused(400, BAD_VALUE, "organization_id is needed in the address.", "organization_id")
        if not tokens.allows(token, self.module, self.verb):
            raise not_authorized(f"The token lacks the scope ERP.{self.module}.{self.verb}.")
        return Call(token, membership, membership.organization, request)
