"""One status per message; what cannot be read is dead-lettered; old alerts are told to nobody."""

from __future__ import annotations

import json
from datetime import timedelta

from services.contracts import codec, topics
from services.contracts.messages import DeadLetter
from services.notifier.status import STATUSES
from tests.support.clock import START
from tests.support.notifier import Notifier, a_delivery, a_watch, active, an_alert


async def test_every_message_ends_in_one_status_and_they_add_up() -> None:
    service = Notifier(active(a_watch(when="{min_severity: high}")))
    batch = [
        a_delivery(an_alert(1)),
        a_delivery(an_alert(2, severity="low")),
        a_delivery(an_alert(3, last_updated=START - timedelta(days=7, seconds=1))),
        a_delivery(an_alert(1)),
    ]
    garbage = [
        batch[0].__class__(topic=topics.ALERTS, partition=1, offset=n, key=None, value=v)
        for n, v in enumerate([b"{", None])
    ]
    statuses = await service.handler.handle([*batch, *garbage])
    assert statuses == ["matched", "unmatched", "stale", "known", "dead", "dead"]
    counts = [
        service.registry.get_sample_value("wirewatch_notifier_articles_total", {"status": status})
        for status in STATUSES
    ]
    assert sum(count or 0 for count in counts) == len(statuses)
    letters = [codec.decode(message.value, DeadLetter) for message in service.publisher.on(topics.DEAD)]
    assert [(letter.service, letter.reason, letter.partition) for letter in letters] == [
        ("notifier", "undecodable", 1)
    ] * 2


async def test_changed_watches_hold_from_the_next_alert_on() -> None:
    service = Notifier(active(a_watch(when="{min_severity: critical}")))
    assert await service.hear(an_alert(1)) == ["unmatched"]
    service.handler.use(active(a_watch()))
    assert await service.hear(an_alert(1)) == ["matched"]


async def test_a_watch_that_is_added_hears_of_an_alert_that_others_know() -> None:
    service = Notifier(active(a_watch()))
    await service.hear(an_alert(1))
    service.handler.use(active(a_watch(), a_watch(id_="x")))
    assert await service.hear(an_alert(1)) == ["matched"]
    await service.dispatcher.round()
    assert [notification.watch_id for notification in sorted(service.sender.taken, key=lambda p: p.watch_id)] == [
        "w",
        "x",
    ]


async def test_unknown_fields_of_a_newer_alert_are_passed_on() -> None:
    service = Notifier(active(a_watch()))
    value = json.loads(codec.encode(an_alert(1))) | {"of_tomorrow": [1]}
    delivery = a_delivery(an_alert(1))
    delivery = type(delivery)(topic=delivery.topic, partition=0, offset=0, key=None, value=json.dumps(value).encode())
    assert await service.handler.handle([delivery]) == ["matched"]
    await service.dispatcher.round()
    (notification,) = service.sender.taken
    assert json.loads(bytes(notification.alert))["of_tomorrow"] == [1]
