"""From a description to django-ninja operations: one place where every call is guarded, read and answered."""

import hashlib
import inspect
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from ninja import Body, Query, Router, Schema
from pydantic import ConfigDict, create_model, model_validator

from api import formats, uploads
from api.call import TokenAuth
from api.errors import BAD_VALUE, KEY_USED, OK, Refused, bad_value, unknown_name
from api.listing import COMMON, page_of
from api.models import IdempotentCall
from api.values import encoded
from api.walks import read_page
from organizations.history import acting
from organizations.zones import zone_of

JSON = "application/json;charset=utf-8"
EVERYWHERE = {"organization_id", "accept", "authtoken"}  # old clients repeat their token; the header counts
new_model: Any = create_model  # its fields come from names here, which no type can follow


class In(Schema):
    """A body: fields that are not named are refused."""

    model_config = ConfigDict(extra="forbid", str_max_length=100_000, arbitrary_types_allowed=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty_flags(cls, data):
        """Old clients send "" or "none" where a flag was not set."""
        data = getattr(data, "_obj", data)
        if not isinstance(data, dict):
            return data
        return {
            name: value
            for name, value in data.items()
            if value not in ("", "none") or not _is_flag(cls.model_fields.get(name))
        }


def _is_flag(field):
    return field is not None and field.annotation in (bool, bool | None)


class Out(Schema):
    """An answer's node."""

    model_config = ConfigDict(extra="forbid")


class Problem(Schema):
    """An answer that refuses."""

    code: int
    message: str
    field: str = ""
    detail: str = ""


def out(name, /, **fields):
    """An answer's node of these fields, name → type; every one may be left out where a role does not see it."""
    return new_model(name, __base__=Out, **{key: (kind, None) for key, kind in fields.items()})


PAGE_CONTEXT = out(
    "PageContext", page=int, per_page=int, has_more_page=bool, report_name=str, applied_filter=str,
    sort_column=str, sort_order=str, total=int, sums=list[dict[str, Any]],
)  # fmt: skip
REFUSALS = dict.fromkeys((400, 401, 403, 404, 406, 409, 413, 429, 500, 503), Problem)


def operation(
    router, method, path, work, *, module, verb, name, node=None, kind=None, many=False, body=None,
    query=(), status=200, summary="", needs_organization=True, body_needed=True, upload="", other_formats=False,
    alias="",
):  # fmt: skip
    """Add one operation.

    `work(call, *ids of the path, body values)` returns (message, node's value) or an HttpResponse; lists return
    (message, rows, page_context). `query`: further parameters that are possible. `upload`: the name of the form field
    with a file. `alias`: another name of the node, under which the vendor has it, too. `other_formats`: `work` itself
    answers what `Accept` asks for.
    """
    ids = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    known = {*EVERYWHERE, *query, *(["id"] if ids else [])}
    query_model = new_model(
        f"{name.title().replace('_', '')}Query",
        __base__=Schema,
        organization_id=(str, ...) if needs_organization else (str, ""),
        **dict.fromkeys(sorted(known - {"organization_id"}), (str, "")),
    )
    answers: dict[str, Any] = {"code": (int, OK), "message": (str, "success"), "warnings": (list[str], [])}
    if node:
        answers[node] = (_list_of(kind) if many else kind, ...)
        if alias:
            answers[alias] = answers[node]
    if many:
        answers["page_context"] = (PAGE_CONTEXT, ...)
    answer = new_model(f"{name.title().replace('_', '')}Answer", __base__=Out, **answers)

    def view(request, **values):
        call = request.auth
        call.resource = path.split("/")[1]
        for key in request.GET:
            if key not in known:
                raise unknown_name(key)
        arguments = [values[key] for key in ids]
        if ids and request.GET.get("id", arguments[-1]) not in arguments:
            raise bad_value("id", "id says something else than the address.")
        if body is not None:
            given = values.get("body")
            arguments.append(given.model_dump(exclude_unset=True) if given is not None else {})
        csv_wanted = method == "get" and not other_formats and formats.csv_wanted(call, many)
        with acting(call.user, call.through), _zone(call):
            if method == "post" and status == 201:
                return _once(request, lambda: _answer(work(call, *arguments), node, status))
            found = work(call, *arguments)
            if alias and not isinstance(found, HttpResponseBase):
                found = (*found, {alias: found[1]})
            if csv_wanted and not isinstance(found, HttpResponseBase):
                return formats.csv_of(path, kind, found[1])
            return _answer(found, node, status)

    kinds = [inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    keyword = inspect.Parameter.KEYWORD_ONLY
    kinds += [inspect.Parameter(key, keyword, annotation=str) for key in ids]
    kinds.append(inspect.Parameter("query", keyword, annotation=query_model, default=Query(...)))
    if body is not None:
        kinds.append(
            inspect.Parameter("body", keyword, annotation=body, default=Body(... if body_needed else None))
        )
    described: Any = view
    described.__signature__ = inspect.Signature(kinds)
    view.__name__ = name
    view.__doc__ = summary
    getattr(router, method)(
        path,
        auth=TokenAuth(module, verb, needs_organization),
        response={status: answer, **REFUSALS},
        operation_id=name,
        url_name=f"{name}",
        summary=summary or name.replace("_", " ").capitalize(),
        description=f"Scope ERP.{module}.{verb}.",
        openapi_extra=_upload_schema(upload) if upload else None,
    )(view)


def _list_of(kind: Any) -> Any:
    return list[kind]


def _upload_schema(field):
    file = {"type": "string", "format": "binary"}
    content = {"schema": {"type": "object", "properties": {field: file}, "required": [field]}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": content}}}


def _zone(call):
    from django.utils import timezone

    return timezone.override(zone_of(call.organization))


def _answer(found, node, status):
    """An HttpResponse made of what an operation's work returned."""
    if isinstance(found, HttpResponseBase):
        return found
    message, value, *rest = found
    data = {"code": OK, "message": message}
    if node:
        data[node] = value
    for extra in rest:
        data |= extra
    return HttpResponse(encoded(data), content_type=JSON, status=status)


def _once(request, make):
    """The answer of a creation; with an Idempotency-Key the same key and body get the first answer again."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        with transaction.atomic():
            return make()
    if len(key) > 200 or not key.isprintable():
        raise Refused(400, BAD_VALUE, "An Idempotency-Key has at most 200 characters.", "Idempotency-Key")
    token = request.auth.token
    digest = _digest(request)
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = IdempotentCall.objects.create(token=token, key=key, digest=digest)
        except IntegrityError:  # the first one is done: a second waits at the constraint until then
            row = IdempotentCall.objects.get(token=token, key=key)
            if row.digest != digest:
                raise Refused(
                    409, KEY_USED, "This Idempotency-Key was used with another body.", "Idempotency-Key"
                ) from None
            response = HttpResponse(row.answer, content_type=JSON, status=row.status)
            response["Idempotency-Replayed"] = "true"
            return response
        response = make()
        row.answer, row.status = response.content.decode(), response.status_code
        row.save(update_fields=["answer", "status"])
        return response


def _digest(request):
    """Of address and body; of an upload its fields and files, whose boundary differs from call to call."""
    if request.content_type != "multipart/form-data":
        return hashlib.sha256(f"{request.path}\n".encode() + request.body).hexdigest()
    found = hashlib.sha256(f"{request.path}\n{sorted(request.POST.lists())}".encode())
    for file in uploads.files_of(request):
        found.update(f"\n{file.name}\n".encode() + hashlib.sha256(file.read()).digest())
        file.seek(0)
    return found.hexdigest()


def listed(call, rows, listing, shown, report, with_all=lambda rows: rows, extra=None):
    """What a list's operation returns: (message, nodes, page_context)."""
    params = call.request.GET.dict()
    page, per_page = page_of(params)
    rows, applied = listing.filtered(rows, params, call)
    unordered = rows
    rows, path, column, order = listing.ordered(rows, params)
    found, more = read_page(call, rows, path, page, per_page, with_all)
    context = {
        "page": page,
        "per_page": per_page,
        "has_more_page": more,
        "report_name": report,
        "applied_filter": applied,
        "sort_column": column,
        "sort_order": order,
    }
    if extra:
        found, more_context = extra(unordered, found)
        context |= more_context
    return "success", [shown(row) for row in found], {"page_context": context}


PAGES = ("page", "per_page")


def sliced(call, nodes):
    """What the operation of a short list returns, whose nodes are all there: the page that was asked for."""
    page, per_page = page_of(call.request.GET.dict())
    start = (page - 1) * per_page
    context = context_of(page, per_page, len(nodes) > start + per_page)
    return "success", nodes[start : start + per_page], context


def context_of(page=1, per_page=200, more=False):
    """{"page_context": …} of a list that is neither filtered nor sorted."""
    found = {"page": page, "per_page": per_page, "has_more_page": more}
    return {"page_context": found | dict.fromkeys(PLAIN_LIST, "")}


PLAIN_LIST = ("report_name", "applied_filter", "sort_column", "sort_order")


def list_parameters(listing, *more):
    """Names of the parameters of a list, for `operation(query=…)`."""
    return (*COMMON, *listing.parameters(), *listing.special, *more)


def router(tag):
    """A Router of one resource."""
    return Router(tags=[tag])
