"""A token granted by a practice portal's control interface."""

import requests

from integrations.zoho.oauth import SCOPES


class Tokens:
    """Hands out the one token that was granted."""

    def __init__(self, url):
        answer = requests.post(f"{url}/control/tokens/grant", json={"scopes": SCOPES}, timeout=60)
        self.token = answer.json()["access_token"]

    def access_token(self):
        """The one token."""
        return self.token
