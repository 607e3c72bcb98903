"""A program with `requests` against a real server, as a client of the vendor's API would go about it."""

import pytest
import requests

from tests.api.conftest import Caller


@pytest.mark.django_db(transaction=True)
def test_a_client_bills_a_customer_over_http(live_server, call):
    session = requests.Session()
    session.headers["Authorization"] = f"Zoho-oauthtoken {call.secret}"
    root = f"{live_server.url}/books/v3"
    organization = session.get(f"{root}/organizations", timeout=20).json()["organizations"][0]
    session.params = {"organization_id": organization["organization_id"]}
    contact = session.post(
        f"{root}/contacts", json={"contact_name": "Acme", "email": "pay@acme.example"}, timeout=20
    ).json()["contact"]
    body = {
        "customer_id": contact["contact_id"],
        "line_items": [{"name": "Work", "quantity": 2, "rate": 40.1}],
    }
    made = session.post(f"{root}/invoices", json=body, params={"send": "true"}, timeout=20)
    assert (made.status_code, made.json()["invoice"]["total"]) == (201, 80.2)
    assert int(made.headers["X-Rate-Limit-Remaining"]) > 0
    pdf = session.get(
        f"{root}/invoices/{made.json()['invoice']['invoice_id']}",
        headers={"Accept": "application/pdf"},
        timeout=60,
    )
    assert pdf.headers["Content-Type"] == "application/pdf" and pdf.content.startswith(b"%PDF")
    pages, page = [], 1
    while True:
        found = session.get(f"{root}/invoices", params={"page": page, "per_page": 1}, timeout=20).json()
        pages += found["invoices"]
        if not found["page_context"]["has_more_page"]:
            break
        page += 1
    assert [row["status"] for row in pages] == ["sent"]
    assert session.post(f"{root}/contacts", data=b"x" * 2_600_000, timeout=20).status_code == 413
    read_only = Caller(call.membership, ["ERP.invoices.READ"])
    session.headers["Authorization"] = f"Bearer {read_only.secret}"
    assert session.post(f"{root}/invoices", json=body, timeout=20).status_code == 403
