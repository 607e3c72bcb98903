"""What a call is refused with: HTTP status, the code and text of the finance API's table, and our own sentence.

Clients know the table's codes; where it has none that fits, ours begin with 70. docs/api.md lists them.
"""

OK, UNAUTHORIZED, INTERNAL, UNKNOWN_ROW, BAD_JSON, THROTTLED = 0, 57, 1000, 1002, 1038, 43
RULE, BAD_VALUE, UNKNOWN_NAME, KEY_USED, TOO_LARGE, NO_ADDRESS, NO_METHOD, NO_FORMAT, NO_SOURCE, NOT_HERE = (
    70000, 70001, 70002, 70003, 70004, 70005, 70006, 70007, 70008, 70009,
)  # fmt: skip
NOT_AUTHORIZED = "You are not authorized to perform this operation"


class Refused(Exception):
    """The call is refused; nothing was changed. `field` names the parameter or attribute, '' for none."""

    def __init__(self, status, code, message, field="", detail=""):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.field, self.detail = field, detail

    def body(self):
        """The answer's JSON."""
        found = {"code": self.code, "message": self.message}
        if self.field:
            found["field"] = self.field
        if self.detail:
            found["detail"] = self.detail
        return found


def not_authorized(detail="", status=403):
    """The table's 57. 401: the token is not good (any more); 403: it or its owner may not do this."""
    return Refused(status, UNAUTHORIZED, NOT_AUTHORIZED, detail=detail)


def no_row(message):
    """The table's 1002: no such row here, or another organization's; nobody learns which."""
    return Refused(404, UNKNOWN_ROW, message)


def bad_value(name, sentence=""):
    """A value that cannot be understood."""
    return Refused(400, BAD_VALUE, sentence or f"Invalid value passed for {name}", name)


def unknown_name(name, what="parameter"):
    """A parameter or field that does not exist; never passed over in silence."""
    return Refused(400, UNKNOWN_NAME, f"There is no {what} “{name[:100]}”.", name[:100])


# Code of a TransactionRefused → code and text of the table, per resource ("" for all).
TABLE = {
    ("number_taken", "invoices"): (1001, "Invoice Number already exist"),
    ("number_taken", "estimates"): (1001, "Estimate Number already exist"),
    ("name_taken", "recurringexpenses"): (5012, "Recurrence Name already exists"),
    ("reversed_dates", "recurringexpenses"): (4027, "Please select a valid date range"),
    ("has_payments", "invoices"): (4001, "Payments have been recorded for these invoices.Hence they cannot be deleted"),
    ("has_credits", "invoices"): (12008, "This invoice has credits applied to it. Hence, it cannot be deleted"),
    ("unknown_currency", ""): (9004, "This currency does not exist. Please choose a valid currency"),
}  # fmt: skip
GONE = {
    "invoices": "Invoice does not exist.", "estimates": "Estimate does not exist",
    "recurringinvoices": "Recurring Invoice does not exist", "expenses": "Expense does not exist",
    "recurringexpenses": "Recurring Expense does not exist",
}  # fmt: skip
BY_FIELD = {
    ("recurringinvoices", "name"): (4031, "Please enter a name for this Recurring Invoice"),
    ("recurringexpenses", "amount"): (5015, "Enter a valid expense amount"),
}


# The services' names of fields → the API's.
NAMES = {
    "name": "recurrence_name", "category": "account_name", "reference": "reference_number",
    "unit": "recurrence_frequency",
    "tax_inclusive": "is_inclusive_tax", "customer": "customer_id", "project": "project_id", "tax": "tax_id",
    "projects": "project_ids", "lines": "line_items", "employee": "employee_id", "vendor": "vendor_name",
    "discount_percent": "discount", "discount_amount": "discount", "currency": "currency_code",
    "paid_through": "paid_through_account_name", "to": "to_mail_ids", "cc": "cc_mail_ids", "file": "attachment",
}  # fmt: skip


def _outside(field, module):
    if field == "wanted_number":
        return f"{module.removesuffix('s')}_number"
    if field.startswith("lines."):
        _, position, *rest = field.split(".")
        inner = {"tax": "tax_id", "project": "project_id", "discount_percent": "discount"}
        return ".".join(["line_items", position, *(inner.get(part, part) for part in rest)])
    return NAMES.get(field, field)


def from_rule(refused, module):
    """The answer to a TransactionRefused; `module`: the first part of the address."""
    if refused.code == "gone":  # another client deleted it in this moment
        return no_row(GONE.get(module, "Resource does not exist"))
    found = (
        TABLE.get((refused.code, module))
        or TABLE.get((refused.code, ""))
        or (BY_FIELD.get((module, refused.field)) if refused.code != "name_taken" else None)
    )
    code, message = found or (RULE, refused.sentence)
    return Refused(400, code, message, _outside(refused.field, module), refused.sentence if found else "")
