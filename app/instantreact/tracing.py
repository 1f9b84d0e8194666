"""Traces, by OpenTelemetry's own library: nothing of it does anything until `sending_traces`.

A span holds ids and names only: no message of an error, no header, no address.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from instantreact import __version__
from instantreact.errors import Misconfigured

_W3C = TraceContextTextMapPropagator()


@contextmanager
def span(
    name: str, traceparent: str | None, *, kind: SpanKind = SpanKind.CONSUMER, **attributes: str | int
) -> Iterator[Span]:
    """The block as a span that follows from `traceparent`, or from nothing."""
    parent = _W3C.extract({"traceparent": traceparent} if traceparent else {}, Context())
    tracer = trace.get_tracer("instantreact", __version__)
    with tracer.start_as_current_span(
        name, parent, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except Exception as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def current_traceparent() -> str | None:
    """What a job is queued with, so that its span follows from this one; None where nothing is traced."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def sending_traces(url: str | None) -> Iterator[None]:
    """Send the spans of the block to a collector, by OTLP over HTTP. Raises Misconfigured without the extra."""
    if url is None:
        yield
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"INSTANTREACT_TRACES_URL needs {error.name}, which is not installed: pip install 'instantreact[otel]'."
        ) from error
    provider = TracerProvider(
        resource=Resource.create({"service.name": "instantreact", "service.version": __version__})
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=5)))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()
