"""Faults on request: which answers go wrong, and how.

A rule is `{"match": {"method", "path", "nth"}, "act": {...}, "times": n}`: `path` is a regular expression
searched in path and query, `nth` the first matching call that is hit (default 1), `times` how many calls
are hit from there on (default 1, null or "forever" without end).

The act is one of
  {"status": 503, "body": "...", "headers": {...}}   answer this instead of doing the work
  {"html": true, "status": 200}                      an HTML page instead of JSON
  {"body": "text", "status": 200}                    this body instead, e.g. broken JSON or an error in a 200
  {"delay": seconds}                                 the true answer, late
  {"drip": seconds, "bytes": n}                      the true answer, n bytes at a time with pauses
  {"cut": k}                                         the connection closes after k bytes of the body
  {"reset": true}                                    the work is done, then the connection is reset unanswered
  {"wrong_length": d}                                Content-Length is d bytes off
  {"empty": true}                                    the true status with no body at all
  {"redirect": "https://…"}                          302 to there
  {"control": [{"path": "/control/…", "body": …}]}   do these control calls first, then answer truly
and may hold "delay" or "control" beside any other.
"""

import re
from dataclasses import dataclass


@dataclass
class Rule:
    """One fault rule and how often it was met."""

    method: str
    path: str
    nth: int
    act: dict
    times: int | None
    met: int = 0
    hit: int = 0

    @classmethod
    def read(cls, raw):
        """From its JSON form. Raises ValueError with a sentence."""
        match, act = raw.get("match") or {}, raw.get("act")
        if not isinstance(act, dict) or not act:
            raise ValueError("a fault rule needs an act")
        try:
            re.compile(match.get("path", ""))
        except re.error as wrong:
            raise ValueError(f"path is no regular expression: {wrong}") from wrong
        times = raw.get("times", 1)
        return cls(
            match.get("method", "").upper(),
            match.get("path", ""),
            int(match.get("nth", 1)),
            act,
            None if times in (None, "forever") else int(times),
        )

    def as_dict(self):
        """The rule with its counts, for the control interface."""
        return {
            "match": {"method": self.method, "path": self.path, "nth": self.nth},
            "act": self.act,
            "times": self.times,
            "met": self.met,
            "hit": self.hit,
        }


class Faults:
    """The rules in force, tried in order."""

    def __init__(self):
        self.rules = []

    def take(self, method, target):
        """The act for this call, or None. The first rule that is due wins; all matching ones count."""
        due = None
        for rule in self.rules:
            if (rule.method and rule.method != method) or not re.search(rule.path, target):
                continue
            rule.met += 1
            if due is None and rule.met >= rule.nth and (rule.times is None or rule.hit < rule.times):
                rule.hit += 1
                due = rule.act
        return due
