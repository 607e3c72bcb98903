"""The operations that every resource has: list, get, create, update (also by another system's id), delete."""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction

from api import external
from api.building import In, list_parameters, listed, new_model, operation
from api.errors import no_row
from api.listing import Listing
from api.values import id_text, path_id

CUSTOM_FIELD: Any = new_model(
    "CustomFieldIn", __base__=In, api_name=(str, ...), value=(str | None, None),
    **dict.fromkeys(("label", "index", "customfield_id", "data_type", "placeholder"), (Any, None)),
)  # fmt: skip
NOT_KEPT = "{} is not kept here."
NOTHING: tuple[Any, ...] = (None, "", [], {}, False, 0)


def body(name, /, required=(), not_kept=(), with_ids=True, **fields):
    """A body of these fields; `not_kept` ones are taken, too, and named under `warnings` in the answer.

    None means the same as an empty value.
    """
    made = {key: (kind, ...) if key in required else (kind | None, None) for key, kind in fields.items()}
    made |= dict.fromkeys(not_kept, (Any, None))
    if with_ids:
        made["custom_fields"] = (list[CUSTOM_FIELD] | None, None)
    return new_model(name, __base__=In, **made)


def _same(given, shown):
    """True when a program sent back what it got: 20.0 is 20.00."""
    if isinstance(given, int | Decimal) and isinstance(shown, int | Decimal):
        return given == shown
    return str(given) == str(shown)


def _as_it_is(rows):
    return rows


@dataclass
class Resource:
    """One resource. Functions get the Call first and raise the rules' own refusals."""

    path: str  # such as "contacts"
    node: str
    nodes: str
    module: str  # of the scopes
    id_name: str
    missing: str  # the table's text for 1002
    out: Any
    listing: Listing
    rows: Any  # rows(call): those the caller may see; raises Refused (403) where they may see none
    shown: Any  # shown(call, row, full) -> dict
    create: Any = None  # create(call, values) -> row
    update: Any = None  # update(call, row, values) -> row
    delete: Any = None  # delete(call, row)
    create_body: Any = None
    update_body: Any = None
    not_kept: tuple[str, ...] = ()
    with_all: Any = _as_it_is
    texts: dict[str, Any] = field(default_factory=dict)  # "created" may be a function of the row
    more: Any = None  # more(call, all rows, rows of the page) -> (rows, further page_context)
    list_query: tuple[str, ...] = ()
    get_query: tuple[str, ...] = ()
    write_query: tuple[str, ...] = ()
    get: Any = None  # get(call, row) -> HttpResponse or None: other formats

    def found(self, call, text):
        """The row of an id in the address; Refused (1002) when there is none that the caller may see."""
        pk = path_id(text)
        row = self.with_all(self.rows(call)).filter(pk=pk).first() if pk is not None else None
        if row is None:
            raise no_row(self.missing)
        return row

    def node_of(self, call, row, full=True, ids=None):
        """The row as its node, with the ids that other systems gave it."""
        data = self.shown(call, row, full)
        if ids is None:
            ids = external.of_rows(call, self.path, [row.pk])
        data["custom_fields"] = ids.get(row.pk, [])
        return data

    def anew(self, call, row):
        """The node of a row read anew."""
        return self.node_of(call, self.with_all(type(row)._default_manager.filter(pk=row.pk)).get())

    def read_only(self):
        """Fields of the answer that no body sets: a program may send back what it got."""
        taken = set(self.create_body.model_fields) if self.create_body else set()
        return [name for name in self.out.model_fields if name not in taken]

    def _body(self, model):
        """The body with the fields of the answer that are taken, but not set."""
        more: dict[str, Any] = dict.fromkeys(self.read_only(), (Any, None))
        return new_model(f"{model.__name__}Whole", __base__=model, **more)

    def add_to(self, router):
        """Add the operations this resource has."""
        self._reading(router)
        common = {"module": self.module, "node": self.node, "kind": self.out, "query": self.write_query}
        one = f"/{self.path}/{{{self.id_name}}}"
        if self.create:
            operation(
                router, "post", f"/{self.path}", self._create, verb="CREATE", name=f"create_{self.node}",
                body=self._body(self.create_body), status=201, **common,
            )  # fmt: skip
        if self.update:
            operation(
                router, "put", f"/{self.path}", self._upsert, verb="UPDATE", name=f"update_{self.node}_by_its_id",
                body=self._body(self.update_body), **common,
                summary="Update by a unique custom field (X-Unique-Identifier-Key, -Value; X-Upsert to create).",
            )  # fmt: skip
            operation(
                router, "put", one, self._update, verb="UPDATE", name=f"update_{self.node}",
                body=self._body(self.update_body), **common,
            )  # fmt: skip
        if self.delete:
            operation(router, "delete", one, self._delete, module=self.module, verb="DELETE",
                      name=f"delete_{self.node}")  # fmt: skip

    def _reading(self, router):
        operation(
            router, "get", f"/{self.path}", self._list, module=self.module, verb="READ",
            name=f"list_{self.path}", node=self.nodes, kind=self.out, many=True,
            query=list_parameters(self.listing, *self.list_query),
        )  # fmt: skip
        operation(
            router, "get", f"/{self.path}/{{{self.id_name}}}", self._get, module=self.module, verb="READ",
            name=f"get_{self.node}", node=self.node, kind=self.out, query=self.get_query,
            other_formats=self.get is not None,
        )  # fmt: skip

    def _list(self, call):
        known = {}

        def with_all(rows):
            rows = list(self.with_all(rows))
            known.update(external.of_rows(call, self.path, [row.pk for row in rows]))
            return rows

        def shown(row):
            return self.node_of(call, row, False, known)

        more = partial(self.more, call) if self.more else None
        return listed(call, self.rows(call), self.listing, shown, self.nodes.title(), with_all, more)

    def _get(self, call, pk):
        row = self.found(call, pk)
        if self.get and (other := self.get(call, row)):
            return other
        return "success", self.node_of(call, row)

    def _split(self, values, shown=None):
        """(ids of other systems, warnings) taken out of `values`. `shown`: the node before an update."""
        ids = values.pop("custom_fields", None)
        warnings = []
        for name in self.not_kept:
            value = values.pop(name, None)
            if value not in NOTHING and (shown is None or not _same(value, shown.get(name))):
                warnings.append(NOT_KEPT.format(name))
        for name in self.read_only():
            value = values.pop(name, None)
            if value not in NOTHING and (shown is None or not _same(value, shown.get(name))):
                warnings.append(f"{name} is not set from outside.")
        return ids, {"warnings": warnings} if warnings else {}

    def _create(self, call, values, more_ids=()):
        ids, warnings = self._split(values)
        with transaction.atomic():
            row = self.create(call, values)
            external.store(call, self.path, row.pk, [*(ids or ()), *more_ids])
        row = self.with_all(type(row)._default_manager.filter(pk=row.pk)).get()
        text = self.texts.get("created", "success")
        return text(row) if callable(text) else text, self.node_of(call, row), warnings

    def _change(self, call, row, values):
        shown = self.node_of(call, row) if set(values) & {*self.read_only(), *self.not_kept} else None
        ids, warnings = self._split(values, shown)
        with transaction.atomic():
            row = self.update(call, row, values) or row
            external.store(call, self.path, row.pk, ids)
        return self.texts.get("updated", "success"), self.anew(call, row), warnings

    def _update(self, call, pk, values):
        return self._change(call, self.found(call, pk), values)

    def _upsert(self, call, values):
        rows = self.rows(call)  # who may see none of them learns no id either
        pk, key, value = external.addressed(call, self.path, self.missing)
        row = rows.filter(pk=pk).first() if pk is not None else None
        if row is not None:
            return self._change(call, self.found(call, id_text(pk)), values)
        if pk is not None:
            raise no_row(self.missing)
        if self.create is None:
            raise no_row(self.missing)
        from api import tokens
        from api.errors import not_authorized

        if not tokens.allows(call.token, self.module, "CREATE"):
            raise not_authorized(f"The token lacks the scope ERP.{self.module}.CREATE.")
        return self._create(call, values, [{"api_name": key, "value": value}])

    def _delete(self, call, pk):
        row = self.found(call, pk)
        key = row.pk
        with transaction.atomic():
            self.delete(call, row)
            external.forget(call, self.path, key)
        return self.texts.get("deleted", "success"), None

    def action(self, router, tail, work, message, verb="UPDATE", name="", body=None, node=False):
        """Add POST /path/{id}/tail: `work(call, row[, values])`, answered with `message`."""

        def done(call, pk, *values):
            row = self.found(call, pk)
            work(call, row, *values)
            return (message, self.anew(call, row)) if node else (message, None)

        operation(
            router, "post", f"/{self.path}/{{{self.id_name}}}/{tail}", done, module=self.module, verb=verb,
            name=name or f"{self.node}_{tail.replace('/', '_')}", body=body, body_needed=False,
            node=self.node if node else None, kind=self.out,
        )  # fmt: skip
