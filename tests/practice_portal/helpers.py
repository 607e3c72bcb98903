"""A connected client for the tests of the practice portal."""

import json

import requests

FIRST, SECOND = "60012345", "60098765"


class Api:
    """Calls to the practice portal as a connected client makes them."""

    def __init__(self, portal):
        self.running, self.url = portal, portal.url
        self.session = requests.Session()
        self.connect()

    def connect(self, **body):
        """A token, without the consent page."""
        self.tokens = self.control("tokens/grant", body)
        self.session.headers["Authorization"] = f"Zoho-oauthtoken {self.tokens['access_token']}"

    def control(self, path, body=None, status=200):
        """POST to the control interface; GET when there is no body."""
        address = f"{self.url}/control/{path}"
        answer = (
            requests.get(address, timeout=60)
            if body is None
            else requests.post(address, json=body, timeout=60)
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    def switch(self, **values):
        """Set switches."""
        return self.control("switches", values)

    def records(self, entity, body, portal="1"):
        """Change records of the first portal."""
        return self.control(f"records/{portal}/{entity}", body)

    def get(self, path, portal=FIRST, **params):
        """The raw answer to GET on a path below the portal (or below /api, /restapi)."""
        address = self.url + (
            path if path.startswith(("/api", "/restapi")) else f"/api/v3/portal/{portal}{path}"
        )
        params = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in params.items()}
        return self.session.get(address, params=params, timeout=60)

    def json(self, path, **params):
        """The decoded answer; it must be 200."""
        answer = self.get(path, **params)
        assert answer.status_code == 200, (answer.status_code, answer.text[:300])
        return answer.json()

    def pages(self, path, container, **params):
        """All records of a listing, page by page until there is nothing."""
        out, page = [], 1
        while (answer := self.get(path, page=page, **params)).status_code == 200:
            raw = answer.json()
            out += raw[container] if container else raw
            page += 1
        assert answer.status_code == 204, answer.text
        return out

    def logs(self, kind="task", project=None, **params):
        """All logs of a kind as flat records."""
        path = f"/projects/{project}/timelogs" if project else "/timelogs"
        params.setdefault("view_type", "projectspan" if project else "customdate")
        groups = self.pages(path, "time_logs", module={"type": kind}, per_page=200, **params)
        return [log for group in groups for log in group["log_details"]]


def project_id(number):
    """Id of a project of the first portal."""
    return f"2193000000000{41_000 + number}"
