"""OpenTelemetry traces, for installations that set its standard variables and installed `requirements/otel.txt`.

Without the variables or the packages everything here does nothing. Spans carry numbers and path patterns, never names,
addresses with ids, or tokens.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

log = logging.getLogger(__name__)
SWITCHES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER")
FLUSH_MILLISECONDS = 2000


def wanted() -> bool:
    """True when the environment asks for traces."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    return os.environ.get("OTEL_TRACES_EXPORTER") != "none" and any(os.environ.get(name) for name in SWITCHES)


@functools.cache
def _tracer_of(process: int) -> tuple[Any, Any]:
    """(tracer, provider) of a process, made at its first span, since threads do not survive a fork; else Nones."""
    if not wanted():
        return None, None
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
    except ImportError:
        log.warning("OTEL_ variables are set, but requirements/otel.txt is not installed: no traces.")
        return None, None
    exporter: SpanExporter = ConsoleSpanExporter()
    if os.environ.get("OTEL_TRACES_EXPORTER") != "console":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter()
    name = os.environ.get("OTEL_SERVICE_NAME", "projects-erp")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider.get_tracer("projects-erp"), provider


@contextmanager
def span(name: str, **attributes: str | int) -> Iterator[None]:
    """Time what happens inside, as a child of the span around it."""
    tracer, _ = _tracer_of(os.getpid())
    if tracer is None:
        yield
        return
    # An exception's words may quote what must not leave this machine, so only its kind is told.
    with tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_attribute("error.type", type(error).__name__)
            raise


def flush() -> None:
    """Send what waits: a worker process may end without a chance to."""
    _, provider = _tracer_of(os.getpid())
    if provider is not None:
        provider.force_flush(FLUSH_MILLISECONDS)
