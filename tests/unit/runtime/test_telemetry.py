"""Spans carry the ids that travel in ``traceparent``, and a collector that is away costs nothing but its spans."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from services.contracts import trace
from services.runtime.messages.delivery import Delivery, Outgoing
from services.runtime.process import telemetry

BEGUN = trace.begun("a", "h")


class Collector:
    """Takes spans over OTLP/HTTP; with ``answers`` unset it takes a request and says nothing."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        self.answers = threading.Event()
        self.asked = threading.Event()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.asked.set()
                if collector.answers.wait(20):
                    collector.take(ExportTraceServiceRequest.FromString(body))
                    self.send_response(200)
                    self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, request: ExportTraceServiceRequest) -> None:
        for of_resource in request.resource_spans:
            named = {a.key: a.value.string_value for a in of_resource.resource.attributes}
            for scope in of_resource.scope_spans:
                self.spans += [(named["service.name"], span) for span in scope.spans]

    def close(self) -> None:
        self.answers.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    made = Collector()
    monkeypatch.setenv(telemetry.ENDPOINT, made.url)
    yield made
    telemetry.stop()
    made.close()


def a_delivery(traceparent: str, *, topic: str = "articles", offset: int = 7) -> Delivery:
    return Delivery(topic=topic, partition=1, offset=offset, key=b"k", value=b"v", headers={trace.HEADER: traceparent})


def the_id(traceparent: str | None) -> tuple[str, str]:
    assert traceparent is not None
    _, trace_id, span_id, _ = traceparent.split("-")
    return trace_id, span_id


def test_an_article_is_one_trace_from_the_poller_to_the_notification(collector: Collector) -> None:
    collector.answers.set()
    unique, tagged, alert = (trace.onward(BEGUN, service) or "" for service in ("deduper", "tagger", "alerter"))
    environ = {telemetry.ENDPOINT: collector.url}
    telemetry.start("poller", environ)
    telemetry.sent(Outgoing("articles", b"a", b"", trace.headers(BEGUN)), "published", 0.5, feed="f")
    telemetry.stop()
    for service, received in (("deduper", BEGUN), ("tagger", unique), ("alerter", tagged)):
        telemetry.start(service, environ)
        telemetry.handled(a_delivery(received), "done", 0.1, batch=3)
        telemetry.handled(a_delivery(received), "done", 0.1, batch=3)  # once more, after a crash
        telemetry.stop()
    telemetry.start("notifier", environ)
    telemetry.handled(a_delivery(alert, offset=1), "matched", 0.1, batch=1)
    telemetry.handled(a_delivery(alert, offset=2), "dead", 0.1, batch=1)  # another alert of the same article
    telemetry.attempted("webhook", "d", alert, "failed", 0.1)
    telemetry.attempted("webhook", "d", alert, "sent", 0.1)
    telemetry.stop()

    spans = [(name, span) for name, span in collector.spans]
    assert {span.trace_id.hex() for _, span in spans} == {trace.id_of(BEGUN)}
    ids = {(name, span.span_id.hex(), span.parent_span_id.hex()) for name, span in spans}
    of = [the_id(each)[1] for each in (BEGUN, unique, tagged, alert)]
    assert {each for each in ids if each[0] != "wirewatch-notifier"} == {
        ("wirewatch-poller", of[0], ""),
        ("wirewatch-deduper", of[1], of[0]),
        ("wirewatch-tagger", of[2], of[1]),
        ("wirewatch-alerter", of[3], of[2]),
    }
    leaves = [each for each in ids if each[0] == "wirewatch-notifier"]
    assert len(leaves) == 4
    assert {parent for _, _, parent in leaves} == {of[3]}
    failed = {span.name for _, span in spans if span.status.code == span.status.STATUS_CODE_ERROR}
    assert failed == {"process articles", "deliver webhook"}
    first = next(span for _, span in spans if not span.parent_span_id)
    assert first.end_time_unix_nano - first.start_time_unix_nano == 500_000_000


def test_what_carries_no_trace_gives_no_span(collector: Collector) -> None:
    collector.answers.set()
    telemetry.start("tagger", {telemetry.ENDPOINT: collector.url})
    telemetry.handled(a_delivery("00-not-one-01"), "done", 0.1, batch=1)
    telemetry.handled(Delivery("articles", 0, 0, None, None), "done", 0.1, batch=1)
    telemetry.stop()

    assert collector.spans == []


def test_a_collector_that_hangs_blocks_nothing_and_fills_nothing(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "64")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "16")
    telemetry.start("tagger", {telemetry.ENDPOINT: collector.url})
    longest = 0.0
    for offset in range(5000):
        before = time.perf_counter()
        telemetry.handled(a_delivery(trace.begun(str(offset), "h")), "done", 0.1, batch=1)
        longest = max(longest, time.perf_counter() - before)
        if offset == 1000:
            assert collector.asked.wait(5)
    assert longest < 1.0
    before = time.perf_counter()
    telemetry.stop()
    assert time.perf_counter() - before < telemetry.STOP_SECONDS + 1
    collector.answers.set()
    time.sleep(0.2)
    assert len(collector.spans) <= 64 + 16


def test_off_imports_nothing() -> None:
    code = (
        "import sys; from services.runtime.process import run, telemetry; import services.runtime.kafka.stream;"
        "telemetry.start('tagger', {}); telemetry.start('tagger', {'OTEL_EXPORTER_OTLP_ENDPOINT': ''});"
        "telemetry.start('tagger', {'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://x', 'OTEL_SDK_DISABLED': 'true'});"
        "telemetry.stop();"
        "sys.exit(telemetry.enabled() or any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_missing_package_is_named() -> None:
    code = (
        "from services.runtime.process import telemetry; telemetry.find_spec = lambda name: None;"
        "telemetry.start('tagger', {'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://127.0.0.1:9'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert "pip install 'wirewatch[otlp]'" in done.stderr.splitlines()[-1]
