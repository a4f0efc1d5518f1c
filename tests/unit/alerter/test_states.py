"""What an analyst decided holds until something real happens."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from services.contracts import ids, redis_keys
from services.contracts.alert_states import state_after
from services.contracts.messages import Alert, AlertState, Change
from tests.support.alerts import KOREA, RUSSIA, STORY, a_copy, a_tag, a_tagged
from tests.support.clock import START
from tests.unit.alerter.test_handler import World

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "kinds", "then"),
    [
        ("new", ["severity"], "new"),
        ("acknowledged", ["source"], "acknowledged"),
        ("acknowledged", ["actor", "place", "topic"], "acknowledged"),
        ("acknowledged", ["source", "severity"], "new"),
        ("acknowledged", ["numbers"], "new"),
        ("acknowledged", ["retraction"], "new"),
        ("closed", ["source"], "closed"),
        ("closed", ["text"], "closed"),
        *(("closed", [kind], "new") for kind in ("topic", "role", "severity", "actor", "place", "title", "numbers")),
        *(("muted", [kind], "muted") for kind in ("topic", "severity", "retraction", "source")),
    ],
)
def test_which_changes_ask_for_attention_again(state: AlertState, kinds: list[str], then: AlertState) -> None:
    assert state_after(state, [Change(kind=kind) for kind in kinds]) == then


async def decided(state: AlertState) -> World:
    """A story with an alert that an analyst has put into ``state``."""
    world = World()
    await world.take(a_tagged())
    key = redis_keys.alert(ids.alert_id(STORY))
    record = world.store.records[key]
    assert record.alert is not None
    alert = msgspec.structs.replace(record.alert, state=state, revision=2)
    world.store.records[key] = dataclasses.replace(record, alert=alert, published=2)
    return world


def report(**more: Any) -> Any:
    """Another outlet's report of the same story."""
    return a_tagged(
        url="https://second.example/a",
        outlet="second.example",
        family="second.example",
        title="Fleets pass each other near the cape",
        verdict="same_story",
        seen=START + HOUR,
        **more,
    )


async def test_a_closed_alert_is_reopened_by_a_real_change_and_says_so() -> None:
    world = await decided("closed")
    assert await world.take(report(tags=(a_tag("alliances", actors=(RUSSIA, KOREA)),))) == ["revised"]
    alert: Alert = world.sent()[-1]
    assert (alert.state, alert.revision) == ("new", 3)
    assert Change(kind="state", before="closed", after="new") in alert.changes


async def test_one_more_source_tells_and_reopens_nothing() -> None:
    world = await decided("closed")
    assert await world.take(report()) == ["revised"]
    assert world.sent()[-1].state == "closed"


async def test_a_copy_leaves_a_closed_alert_closed_and_is_updated_silently() -> None:
    world = await decided("closed")
    copy = a_copy(a_tagged(), url="https://c.example/1", outlet="c.example", seen=START + HOUR)
    assert await world.take(copy) == ["updated_silently"]
    alert = world.store.alert()
    assert alert is not None
    assert (alert.state, alert.revision, len(alert.sources)) == ("closed", 2, 2)


async def test_a_muted_alert_learns_and_stays_silent() -> None:
    world = await decided("muted")
    assert await world.take(report(tags=(a_tag("alliances", actors=(RUSSIA, KOREA)),))) == ["revised"]
    assert world.sent()[-1].state == "muted"
