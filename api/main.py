"""The API itself: where its parts meet, and how every refusal is answered."""

import logging

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja import errors as ninja_errors
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from api.building import JSON
from api.errors import (
    BAD_JSON,
    BAD_VALUE,
    INTERNAL,
    RULE,
    TOO_LARGE,
    Refused,
    from_rule,
    no_row,
    unknown_name,
)
from api.resources import all_routers
from api.values import decoded, encoded
from transactions.errors import TransactionRefused

log = logging.getLogger(__name__)


def _form(request):
    """The fields of a form, also of a PUT, which Django leaves unread."""
    if request.method == "POST":
        return request.POST
    if request.content_type == "multipart/form-data":
        return request.parse_file_upload(request.META, request)[0]
    return QueryDict(request.body)


class BodyParser(Parser):
    """JSON, or the old way: a form whose field JSONString holds it."""

    def parse_body(self, request):
        """The body's object. Raises Refused."""
        if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
            form = _form(request)
            return decoded(form.get("JSONString", "") if form else "{}")  # nothing at all is an empty body
        return decoded(request.body)


class ExactJson(BaseRenderer):
    media_type = "application/json"

    def render(self, request, data, *, response_status):
        return encoded(data)


api = NinjaAPI(
    title="Projects ERP",
    version="3",
    description="Documents, projects and the state of the integration. Every call names its organization_id.",
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
    parser=BodyParser(),
    renderer=ExactJson(),
)


def answer_of(refused):
    """The HTTP answer of a Refused."""
    response = HttpResponse(encoded(refused.body()), content_type=JSON, status=refused.status)
    if refused.status == 401:
        response["WWW-Authenticate"] = "Zoho-oauthtoken, Bearer"
    return response


@api.exception_handler(Refused)
def _refused(request, error):
    return answer_of(error)


@api.exception_handler(TransactionRefused)
def _rule(request, error):
    return answer_of(from_rule(error, getattr(getattr(request, "auth", None), "resource", "")))


@api.exception_handler(ValidationError)
def _model(request, error):
    name = next(iter(error.message_dict), "") if hasattr(error, "error_dict") else ""
    name = "" if name == "__all__" else name
    return answer_of(Refused(400, RULE, " ".join(error.messages), name))


@api.exception_handler(Http404)
def _missing(request, error):
    return answer_of(no_row("Resource does not exist"))


@api.exception_handler(RequestDataTooBig)
def _too_big(request, error):
    return answer_of(Refused(413, TOO_LARGE, "The body is too large."))


@api.exception_handler(MultiPartParserError)
def _bad_form(request, error):
    return answer_of(Refused(400, BAD_JSON, "JSON is not well formed", detail="The form cannot be read."))


@api.exception_handler(ninja_errors.HttpError)
def _http(request, error):
    cause = error.__cause__
    if isinstance(cause, Refused):
        return answer_of(cause)
    if isinstance(cause, RequestDataTooBig):
        return _too_big(request, cause)
    if isinstance(cause, MultiPartParserError):
        return _bad_form(request, cause)
    return answer_of(Refused(error.status_code, BAD_JSON, "JSON is not well formed"))


@api.exception_handler(ninja_errors.ValidationError)
def _schema(request, error):
    """The first thing that does not fit, by its name."""
    first = error.errors[0]
    place = [str(part) for part in first["loc"] if part not in ("body", "query", "path")]
    name, kind = ".".join(place), first["type"]
    if kind == "extra_forbidden":
        return answer_of(unknown_name(name, "field"))
    if kind == "missing":
        what = name or "The body"
        return answer_of(Refused(400, BAD_VALUE, f"{what} is needed.", name))
    return answer_of(Refused(400, BAD_VALUE, f"Invalid value passed for {name or 'body'}", name))


@api.exception_handler(Exception)
def _unexpected(request, error):
    log.error("An API call failed", exc_info=error)
    return answer_of(Refused(500, INTERNAL, "Internal error"))


for _prefix, _router in all_routers():
    api.add_router(_prefix, _router)
