"""The form in which one entry is logged or changed."""

from django import forms
from django.utils import timezone

from organizations import panels
from organizations.forms import with_look
from timetracking import selectors
from timetracking.durations import HOW, hours_text, minutes_of
from timetracking.entry_rules import own_staff
from timetracking.models import StaffUser, TimeEntry

OFFERED = 1000


class DurationField(forms.CharField):
    """Minutes, typed as a duration."""

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        try:
            return minutes_of(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None


def loggable_projects(membership):
    """Active projects of one's own that the member may see, by name: those of Zoho Projects are logged there."""
    rows = selectors.visible_projects(membership).filter(status="active").order_by("name", "id")
    rows = list(rows.select_related("customer")[:OFFERED])
    theirs = panels.origins("projects", [row.pk for row in rows])
    return [row for row in rows if row.pk not in theirs]


def items_of(project):
    """Choices of what was worked on in a project: general, its open tasks, its open bugs."""
    tasks = project.tasks.filter(status="open").order_by("name", "id").values_list("pk", "name")[:OFFERED]
    bugs = project.bugs.filter(status="open").order_by("name", "id").values_list("pk", "name")[:OFFERED]
    choices = [("general", "The project in general")]
    if tasks:
        choices.append(("Tasks", [(f"task:{pk}", name) for pk, name in tasks]))
    if bugs:
        choices.append(("Bugs", [(f"bug:{pk}", name) for pk, name in bugs]))
    return choices


def apply_item(entry, value):
    """Set kind, task and bug of an entry from the chosen item ("general", "task:7", "bug:7")."""
    kind, _, pk = value.partition(":")
    entry.kind, entry.task, entry.bug = kind, None, None
    if kind == "task":
        entry.task = entry.project.tasks.filter(pk=int(pk)).first()
    elif kind == "bug":
        entry.bug = entry.project.bugs.filter(pk=int(pk)).first()


class LogForm(forms.Form):
    """One entry in a given project. Only administrators choose another person."""

    staff_user = forms.ModelChoiceField(label="Person", queryset=StaffUser.objects.none())
    item = forms.ChoiceField(label="Worked on")
    title = forms.CharField(label="Title", max_length=1000, required=False, help_text="For general work.")
    date = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    minutes = DurationField(label="Duration", max_length=40, help_text=HOW)
    is_billable = forms.BooleanField(label="Billable", required=False)
    notes = forms.CharField(max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, membership, entry, **kwargs):
        own, admin = own_staff(membership), membership.role == "admin"
        initial = {
            "staff_user": entry.staff_user_id or (own.pk if own else None),
            "item": f"{entry.kind}:{entry.task_id or entry.bug_id}"
            if entry.task_id or entry.bug_id
            else "general",
            "title": entry.title,
            "date": entry.date or timezone.localdate(),
            "minutes": hours_text(entry.minutes) if entry.minutes else "",
            "is_billable": entry.billing_status != "non_billable",
            "notes": entry.notes,
        }
        super().__init__(*args, initial=initial, **kwargs)
        self.entry, self.own, self.admin = entry, own, admin
        choices = items_of(entry.project)
        current = entry.task or entry.bug
        if current and initial["item"] not in {value for value, _ in _flat(choices)}:
            choices.append(("Closed", [(initial["item"], current.name)]))
        self.fields["item"].choices = choices
        if admin:
            people = StaffUser.objects.filter(project_staff__project=entry.project, status="active")
            self.fields["staff_user"].queryset = people.order_by("name", "id")
        else:
            del self.fields["staff_user"]
        with_look(self)

    def filled(self):
        """The entry with the form's values, not saved."""
        entry, values = self.entry, self.cleaned_data
        entry.staff_user = values["staff_user"] if self.admin else self.own
        apply_item(entry, values["item"])
        entry.title = values["title"] if entry.kind == "general" else ""
        entry.date, entry.minutes, entry.notes = values["date"], values["minutes"], values["notes"]
        entry.is_billable = values["is_billable"]
        return entry

    def refuse(self, error):
        """Show a ValidationError of the rules at the fields it concerns."""
        if hasattr(error, "error_dict"):
            for name, errors in error.error_dict.items():
                self.add_error(name if name in self.fields else None, errors)
        else:
            self.add_error(None, error)


def _flat(choices):
    for value, label in choices:
        if isinstance(label, list):
            yield from label
        else:
            yield value, label


def new_entry(membership, project):
    """An empty entry of a project."""
    return TimeEntry(organization=membership.organization, project=project, kind="general")
