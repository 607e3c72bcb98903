"""A model of the rules: what must stand in our tables for what stands in the practice portal.

Written from the design alone (section 4: rules of judgement and settled points); it shares no code with the sync.
It looks at the portal's stored records, not at its answers. `Oracle.run()` computes the state after one more run;
what outlives a run (who was linked, which names were given, who was joined) it remembers from run to run.
"""

import html
import re
from datetime import date, timedelta

GONE = ("deleted", "deleted_at_source")


def text(value):
    """A name or note as people read it."""
    value = re.sub(r"<br/?>|</p><p>", "\n", value or "")
    return html.unescape(re.sub(r"<[^>]+>", "", value)).strip()


def sane(value):
    """Whether an optional day can be right."""
    if not value:
        return True
    day = date.fromisoformat(str(value)[:10])
    return date(1970, 1, 1) <= day <= date.today() + timedelta(days=5 * 366)


def minutes(value):
    """Minutes of a duration, None when it cannot be right."""
    if not re.fullmatch(r"\d+(:\d\d)?", str(value or "")):
        return None
    hours, _, rest = str(value).partition(":")
    total = int(hours) * 60 + int(rest or 0)
    return total if 0 < total <= 24 * 60 else None


class Oracle:
    """`portal`: a portal of the practice server; `known`: {e-mail: name} of people employed here beforehand;
    `here`: {display name: currency} of customers who are here beforehand."""

    def __init__(self, portal, preferences, known=(), here=()):
        self.portal, self.preferences = portal, preferences
        self.known = {email.lower() for email in known}
        self.names = {name.strip().lower(): (name, currency, None) for name, currency in dict(here).items()}
        self.ledger, self.linked, self.staff, self.joined = {}, {}, {}, set()

    def records(self, entity):
        """Visible records, those of templates left out."""
        return [record.data for record in self.portal.tables[entity].stored()]

    def run(self):
        """Judge everything once more."""
        before, self.ledger = self.ledger, {}
        self._projects_and_customers()
        self._children()
        self._people()
        for key, (outcome, reason) in before.items():
            if key in self.ledger:
                continue
            if key[0] == "users" and key[1] in self.staff and self.staff[key[1]]["by"] == "log":
                listed = key[1] in self.portal.tables["users"].records
                self.ledger[key] = ("excluded", "no_synced_work") if not listed else GONE
            else:
                self.ledger[key] = GONE if outcome != "deleted" else (outcome, reason)
        self._entries()

    # -- projects, customers ---------------------------------------------------------------------------------

    def _primary(self, project):
        links = self.portal.project_clients.get(project["id"], [])
        flagged = [link for link in links if link.get("is_primary")]
        if flagged:
            return flagged[0]["id"]
        if not links:
            return ""
        if len(links) == 1:
            return links[0]["id"]
        if all("added_time" in link for link in links) and not any("is_primary" in link for link in links):
            return min(links, key=lambda link: link["added_time"])["id"]
        return "unclear"

    def _projects_and_customers(self):
        projects = [data for data in self.records("projects") if data["project_type"] != "template"]
        readable = [
            p for p in projects if text(p["name"]) and sane(p.get("start_date")) and sane(p.get("end_date"))
        ]
        primary = {p["id"]: self._primary(p) for p in readable}
        wanted = set(primary.values())
        for client in sorted(self.records("clients"), key=lambda data: (len(data["id"]), data["id"])):
            self._customer(client, client["id"] in wanted)
        self.synced_projects = {}
        for project in projects:
            key, customer = ("projects", project["id"]), primary.get(project["id"])
            if customer is None:
                self.ledger[key] = ("failed", "invalid_record")
            elif customer == "":
                self.ledger[key] = ("failed", "no_primary_customer")
            elif customer == "unclear":
                self.ledger[key] = ("failed", "primary_customer_unclear")
            else:
                verdict = self.ledger.get(("customers", customer), ("", "missing"))
                if verdict[1] == "currency_mismatch":
                    self.ledger[key] = ("failed", "currency_mismatch")
                elif verdict[0] != "synced":
                    self.ledger[key] = ("failed", "customer_not_fetched")
                else:
                    self.ledger[key] = ("synced", "")
                    closed = project["project_type"] == "archived" or project["status"]["is_closed_type"]
                    self.synced_projects[project["id"]] = {
                        "name": text(project["name"]),
                        "status": "inactive" if closed else "active",
                        "customer": self.linked[customer]["name"],
                    }

    def _customer(self, client, is_primary):
        key, name, linked = ("customers", client["id"]), text(client["name"]), self.linked.get(client["id"])
        if not name:
            self.ledger[key] = ("failed", "invalid_record")
            return
        if linked:
            self.ledger[key] = ("synced", "")
            if name != linked["source"]:
                self.names = {k: v for k, v in self.names.items() if v[2] != client["id"]}
                self._name(client["id"], name, linked["number"])
            return
        if not is_primary:
            self.ledger[key] = ("excluded", "not_primary_customer")
            return
        match = self.names.get(name.lower())
        overwrite = self.preferences["customer_duplication"] == "overwrite" or "crm_account" in client
        if match and match[2] is None and overwrite:
            if match[1] != client.get("currency_code", "EUR"):
                self.ledger[key] = ("failed", "currency_mismatch")
                return
            self.names[name.lower()] = (name, match[1], client["id"])
            self.linked[client["id"]] = {"name": name, "source": name, "number": 1}
        else:
            self._name(client["id"], name, 1)
        self.ledger[key] = ("synced", "")

    def _name(self, client_id, name, number):
        def shown(number):
            return name if number == 1 else f"{name} ({number})"

        while shown(number).lower() in self.names:
            number += 1
        self.names[shown(number).lower()] = (shown(number), "", client_id)
        self.linked[client_id] = {"name": shown(number), "source": name, "number": number}

    # -- children --------------------------------------------------------------------------------------------

    def _judge(self, module, data, is_readable):
        key = (module, data["id"])
        if not is_readable:
            self.ledger[key] = ("failed", "invalid_record")
        elif data["project"]["id"] not in self.synced_projects:
            self.ledger[key] = ("failed", "project_not_fetched")
        else:
            self.ledger[key] = ("synced", "")
            return True
        return False

    def _children(self):
        self.milestones, self.lists, self.tasks, self.bugs = {}, {}, {}, {}
        for data in self.records("milestones"):
            if data["id"].endswith("000000000073") or data.get("isTrashed") == "1":
                continue
            days = sane(data.get("start_date")) and sane(data.get("end_date"))
            if self._judge("milestones", data, bool(text(data["name"])) and days):
                closed = data["status"].get("closed", False)
                self.milestones[data["id"]] = (text(data["name"]), "closed" if closed else "open")
        for data in self.records("tasklists"):
            if self._judge("task_lists", data, bool(text(data["name"]))):
                phase = self.milestones.get((data.get("milestone") or {}).get("id"))
                state = "closed" if data["status"] == "completed" else "open"
                self.lists[data["id"]] = (text(data["name"]), state, phase and phase[0])
        for data in self.records("tasks"):
            days = sane(data.get("start_date")) and sane(data.get("end_date"))
            if "id" in data and self._judge("tasks", data, bool(text(data["name"])) and days):
                self.tasks[data["id"]] = data
        for data in self.records("issues"):
            if self._judge("bugs", data, bool(text(data["name"])) and sane(data.get("due_date"))):
                self.bugs[data["id"]] = (text(data["name"]), data["status"]["is_closed_type"])

    # -- hours and people ------------------------------------------------------------------------------------

    def _verdict(self, log):
        if not text((log.get("owner") or {}).get("name")):
            return ("failed", "invalid_record")
        if minutes(log.get("log_hour")) is None or log["date"] < "1970":
            return ("failed", "invalid_record")
        if log["project"]["id"] not in self.synced_projects:
            return ("failed", "project_not_fetched")
        if re.sub("[^a-z]", "", log["billing_status"].lower()) != "billable":
            return ("excluded", "not_billable")
        if (log.get("approval") or {}).get("status") != "Approved":
            return ("excluded", "not_approved")
        item = (log.get("module_detail") or {}).get("id")
        if log["type"] == "task" and item not in self.tasks:
            return ("failed", "task_not_fetched")
        if log["type"] == "issue" and item not in self.bugs:
            return ("failed", "bug_not_fetched")
        return ("synced", "")

    def _people(self):
        self.logs = {}
        for log in self.records("logs"):
            if "id" in log:
                verdict = self.ledger["timesheets", log["id"]] = self._verdict(log)
                if verdict[0] == "synced":
                    self.logs[log["id"]] = log
        owners = {log["owner"]["zpuid"]: log for log in self.logs.values()}
        sync, listed = self.preferences["sync_users"], {}
        members = {
            person: [
                p for p in sorted(self.synced_projects) if person in self.portal.project_users.get(p, ())
            ]
            for person in {u for users in self.portal.project_users.values() for u in users}
        }
        for user in self.records("users"):
            listed[user["zpuid"]] = user
        for key, user in sorted(listed.items()):
            active, client = user.get("is_active", True), bool(user.get("is_client_user"))
            projects, email = members.get(key, []), user.get("email", "").lower()
            employee = email in self.known and bool(email)
            if not client and not employee and sync and active and projects and key not in self.staff:
                self.staff[key] = {"role": "employee_submitter", "status": "active", "by": "member"}
            if key in owners and not employee and key not in self.staff:
                self.staff[key] = {"role": "timesheet_staff", "status": "inactive", "by": "log"}
            made = self.staff.get(key, {}).get("by")
            if client:
                self.ledger["users", key] = ("excluded", "client_user")
            elif employee or key in owners or (made == "member" and projects):
                self.ledger["users", key] = ("synced", "")
            else:
                self.ledger["users", key] = ("excluded", "no_synced_work")
            if employee or (made and not client and sync and active) or made == "member":
                self.joined |= {(project, key) for project in projects}
        for key in owners.keys() - listed.keys():
            self.staff.setdefault(key, {"role": "timesheet_staff", "status": "inactive", "by": "log"})
            self.ledger["users", key] = ("synced", "")
        self.joined |= {(log["project"]["id"], log["owner"]["zpuid"]) for log in self.logs.values()}

    def _entries(self):
        cutoff = self.preferences["invoiced_before"]
        self.entries = {}
        for key, log in self.logs.items():
            invoiced = bool(log.get("invoice_id")) or (cutoff and log["date"] < cutoff.isoformat())
            self.entries[key] = (
                log["project"]["id"],
                {"task": "task", "issue": "bug", "general": "general"}[log["type"]],
                (log.get("module_detail") or {}).get("id"),
                log["owner"]["zpuid"],
                log["date"],
                minutes(log["log_hour"]),
                "invoiced" if invoiced else "unbilled",
                text(log.get("notes") or log.get("log_notes")),
            )
