"""Writing through the screens' own forms: their checks and refusals, told with the API's names of the fields."""

from api.errors import RULE, Refused, not_authorized


def _differs(field, before, value):
    """Whether the value is another one, also for a field that is fixed: Django never calls that one changed."""
    field.disabled = False
    try:
        return field.has_changed(before, value)
    finally:
        field.disabled = True


def filled_form(make, instance, changes, names, refusals=None):
    """A valid form of `changes` (form field → value) on `instance`, ready to be saved.

    `make(data, instance)` makes the screen's form. `names`: form field → name of the API's attribute. `refusals`:
    form field, or the beginning of a sentence → (code, text of the API's table). Raises Refused.
    """
    asked = make(None, instance)
    for name, value in changes.items():
        field = asked.fields.get(name)
        if field is None:
            raise not_authorized(f"{names.get(name, name)}: this is not granted to you.")
        before = asked.get_initial_for_field(field, name)
        if field.disabled and _differs(field, before, field.prepare_value(value)):
            raise Refused(400, RULE, str(field.help_text) or "This is fixed.", names.get(name, name))
    data = {name: asked.get_initial_for_field(field, name) for name, field in asked.fields.items()}
    form = make(data | changes, instance)
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        name = "" if name == "__all__" else name
        for sign, (code, text) in (refusals or {}).items():
            if sign == name or sign in " ".join(errors):
                raise Refused(400, code, text, names.get(name, name), " ".join(errors))
        raise Refused(400, RULE, " ".join(errors), names.get(name, name))
    return form
