"""Zoho's data centres and the hosts we trust with a client secret (API reference 1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import WrongDataCenter


@dataclass(frozen=True)
class DataCenter:
    """One data centre: `code` is Zoho's `location`; the addresses have no trailing slash."""

    code: str
    country: str
    accounts_url: str
    api_url: str
    web_url: str


@dataclass(frozen=True)
class Hosts:
    """Where one connection talks to: no trailing slashes. `web_url` is '' when only overrides are known."""

    accounts_url: str
    api_url: str
    web_url: str
    code: str


def _center(code: str, country: str, domain: str) -> DataCenter:
    return DataCenter(
        code,
        country,
        f"https://accounts.{domain}",
        f"https://projectsapi.{domain}",
        f"https://projects.{domain}",
    )


DATA_CENTERS: dict[str, DataCenter] = {
    center.code: center
    for center in (
        _center("us", "United States", "zoho.com"),
        _center("eu", "Europe", "zoho.eu"),
        _center("in", "India", "zoho.in"),
        _center("au", "Australia", "zoho.com.au"),
        _center("jp", "Japan", "zoho.jp"),
        _center("ca", "Canada", "zohocloud.ca"),
        _center("sa", "Saudi Arabia", "zoho.sa"),
        _center("uk", "United Kingdom", "zoho.uk"),
        _center("cn", "China", "zoho.com.cn"),
    )
}
_BY_HOST = {urlsplit(center.accounts_url).netloc: center for center in DATA_CENTERS.values()}


def _trimmed(url: str) -> str:
    return (url or "").strip().rstrip("/")


def resolve(
    location: str, accounts_server: str, *, accounts_override: str = "", api_override: str = ""
) -> Hosts:
    """Return the hosts for a callback's `location` and `accounts-server`.

    Both values arrive through the browser, so they only choose among known hosts: the table, or the
    configured overrides, which the callback's accounts-server must then equal. Raises WrongDataCenter before
    anything is sent.
    """
    accounts_override, api_override = _trimmed(accounts_override), _trimmed(api_override)
    server = _trimmed(accounts_server)
    code = (location or "").strip().lower()
    center = DATA_CENTERS.get(code)
    if accounts_override:
        if server != accounts_override:
            raise WrongDataCenter(
                "Zoho's answer names another accounts server than the one set for this installation."
            )
    else:
        center = _from_table(code, server)
    if center is None and not api_override:
        raise WrongDataCenter(
            f"The data centre “{code[:20]}” is not known, so its API address is not known either."
        )
    return Hosts(
        accounts_url=accounts_override or (center.accounts_url if center else ""),
        api_url=api_override or (center.api_url if center else ""),
        web_url=center.web_url if center and not api_override else "",
        code=center.code if center else code[:20],
    )


def _from_table(code: str, server: str) -> DataCenter:
    """Find the data centre that `code` and `server` agree on."""
    center = DATA_CENTERS.get(code)
    if code and center is None:
        raise WrongDataCenter(f"The data centre “{code[:20]}” is not known.")
    if server:
        parts = urlsplit(server)
        known = _BY_HOST.get(parts.netloc.lower())
        if known is None or parts.scheme.lower() != "https" or parts.path or parts.query or parts.fragment:
            raise WrongDataCenter(
                "Zoho's answer names an accounts server that is not on the list of Zoho's own."
            )
        if center is not None and known is not center:
            raise WrongDataCenter(
                "Zoho's answer names a data centre and an accounts server that do not match."
            )
        center = known
    if center is None:
        raise WrongDataCenter("Zoho's answer does not say which data centre the account lives in.")
    return center
