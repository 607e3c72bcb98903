"""What may be done with a project: which fields are fixed and why, when it may be deleted. Asked by every entrance."""

from organizations import panels


def locked_fields(project):
    """{field: why it cannot be changed here}: what follows Zoho Projects, and what documents or hours have fixed."""
    if project.pk is None:
        return {}
    origin = panels.origin("projects", project.pk)
    locked = dict(origin.locked) if origin else {}
    fixed = panels.merged("project.locks", project)
    if "customer" not in fixed and project.time_entries.filter(billing_status="invoiced").exists():
        fixed["customer"] = "Hours of this project are marked as invoiced, so its customer stays."
    locked = {**fixed, **locked}
    locked.setdefault("currency", "A project has its customer's currency.")
    return locked


def delete_refusal(project):
    """Why a project cannot be deleted; '' when nothing hangs on it."""
    if origin := panels.origin("projects", project.pk):
        return f"This project comes {origin.label}. Delete it there, or mark it inactive there."
    if reasons := panels.collect("project.dependents", project):
        return f"{reasons[0]} Mark the project inactive instead."
    if project.time_entries.exists():
        return "Time has been logged on this project. Mark it inactive instead."
    return ""


def people_refusal(project):
    """Why nobody can be added to a project's people or taken off; '' when it is possible."""
    if origin := panels.origin("projects", project.pk):
        return f"This project comes {origin.label}. Change its people there."
    return ""


def removal_refusal(row):
    """Why a person (a ProjectStaff) cannot be taken off the project; '' when they can."""
    if refusal := people_refusal(row.project):
        return refusal
    if row.project.time_entries.filter(staff_user_id=row.staff_user_id).exists():
        return f"{row.staff_user.name} has logged time here and stays."
    return ""


def task_creation_refusal(project):
    """Why no task can be added here; '' when it can."""
    if origin := panels.origin("projects", project.pk):
        return f"This project comes {origin.label}. Add its tasks there."
    return ""


def task_delete_refusal(task):
    """Why a task cannot be deleted; '' when nothing hangs on it."""
    if origin := panels.origin("tasks", task.pk):
        return f"This task comes {origin.label}. Delete it there."
    if task.time_entries.exists():
        return "Time has been logged on this task. Close it instead."
    if reasons := panels.collect("project.dependents", task.project):
        return f"{reasons[0]} Close the task instead."
    return ""
