"""What every API call passes: token, path, method, throttle, portal, scope; then its handler."""

import re

from ..messages import error, forbidden, wrong_method, wrong_url
from ..oauth import bearer
from ..throttle import path_pattern
from .call import Call
from .routes import LEGACY, ROUTES

VERBS = {"GET": "READ", "POST": "CREATE", "PATCH": "UPDATE", "PUT": "UPDATE", "DELETE": "DELETE"}


def _compile(template):
    return re.compile("^" + re.sub(r"\\\{n\\\}", "([^/]+)", re.escape(template)) + "$")


_TABLE = [(method, _compile("/api/v3" + path), module, handler) for method, path, module, handler in ROUTES]
_TABLE += [(method, _compile("/restapi" + path), module, handler) for method, path, module, handler in LEGACY]


def answer_api(state, request):
    """The answer to one API call. Raises RefusedError."""
    access = state.tokens.valid(bearer(request))
    if not access:
        raise error(request, 401, "INVALID_OAUTHTOKEN", "Invalid OAuth access token.")
    found, methods = None, set()
    for method, path, module, handler in _TABLE:
        matched = path.match(request.path)
        if matched:
            methods.add(method)
            if method == request.method:
                found = (module, handler, matched.groups())
                break
    if not methods:
        raise wrong_url(request)
    if not found:
        raise wrong_method(request)
    module, handler, args = found
    in_portal = "/portal/" in request.path[:16]
    refusal, headers = state.throttle.check(request, args[0] if in_portal else "", path_pattern(request.path))
    if refusal:
        return refusal
    if state.switches.use("fail_once"):
        raise error(request, 500, "INTERNAL_SERVER_ERROR", "Internal Server Error")
    _check_scope(state, request, access, module)
    call = Call(state, request, access.account, headers=headers, module=module)
    if in_portal:
        call.portal = _portal(state, request, access, args[0])
        args = args[1:]
    call.args = args
    return handler(call, *args)


def _check_scope(state, request, access, module):
    verb = VERBS.get(request.method, "READ")
    refused = state.switches.missing_scope or []
    refused = refused if isinstance(refused, list) else [refused]
    if module in refused:
        raise error(request, 401, "INVALID_OAUTHSCOPE", "Invalid OAuth scope.")
    # a module may be read under any of several scopes; the first one names it
    for name in module.split("|"):
        if f"ZohoProjects.{name}.{verb}" in access.scopes or f"ZohoProjects.{name}.ALL" in access.scopes:
            return
        if request.method == "POST" and any(
            f"ZohoProjects.{name}.{v}" in access.scopes for v in ("UPDATE", "DELETE")
        ):
            return
    raise error(request, 401, "INVALID_OAUTHSCOPE", "Invalid OAuth scope.")


def _portal(state, request, access, key):
    for portal in state.portals_of(access.account):
        if portal.id == key or (request.path.startswith("/restapi/") and portal.name == key):
            return portal
    raise forbidden(request, "You do not have access to this portal")
