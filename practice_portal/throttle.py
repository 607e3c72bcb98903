"""Counting of API calls: a rolling window per portal, method and path pattern, then a lock.

A pattern is the path with every all-digit segment replaced by `{n}`; the query does not count.
Source of shape and numbers: limits seen on Zoho Projects API V3 (100 calls in 2 minutes, 22 minutes closed).
"""

from collections import defaultdict, deque

from .messages import json_answer


def path_pattern(path):
    """`/api/v3/portal/60012345/tasks` -> `/api/v3/portal/{n}/tasks`."""
    return "/".join("{n}" if part.isdigit() else part for part in path.split("/"))


class Throttle:
    """Calls per key; `check` answers None or the refusal."""

    def __init__(self, settings, switches, clock):
        self.settings, self.switches, self.clock = settings, switches, clock
        self.calls = defaultdict(deque)
        self.locked = {}

    def clear(self):
        """Forget all calls and locks."""
        self.calls.clear()
        self.locked.clear()

    def check(self, request, portal_id, pattern):
        """Count one call. Returns (refusal or None, headers for a normal answer)."""
        limit, window = int(self.settings.throttle_limit), self.settings.throttle_window
        if limit <= 0:
            return None, {}
        now, key = self.clock.now(), (portal_id, request.method, pattern)
        until = self.locked.get(key, 0)
        if until > now:
            return self._refusal(request, until - now), {}
        if until:
            del self.locked[key]
            self.calls[key].clear()
        calls = self.calls[key]
        while calls and calls[0] <= now - window:
            calls.popleft()
        if len(calls) >= limit:
            self.locked[key] = now + self.settings.throttle_lock
            return self._refusal(request, self.settings.throttle_lock), {}
        calls.append(now)
        minutes = max(1, round(window / 60))
        return None, {
            "RateLimit": str(limit),
            "RateLimit-Remaining": str(limit - len(calls)),
            "RateLimit-Window": str(minutes),
            "RateLimit-Window-Unit": "minutes",
        }

    def _refusal(self, request, left):
        settings = self.settings
        minutes = max(1, round(settings.throttle_lock / 60))
        text = (
            f"Cannot execute more than {int(settings.throttle_limit)} requests per API in "
            f"{max(1, round(settings.throttle_window / 60))} minutes. Try again after {minutes} minutes."
        )
        status = 429 if self.switches.throttle_429 else 400
        body = {
            "error": {
                "status_code": status,
                "instance": request.path,
                "method": request.method,
                "title": "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED",
                "error_type": "OPERATIONAL_VALIDATION_ERROR",
                "details": {"message": text},
            }
        }
        wait = int(settings.throttle_retry_after or left) or 1
        answer = json_answer(body, status, {"Retry-After": str(wait)})
        answer.title = "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED"
        return answer

    def lock(self, portal_id, method, pattern, seconds):
        """Lock a pattern as if it had been called too often."""
        self.locked[portal_id, method, pattern] = self.clock.now() + seconds

    def state(self):
        """Locks and counts for the control interface."""
        now = self.clock.now()
        return {
            "locked": [
                {"portal": k[0], "method": k[1], "pattern": k[2], "seconds_left": round(v - now, 1)}
                for k, v in self.locked.items()
                if v > now
            ],
            "counts": [
                {"portal": k[0], "method": k[1], "pattern": k[2], "calls": len(v)}
                for k, v in self.calls.items()
                if v
            ],
        }
