"""Employees: the same people as /users, under the name that expenses know them by."""

from api.building import list_parameters, listed, operation, out, router
from api.crud import body
from api.resources import users
from timetracking.models import StaffUser

EMPLOYEE = out("Employee", employee_id=str, name=str, email=str, status=str)
EMPLOYEE_IN = body("EmployeeIn", required=("name",), with_ids=False, name=str, email=str)


def _shown(row):
    return {"employee_id": str(row.pk), "name": row.name, "email": row.email, "status": row.status}


def _list(call):
    return listed(call, users.RESOURCE.rows(call), users.RESOURCE.listing, _shown, "Employees")


def _get(call, pk):
    return "success", _shown(users.RESOURCE.found(call, pk))


def _create(call, values):
    """A person who hands in expenses; nobody is invited to sign in."""
    person = users.save_person(call, StaffUser(), {**values, "user_role": "employee"})
    return "The employee has been created.", _shown(person)


def _delete(call, pk):
    users.RESOURCE.delete(call, users.RESOURCE.found(call, pk))
    return "The employee has been deleted.", None


def make_router():
    """/employees, and /employee/{id} to delete one, as the vendor has it."""
    made, one = router("Employees"), {"module": "expenses", "node": "employee", "kind": EMPLOYEE}
    operation(made, "get", "/employees", _list, module="expenses", verb="READ", name="list_employees",
              node="employees", kind=EMPLOYEE, many=True, query=list_parameters(users.RESOURCE.listing))  # fmt: skip
    operation(made, "post", "/employees", _create, verb="CREATE", name="create_employee", body=EMPLOYEE_IN,
              status=201, **one)  # fmt: skip
    operation(made, "get", "/employees/{employee_id}", _get, verb="READ", name="get_employee", **one)
    operation(made, "delete", "/employee/{employee_id}", _delete, module="expenses", verb="DELETE",
              name="delete_employee")  # fmt: skip
    return made
