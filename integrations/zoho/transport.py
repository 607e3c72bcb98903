"""One HTTP exchange: TLS verified, no redirects, a size limit and a deadline for the whole answer.

Nothing here retries or judges; it may run in another thread than the one that asked.
"""

from __future__ import annotations

import os
import re
import time
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

LARGEST_BODY = 64 * 1024 * 1024
_CHUNK = 256 * 1024
_PLAIN_URL = re.compile(r"https?://[a-z0-9.:-]+(/[A-Za-z0-9_.-]+)+/?")


class Answer(msgspec.Struct):
    """Status, headers (names in any case) and whole body of one answer; `seconds` it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    def __repr__(self) -> str:
        return f"Answer(status={self.status}, {len(self.body)} bytes)"


class Broken(Exception):
    """No usable answer came. `permanent`: trying again cannot help (certificate, size). `was_taken`: the server took
    the call, and answered too slowly.
    """

    def __init__(self, message: str, permanent: bool = False, was_taken: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.was_taken = was_taken


class _Adapter(HTTPAdapter):
    """Without what is the same for all of thousands of requests to one host: the search for its connections, and
    cookies, which nobody wants.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pools: dict[tuple[str, ...], Any] = {}

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """The connections to the host of the request; remembered where no proxy stands between."""
        if proxies or request.url is None:
            return super().get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert)
        key = (*request.url.split("/", 3)[:3], str(verify))
        pool = self._pools.get(key)
        if pool is None:
            pool = super().get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert)
            self._pools[key] = pool
        return pool

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Status, headers and the body still to be read."""
        response = requests.Response()
        response.status_code, response.headers, response.raw = resp.status, resp.headers, resp
        response.request, response.url = req, req.url or ""
        return response

    def close(self) -> None:
        """Close the connections."""
        self._pools.clear()
        super().close()


class Transport:
    """Keeps connections alive between exchanges. `total_timeout` bounds one exchange, however slowly bytes
    drip.
    """

    def __init__(
        self,
        connect_timeout: float = 5,
        read_timeout: float = 60,
        total_timeout: float | None = None,
        largest_body: int = LARGEST_BODY,
    ) -> None:
        self.timeout = (connect_timeout, read_timeout)
        self.total_timeout = (
            total_timeout if total_timeout is not None else connect_timeout + 2 * read_timeout
        )
        self.largest_body = largest_body
        self._session = requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _Adapter())
        # the environment is read once here instead of at every request; .netrc is not wanted at all
        self._session.trust_env = False
        self._session.proxies = urllib.request.getproxies()
        self._no_proxy = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
        self._verify: str | bool = (
            os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        )
        self._headers = {
            **{name: str(value) for name, value in self._session.headers.items()},
            "Accept": "application/json",
            "User-Agent": "projects-erp",
        }
        self._proxied: dict[str, bool] = {}

    def send(
        self,
        method: str,
        url: str,
        *,
        authorization: str = "",
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and read its whole answer. Raises Broken; never an exception that quotes the
        request.
        """
        started = time.monotonic()
        try:
            with self._exchange(method, url, authorization, params, data) as response:
                body = self._read(response, started)
        except requests.exceptions.SSLError:
            raise Broken("The server's certificate is not valid.", permanent=True) from None
        except requests.exceptions.ConnectTimeout:
            raise Broken("The server did not accept a connection in time.") from None
        except requests.exceptions.Timeout:
            raise Broken("The server did not answer in time.", was_taken=True) from None
        except requests.exceptions.ConnectionError:
            raise Broken("The connection failed.") from None
        except (requests.exceptions.RequestException, HTTPError, OSError, ValueError) as error:
            raise Broken(f"The answer could not be read ({type(error).__name__}).") from None
        return Answer(response.status_code, response.headers, body, time.monotonic() - started)

    def _exchange(
        self,
        method: str,
        url: str,
        authorization: str,
        params: Mapping[str, Any] | None,
        data: Mapping[str, str] | None,
    ) -> requests.Response:
        """Hand the request to the session's adapter, which does what matters: connections, TLS, proxies, time limits.

        Session.request() would merge settings and cookies anew for each of thousands of equal requests, which takes
        twice as long as the exchange itself.
        """
        session = self._session
        request = requests.PreparedRequest()
        request.prepare_method(method)
        if _PLAIN_URL.fullmatch(url) and all(
            value.__class__ in (str, int) for value in (params or {}).values()
        ):
            request.url = f"{url}?{urlencode(params)}" if params else url  # what prepare_url makes of it
        else:
            request.prepare_url(url, params or {})
        request.headers = CaseInsensitiveDict(self._headers)
        if authorization:
            request.headers["Authorization"] = authorization
        if data is not None:
            request.prepare_body(data, None)
        return session.get_adapter(url).send(
            request,
            stream=True,
            timeout=self.timeout,
            verify=self._verify,
            proxies=session.proxies if self._uses_proxy(url) else {},
        )

    def _uses_proxy(self, url: str) -> bool:
        if not self._session.proxies:
            return False
        host = url.split("/", 3)[2]
        if host not in self._proxied:
            bypass = requests.utils.should_bypass_proxies(url, no_proxy=self._no_proxy)
            self._proxied[host] = not bypass
        return self._proxied[host]

    def _read(self, response: requests.Response, started: float) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while True:
            # read1 returns what has arrived, so that a slow drip cannot outwait the deadline
            chunk = response.raw.read1(_CHUNK, decode_content=True)
            if not chunk:
                return b"".join(chunks)
            chunks.append(chunk)
            size += len(chunk)
            if size > self.largest_body:
                raise Broken("The answer is larger than allowed.", permanent=True)
            if time.monotonic() - started > self.total_timeout:
                raise Broken("The answer took too long to arrive.", was_taken=True)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
