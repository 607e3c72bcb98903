"""The switches: ways in which a real portal has been seen, or is feared, to answer differently.

All are off by default. `POST /control/switches {"name": value}` sets them; `true` and `false` always
work, some take a number, a word or a list, as their line says.
"""

SWITCHES = {
    "integer_ids": "Ids come as JSON numbers instead of texts.",
    "null_for_absent": "Optional keys without a value come as null instead of being absent.",
    "empty_zero_bytes": "An empty listing is 200 with zero bytes instead of 204.",
    "empty_array": "An empty listing is 200 with [] instead of 204.",
    "projects_as_object": "/projects is {page_info, projects} instead of a bare array.",
    "users_as_array": "/users is a bare array instead of {page_info, users}.",
    "text_page_info": "Numbers and booleans in page_info are texts.",
    "endless_portal_timelogs": "Portal /timelogs says has_next_page for ever and repeats its last rows.",
    "portal_timelogs_week_only": "Portal /timelogs answers only the ISO week of start_date.",
    "repeated_row": "Every page after the first begins with the last row of the page before.",
    "top_level_tasks_only": "Task listings hold subtasks only with has_parents=true.",
    "unapproved_for_pending": "Time logs say Unapproved where they would say Pending.",
    "no_approval": "Time logs have no approval object.",
    "no_is_primary": "A project's clients carry no is_primary.",
    "v3_clients_unavailable": "V3 client and contact paths answer URL_RULE_NOT_CONFIGURED.",
    "throttle_429": "A throttled call is 429 with the same body instead of 400.",
    "token_throttle_200": "A throttled token request is 200 instead of 400.",
    "fail_once": "The next API call answers 500, then all is well; a number: that many calls.",
    "slow_answer": "Every API answer takes this many seconds (true: 2).",
    "cut_body": "The next API answer with a body is cut in its middle; a number: that many answers.",
    "missing_scope": "Scope module, or list of them, that no token holds (projects, bugs, timesheets ...).",
    "demoted": "The account is an Employee everywhere and sees fewer records, without any error.",
    "removed_between_pages": "After the first page of the next listing with more pages, its first record is "
    "deleted; a word: only in that listing (tasks, issues, ...).",
    "trashed_projects": "Project ids in the bin; a list, one id, or true for the first active project.",
    "refresh_tokens_revoked": "Every refresh token issued before this moment is refused; off: good again.",
    "v3_portal_list_unavailable": "/api/v3/portals answers INVALID_METHOD; the older list still works.",
}

#: Switches that count down by one with each use and end at off.
COUNTED = {"fail_once", "cut_body"}


class Switches:
    """Current values by attribute: `switches.integer_ids`."""

    def __init__(self):
        self.clear()

    def clear(self):
        """Turn everything off."""
        for name in SWITCHES:
            setattr(self, name, False)

    def set(self, name, value):
        """Set one switch. Raises KeyError for an unknown name."""
        if name not in SWITCHES:
            raise KeyError(f"unknown switch: {name}")
        if name in COUNTED:
            value = int(value or 0)
        setattr(self, name, value)

    def use(self, name):
        """True when a counted switch is on; takes one off its count."""
        left = int(getattr(self, name) or 0)
        if left > 0:
            setattr(self, name, left - 1)
        return left > 0

    def as_dict(self):
        """All values by name."""
        return {name: getattr(self, name) for name in SWITCHES}

    @property
    def changes_records(self):
        """True when records have to be reshaped before they are sent."""
        return bool(
            self.integer_ids
            or self.null_for_absent
            or self.unapproved_for_pending
            or self.no_approval
            or self.demoted
        )
