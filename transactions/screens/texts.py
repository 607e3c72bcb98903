"""Forms whose fields are texts until a service reads them: what was typed is shown again, refusals beside the field."""

from dataclasses import dataclass, field

from customers.models import Customer
from organizations.ids import whole
from timetracking.models import Project
from timetracking.selectors import visible_projects
from transactions.errors import TransactionRefused
from transactions.models import Tax

SHOWN = 1000  # rows in a list of choices
SCHEDULE = ("name", "repeat_every", "unit", "start_date", "end_date")


@dataclass
class Texts:
    """The texts of the fields and the sentences beside them; "top" holds what belongs to no field."""

    values: dict
    errors: dict = field(default_factory=dict)

    def fail(self, refused):
        """Say a refusal where it belongs."""
        self.errors[refused.field if refused.field in self.values else "top"] = refused.sentence


def text_of(value):
    """A stored value as it is typed."""
    if value is None:
        return ""
    return f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)


def read(request, names, boxes=()):
    """{name: text, box: bool} of what was posted."""
    found = {name: request.POST.get(name, "").replace("\0", "") for name in names}
    return found | {name: bool(request.POST.get(name)) for name in boxes}


def row(rows, text, field_name, label):
    """The row of `rows` with the id typed, None for ''; TransactionRefused for others."""
    if not text:
        return None
    number = whole(text)
    found = rows.filter(pk=number).first() if number else None
    if found is None:
        raise TransactionRefused("unknown", f"{label} was not found.", field_name)
    return found


def customers(organization, chosen=""):
    """Active customers to choose from, the chosen one among them."""
    rows = Customer.objects.filter(organization=organization).only("display_name", "currency")
    return _with_chosen(rows, rows.filter(is_active=True).order_by("display_name", "pk"), chosen)


def projects(membership, chosen=""):
    """Active projects to choose from with their customers, the chosen one among them."""
    rows = visible_projects(membership).select_related("customer")
    active = rows.filter(status=Project.Status.ACTIVE)
    return _with_chosen(rows, active.order_by("customer__display_name", "name", "pk"), chosen)


def _with_chosen(rows, active, chosen):
    found = list(active[:SHOWN])
    number = whole(chosen)
    if number and number not in {item.pk for item in found}:
        found += list(rows.filter(pk=number))
    return found


def taxes(organization, used=()):
    """Taxes to choose from: those in use, and `used` (ids as texts)."""
    rows = Tax.objects.filter(organization=organization).order_by("name", "pk")
    return [tax for tax in rows if tax.is_active or str(tax.pk) in used]
