"""The steps that read what belongs to projects: the same in every kind of run, with or without its sweeps."""

# module → the modules that must have been read before it
AFTER = {
    "milestones": (),
    "task_lists": ("milestones",),
    "tasks": ("task_lists",),
    "bugs": (),
    "timesheets": ("tasks", "bugs"),
}


def of_projects(first, swept=True):
    """{step: (its module, steps that must have ended before it)}, in their order; `first` ends before all of them.

    `swept`: what is gone is marked right after its module, so that children are judged against what is really left.
    """
    steps, ended = {}, {}
    for module, needs in AFTER.items():
        steps[module] = (module, tuple(ended[need] for need in needs) or (first,))
        ended[module] = module
        if swept:
            ended[module] = f"sweep {module}"
            steps[ended[module]] = (module, (module,))
        if module == "tasks":
            steps["parents"] = ("tasks", (ended["tasks"],))
    return steps
