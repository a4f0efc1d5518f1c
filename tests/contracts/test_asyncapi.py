"""The document for subscribers says what topics.yaml, the schemas and the code say."""

from __future__ import annotations

import json
from datetime import datetime

from services.contracts import codec
from services.contracts.cloudevents import alert_headers
from services.contracts.messages import Alert
from tests.contracts import asyncapi, schemas


def test_asyncapi_is_in_step() -> None:
    assert asyncapi.drift() == []


def test_every_alert_is_a_cloud_event() -> None:
    for example in schemas.examples(valid=True, schema="alert.v1"):
        alert = codec.decode(json.dumps(example.message).encode(), Alert)
        headers = alert_headers(alert)
        assert headers["ce_id"] == f"{alert.id}/{alert.revision}"
        assert headers["ce_time"].endswith("Z")
        assert datetime.fromisoformat(headers["ce_time"]) == alert.last_updated
