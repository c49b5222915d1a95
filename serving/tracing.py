"""Traces of requests, from Serve's proxy through gateway and executor to the models, for any OpenTelemetry collector.

    python -m jobs.serve --config recipes/tinyagent/serve.yaml traces=http://127.0.0.1:4318

Serve makes the spans and hands the context on; a client's `traceparent` header is taken up. Spans hold routes, statuses and
times, no queries and no keys. Elsewhere set the same variables for every Ray node (`environment`). All requests are traced, or the
share that RAY_SERVE_TRACING_SAMPLING_RATIO says. Needs `pip install 'toolschool[traces]'`.
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from toolschool.errors import ConfigError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor


def environment(collector: str) -> dict[str, str]:
    """What every Serve process needs to find the collector. ConfigError on a wrong URL, or without the exporter."""
    if urlsplit(collector).scheme not in ("http", "https") or not urlsplit(collector).hostname:
        raise ConfigError(
            f"traces: '{collector}' is no URL; name a collector of OTLP over HTTP, such as http://127.0.0.1:4318"
        )
    try:
        metadata.version("opentelemetry-exporter-otlp-proto-http")
    except metadata.PackageNotFoundError:
        raise ConfigError("traces: the exporter is not installed; pip install 'toolschool[traces]'") from None
    return {
        "RAY_SERVE_TRACING_EXPORTER_IMPORT_PATH": "serving.tracing:processors",
        "RAY_SERVE_TRACING_SAMPLING_RATIO": "1.0",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
    }


def processors() -> list[SpanProcessor]:
    """What Serve calls in each of its processes; the exporter goes by OpenTelemetry's own variables."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return [BatchSpanProcessor(OTLPSpanExporter())]
