"""Sample records in the form of the API reference; people, ids and numbers are invented."""

MARA = {"zuid": 610448201, "zpuid": "219300000000012005", "name": "Mara Voss", "email": "mara@example.test"}
PROJECT = {"id": "219300000000041015", "name": "Harbour crane retrofit"}
LOG = {
    "id": "219300000000120031",
    "date": "2026-03-05",
    "type": "task",
    "module_detail": {
        "id": "219300000000081020",
        "name": "Size the pump",
        "prefix": "VE41-T12",
        "type": "task",
    },
    "project": PROJECT,
    "owner": MARA,
    "log_hour": "04:30",
    "billing_status": "Billable",
    "approval": {"status": "Approved", "name": "Ines Roth"},
    "notes": "<div>Flow &amp; pressure table</div>",
    "log_notes": "other",
    "created_time": "2026-03-05T17:02:10.000Z",
    "last_modified_time": "2026-03-06T08:00:41.000Z",
    "invoice_id": "219300000000130004",
}
TASK = {
    "id": "219300000000081020",
    "prefix": "VE41-T12",
    "name": "Size the pump",
    "project": PROJECT,
    "tasklist": {"id": "219300000000061003", "name": "Hydraulics"},
    "milestone": {"id": "219300000000071001", "name": "Design"},
    "status": {"id": "1", "name": "Open", "is_closed_type": False},
    "priority": "medium",
    "start_date": "2026-03-02T08:00:00.000Z",
    "end_date": "2026-03-06T23:30:00.000Z",
    "completion_percentage": 40,
    "is_completed": False,
    "parental_info": {"parent_task_id": "219300000000081011"},
    "owners_and_work": {"total_work": "12:00"},
    "billing_type": "billable",
    "last_modified_time": "2026-03-05T10:01:33.410Z",
}
