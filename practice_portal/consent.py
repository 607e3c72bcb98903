"""The pages of the accounts server that a person sees."""

from html import escape
from pathlib import Path

STYLE = (Path(__file__).parent / "pages.css").read_text(encoding="utf-8")

WORDS = {
    "portals": "portals",
    "projects": "projects",
    "users": "users",
    "clients": "customers and contacts",
    "tasklists": "task lists",
    "tasks": "tasks",
    "milestones": "milestones",
    "bugs": "issues",
    "timesheets": "time logs",
    "custom_fields": "custom fields",
    "tags": "tags",
    "documents": "documents",
    "search": "search",
}
VERBS = {"READ": "Read", "CREATE": "Create", "UPDATE": "Change", "DELETE": "Delete", "ALL": "Read and change"}


def page(title, body):
    """A whole HTML page."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><main>{body}</main></body></html>"
    )


def scope_words(scope):
    """A scope in plain words: `ZohoProjects.bugs.READ` -> `Read issues`."""
    parts = scope.split(".")
    if len(parts) != 3:
        return scope
    if parts[0] == "AaaServer":
        return "Read your name and e-mail address"
    return f"{VERBS.get(parts[2], parts[2])} {WORDS.get(parts[1], parts[1])}"


def consent_page(app, scopes, accounts, chosen, hidden):
    """The page that asks; `accounts` are (e-mail, name) pairs, `hidden` the fields to carry along."""
    rows = "".join(f"<li>{escape(scope_words(s))} <code>{escape(s)}</code></li>" for s in scopes)
    picks = "".join(
        f'<label><input type="radio" name="account" value="{escape(email)}"'
        f"{' checked' if email == chosen else ''}> "
        f"{escape(name)} &lt;{escape(email)}&gt;</label>"
        for email, name in accounts
    )
    carried = "".join(
        f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in hidden.items()
    )
    return page(
        f"{app} asks for access",
        f"""
<p class="note">Practice portal: invented data. This is not Zoho, and no real account is touched.</p>
<h1>{escape(app)} would like to access your account</h1>
<p>It asks to:</p><ul>{rows}</ul>
<form method="post" action="/oauth/v2/auth">{carried}
<fieldset><legend>As</legend>{picks}</fieldset>
<div class="buttons"><button class="go" type="submit" name="answer" value="accept">Accept</button>
<button type="submit" name="answer" value="reject">Reject</button></div></form>
<p class="small">Afterwards you return to {escape(hidden.get("redirect_uri", ""))}</p>""",
    )


def problem_page(title, text):
    """A page that says why the consent page cannot be shown."""
    return page(
        title,
        f'<p class="note">Practice portal: invented data.</p><h1>{escape(title)}</h1><p>{escape(text)}</p>',
    )


def front_page(url, size, portals):
    """What stands at `/`."""
    rows = "".join(f"<li>{escape(p['org_name'])} <code>{escape(p['id'])}</code></li>" for p in portals)
    return page(
        "Practice portal",
        f"""
<p class="note">Practice portal: invented data.</p>
<h1>A stand-in for Zoho Projects</h1>
<p>It answers like Zoho's accounts server (<code>/oauth/v2/…</code>) and like the Zoho Projects API
(<code>/api/v3/…</code>, <code>/restapi/…</code>) at <code>{escape(url)}</code>.
Every company, person and hour in it is made up.</p>
<p>Data: {escape(size)}. Portals:</p><ul>{rows}</ul>
<p>Switches, faults and changes of records: <code>GET /control/state</code>; the README of the
practice portal describes the control interface.</p>""",
    )
