"""The trace id: of the form the world knows, the same for the same version, and no worse for what strangers write."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from services.contracts import trace
from services.contracts.cloudevents import alert_headers
from tests.support.alerts import an_opened_alert

W3C = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01")


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_every_version_has_one_and_always_the_same(article: str, version: str) -> None:
    made = trace.begun(article, version)
    assert W3C.fullmatch(made)
    assert trace.begun(article, version) == made
    assert trace.id_of(made) != trace.id_of(trace.begun(article, version + "x"))


def test_each_service_sends_the_trace_on_under_a_span_of_its_own() -> None:
    begun = trace.begun("a", "1")
    deduped = trace.onward(begun, "deduper")
    tagged = trace.onward(deduped, "tagger")
    assert trace.id_of(begun) == trace.id_of(deduped) == trace.id_of(tagged)
    assert len({begun, deduped, tagged}) == 3
    assert trace.onward(deduped, "tagger") == tagged
    assert trace.passed_on({"traceparent": begun, "other": "x"}, "deduper") == {"traceparent": deduped}


@given(st.text())
def test_what_is_not_of_the_form_is_no_trace(header: str) -> None:
    assert trace.id_of(header) is None or W3C.match(header)
    assert trace.passed_on({"traceparent": header}, "tagger") == {} or trace.id_of(header)


def test_a_trace_of_zeros_is_none() -> None:
    assert trace.id_of(f"00-{'0' * 32}-{'1' * 16}-01") is None
    assert trace.id_of(f"00-{'1' * 32}-{'0' * 16}-01") is None
    assert trace.id_of(None) is None


def test_an_alert_carries_the_trace_of_its_article_as_cloudevents_say() -> None:
    alert = an_opened_alert()
    assert alert.stages.traceparent is None
    assert "ce_traceparent" not in alert_headers(alert)
