"""Traces: nothing without the variables; with them a span per run, step and request, by pattern only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from operations import traces


class Recorder:
    """What OpenTelemetry's tracer is asked for."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, dict[str, Any]]] = []

    @contextmanager
    def start_as_current_span(self, name: str, attributes: dict[str, Any], **_: Any) -> Iterator[Recorder]:
        self.spans.append((name, dict(attributes)))
        yield self

    def set_attribute(self, name: str, value: str) -> None:
        self.spans[-1][1][name] = value


def test_without_the_variables_nothing_happens(monkeypatch: Any) -> None:
    for name in traces.SWITCHES:
        monkeypatch.delenv(name, raising=False)
    assert not traces.wanted()
    with traces.span("anything", number=1):
        pass
    traces.flush()


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
    ],
)
def test_the_standard_variables_decide(monkeypatch: Any, environment: dict[str, str], wanted: bool) -> None:
    for name in (*traces.SWITCHES, "OTEL_SDK_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert traces.wanted() is wanted


def test_a_failure_tells_its_kind_and_not_its_words(monkeypatch: Any) -> None:
    recorder = Recorder()
    monkeypatch.setattr(traces, "_tracer_of", lambda process: (recorder, None))
    with pytest.raises(ValueError), traces.span("GET /projects"):
        raise ValueError("refresh_token=secret")
    assert recorder.spans == [("GET /projects", {"error.type": "ValueError"})]
