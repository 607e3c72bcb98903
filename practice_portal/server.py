"""The HTTP server: one port for accounts, API and control; `start()` runs it in threads."""

import socket
import socketserver
import struct
import sys
import threading
import time
import traceback
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit

import msgspec

from . import consent, control, oauth
from .api.gate import answer_api
from .messages import HTML, Answer, RefusedError, Request, error, html_answer, json_answer
from .settings import Settings
from .state import State
from .throttle import path_pattern


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive; every answer leaves in a single write."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = 64 * 1024

    def handle_one_request(self):
        """Read one request and answer it."""
        try:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or len(self.raw_requestline) > 65536 or not self.parse_request():
                self.close_connection = True
                return
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else b""
            self._answer(body)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _answer(self, body):
        state, began = self.server.state, time.perf_counter()
        parts = urlsplit(self.path)
        request = Request(
            self.command,
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            self.headers,
            body,
            _form(self.headers, body),
        )
        if parts.path.startswith("/control/"):
            self._send(control.answer(state, request))
            return
        with state.lock:
            act = state.faults.take(request.method, self.path) or {}
            for step in act.get("control", []):
                control.run(state, step.get("method", "POST"), step["path"], step.get("body"))
            entry = _log_entry(state, request)
            state.under_way += 1
            entry["at_once"] = state.under_way
            answer = self._work(state, request, act)
            entry["status"] = answer.status
            if answer.title:
                entry["error"] = answer.title
            entry["milliseconds"] = round((time.perf_counter() - began) * 1000, 2)
            if answer.body and parts.path.startswith("/api/") and not act and state.switches.use("cut_body"):
                act = {"cut": len(answer.body) // 2}
            slow = state.switches.slow_answer if parts.path.startswith(("/api/", "/restapi/")) else 0
        if act:
            entry["fault"] = act
        pause = act.get("delay", 0) + (2 if slow is True else float(slow or 0))
        if pause:
            self.server.stopping.wait(pause)
        with state.lock:
            state.under_way -= 1
        self._send(answer, act)

    def _work(self, state, request, act):
        if "redirect" in act:
            return Answer(302, b"", HTML, {"Location": act["redirect"]})
        if "html" in act:
            return Answer(
                act.get("status", 200), consent.problem_page("Please wait", "Maintenance.").encode(), HTML
            )
        if "status" in act or "body" in act:
            text = act.get("body", "")
            text = text if isinstance(text, str) else msgspec.json.encode(text).decode()
            return Answer(act.get("status", 200), text.encode(), headers=dict(act.get("headers", {})))
        try:
            return route(state, request)
        except RefusedError as refused:
            return refused.answer
        except Exception:  # whatever was stored here, a caller gets an answer
            traceback.print_exc()
            return error(request, 500, "INTERNAL_SERVER_ERROR", "Internal Server Error").answer

    def _send(self, answer, act=None):
        act = act or {}
        body = b"" if "empty" in act or self.command == "HEAD" else answer.body
        if "reset" in act:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        length = len(body) + int(act.get("wrong_length", 0))
        lines = [
            f"HTTP/1.1 {answer.status} {_phrase(answer.status)}",
            f"Date: {formatdate(self.server.state.clock.now(), usegmt=True)}",
            "Server: practice-portal",
            "Cache-Control: no-store",
        ]
        if answer.status != 204:
            lines += [f"Content-Type: {answer.content_type}", f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        if "cut" in act or "wrong_length" in act:
            lines.append("Connection: close")
            self.close_connection = True
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        if "drip" in act:
            self.wfile.write(head)
            step = int(act.get("bytes", 1))
            for start in range(0, len(body), step):
                self.wfile.write(body[start : start + step])
                if self.server.stopping.wait(act["drip"]):
                    return
            return
        self.wfile.write(head + (body[: act["cut"]] if "cut" in act else body))
        if self.close_connection:
            self.wfile.flush()

    def log_message(self, *args):
        """Nothing on the console; `GET /control/log` holds every call."""


def _phrase(status):
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _form(headers, body):
    if not body:
        return {}
    if "json" in (headers.get("Content-Type") or ""):
        return {}
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    except UnicodeDecodeError:
        return {}


def _log_entry(state, request):
    state.calls += 1
    access = state.tokens.access.get(oauth.bearer(request))
    entry = {
        "number": state.calls,
        "time": state.clock.now(),
        "method": request.method,
        "path": request.path,
        "pattern": path_pattern(request.path),
        "params": dict(request.params),
        "token": access.name if access else "",
    }
    if request.path == "/oauth/v2/token":
        entry["grant_type"] = request.form.get("grant_type") or request.params.get("grant_type", "")
    state.log.append(entry)
    return entry


def route(state, request):
    """The answer to one call that is not for the control interface. May raise RefusedError."""
    if request.path.startswith(("/api/", "/restapi/")):
        return answer_api(state, request)
    handler = oauth.ROUTES.get((request.method, request.path))
    if handler:
        return handler(state, request)
    if request.path == "/" and request.method == "GET":
        return html_answer(
            consent.front_page(state.url, state.settings.size, [p.card for p in state.portals.values()])
        )
    return json_answer({"error": "not found"}, 404)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128
    block_on_close = False

    def __init__(self, *args):
        super().__init__(*args)
        self.open = set()

    def process_request(self, request, client_address):
        """Remember the connection, so that stopping can end it."""
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        """The connection is over."""
        self.open.discard(request)
        super().shutdown_request(request)

    def hang_up(self):
        """End every connection, also those kept alive."""
        for connection in list(self.open):
            with suppress(OSError):  # the caller may have been faster
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address):
        """A caller that hung up is no news; anything else is a fault of ours and shown."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class PracticePortal:
    """A running practice portal: `.url`, `.state`, `.stop()`; also a context manager."""

    def __init__(self, port=0, settings=None):
        self.state = State(settings or Settings())
        self._server = _Server(("127.0.0.1", port), Handler)
        self._server.state = self.state
        self._server.stopping = threading.Event()
        self.port = self._server.server_address[1]
        self.url = self.state.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True, name="practice-portal"
        )

    def serve(self):
        """Begin to answer, in a thread of its own."""
        self._thread.start()
        return self

    def wait(self):
        """Return when the server has stopped."""
        self._thread.join()

    def stop(self):
        """Stop answering and free the port. Calls under way are dropped."""
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
        self._thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()


def start(port=0, size="small", **settings):
    """Start a practice portal at 127.0.0.1 and return it as PracticePortal.

    `settings` are the names of settings.Settings, e.g. `auto_consent=True, throttle_limit=0`.
    Raises KeyError for an unknown setting, OSError when the port is taken.
    """
    chosen = Settings()
    chosen.update({"size": size, **settings})
    return PracticePortal(port, chosen).serve()
