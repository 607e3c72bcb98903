"""Fields of the vendor's answers that are the same for every row here: we have no notion of what they tell.

Old clients read every field of an answer and stop at one that is missing, so they are there with a value that is true.
Each set is {name: (type, value)}; `types` goes into the answer's schema, `values` into the answer.
"""

from typing import Any

NO_ADDRESS = {
    "attention": "", "address": "", "street2": "", "city": "", "state": "", "zip": "", "country": "", "phone": "",
    "fax": "",
}  # fmt: skip
_TEMPLATES = {
    f"{kind}_{what}": ""
    for kind in (
        "invoice_template", "estimate_template", "creditnote_template", "invoice_email_template",
        "estimate_email_template", "creditnote_email_template",
    )
    for what in ("id", "name")
}  # fmt: skip
CONTACT_ROW: dict[str, Any] = {
    "gst_no": (str, ""), "gst_treatment": (str, ""), "place_of_contact": (str, ""),
    "outstanding_payable_amount": (float, 0), "unused_credits_receivable_amount": (float, 0),
    "unused_credits_payable_amount": (float, 0),
}  # fmt: skip
CONTACT: dict[str, Any] = {
    "contact_salutation": (str, ""), "is_crm_customer": (bool, False), "outstanding_payable_amount_bcy": (float, 0),
    "unused_credits_receivable_amount_bcy": (float, 0), "unused_credits_payable_amount_bcy": (float, 0),
    "payment_reminder_enabled": (bool, False), "shipping_address": (dict[str, str], NO_ADDRESS),
    "default_templates": (dict[str, str], _TEMPLATES),
}  # fmt: skip
PERSON: dict[str, Any] = {
    "salutation": (str, ""), "designation": (str, ""), "department": (str, ""), "enable_portal": (bool, False),
}  # fmt: skip
LINE: dict[str, Any] = {
    "item_id": (str, ""), "tax_type": (str, "tax"), "hsn_or_sac": (str, ""), "header_name": (str, ""),
    "expense_receipt_name": (str, ""),
}  # fmt: skip
DOCUMENT: dict[str, Any] = {
    "discount_type": (str, "entity_level"), "is_discount_before_tax": (bool, True), "salesperson_id": (str, ""),
    "salesperson_name": (str, ""), "template_id": (str, "1"), "template_name": (str, "Standard"), "gst_no": (str, ""),
    "contact_persons": (list[str], []), "shipping_address": (dict[str, str], NO_ADDRESS),
}  # fmt: skip
INVOICE: dict[str, Any] = {
    "allow_partial_payments": (bool, True), "contact_persons_details": (list[dict[str, str]], []),
    "payment_expected_date": (str, ""), "payment_options": (dict[str, list[str]], {"payment_gateways": []}),
    "payment_reminder_enabled": (bool, False), "tax_amount_withheld": (float, 0),
}  # fmt: skip
USER: dict[str, Any] = {"photo_url": (str, "")}
ORGANIZATION: dict[str, Any] = dict.fromkeys(
    (
        "account_created_date", "account_created_date_formatted", "contact_name", "email", "phone", "fax", "website",
        "field_separator", "industry_size", "industry_type", "company_id_label", "company_id_value", "user_role",
        "plan_name", "plan_period", "version", "portal_name", "remit_to_address", "tax_basis",
    ),
    (str, ""),
) | {
    "currency_format": (str, "1,234,567.89"), "tax_id_label": (str, "Tax number"), "plan_type": (int, 0),
    "tax_group_enabled": (bool, False), "is_portal_enabled": (bool, False), "custom_fields": (list[str], []),
    "is_new_customer_custom_fields": (bool, False),
}  # fmt: skip


def types(*sets):
    """{name: type}, for `out(…)`."""
    return {name: kind for fields in sets for name, (kind, _) in fields.items()}


def values(*sets):
    """{name: value}, for an answer's node."""
    return {name: value for fields in sets for name, (_, value) in fields.items()}
