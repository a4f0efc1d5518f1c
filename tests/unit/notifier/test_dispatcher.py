"""Deliveries from an alert to a channel: once each, whatever fails and whenever; late where that was asked for."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.messages import Alert
from services.notifier.core import deliveries
from services.notifier.core.deliveries import TestRequest
from services.notifier.core.watches import ActiveWatches, WatchFile
from services.notifier.errors import SendError
from tests.support.notifier import Crash, KeepingSender, Notifier, a_watch, active, an_alert

DAY = 24 * 3600.0


def key(alert: Alert) -> str:
    return f"{alert.id}/{alert.revision}"


async def test_a_matching_alert_is_sent_once_on_each_channel() -> None:
    service = Notifier(active(a_watch(channels="[c, d]"), a_watch(id_="x", when="{topics: [other]}")))
    assert await service.hear(an_alert()) == ["matched"]
    await service.dispatcher.round()
    assert sorted((p.watch_id, p.channel_id) for p in service.sender.taken) == [("w", "c"), ("w", "d")]
    assert service.count("sent") == service.count("queued") == 2
    assert await service.hear(an_alert()) == ["known"]
    await service.pass_time(3600)
    assert len(service.sender.taken) == 2


async def test_a_failing_channel_is_tried_again_later_and_later_then_succeeds() -> None:
    service = Notifier(active(a_watch()), sender=KeepingSender(SendError("down"), SendError("down"), SendError("down")))
    await service.hear(an_alert())
    await service.dispatcher.round()
    await service.dispatcher.round()
    assert service.sender.attempts == 1, "a channel that failed rests"
    await service.pass_time(5)
    assert service.sender.attempts == 2
    await service.pass_time(5)
    assert service.sender.attempts == 2
    await service.pass_time(5)
    assert service.sender.attempts == 3
    await service.pass_time(60)
    assert service.sender.alerts() == [key(an_alert())]
    assert (service.count("retried"), service.count("sent")) == (3, 1)


async def test_a_channel_that_is_down_is_asked_once_for_all_that_waits() -> None:
    service = Notifier(active(a_watch()))
    service.sender.down = SendError("down")
    await service.hear(*(an_alert(n) for n in range(50)))
    await service.pass_time(3600)
    assert service.sender.attempts < 15
    service.sender.down = None
    await service.pass_time(1800)
    assert sorted(service.sender.alerts()) == [key(an_alert(n)) for n in range(50)]


async def test_what_cannot_be_delivered_for_a_day_is_dead_and_said_so() -> None:
    service = Notifier(active(a_watch()))
    service.sender.down = SendError("HTTP 503")
    await service.hear(*(an_alert(n) for n in range(20)))
    await service.pass_time(DAY - 600, step=300)
    assert service.count("dead") == 0
    await service.pass_time(3600, step=300)
    assert service.outbox.states() == {"dead": 20}
    assert service.count("dead") == 20
    assert {kept.error for kept in service.outbox.kept.values()} == {"HTTP 503"}


async def test_a_refused_message_does_not_hold_up_the_next_ones() -> None:
    service = Notifier(active(a_watch()), sender=KeepingSender(SendError("HTTP 413", of_channel=False)))
    await service.hear(an_alert(1), an_alert(2))
    await service.dispatcher.round()
    assert len(service.sender.taken) == 1
    await service.pass_time(10, step=5)
    assert len(service.sender.taken) == 2


async def test_a_wait_that_the_other_side_asks_for_is_kept_within_reason() -> None:
    service = Notifier(active(a_watch()), sender=KeepingSender(SendError("HTTP 429", after_seconds=600)))
    await service.hear(an_alert())
    await service.dispatcher.round()
    await service.pass_time(590, step=10)
    assert service.sender.attempts == 1
    await service.pass_time(20, step=10)
    assert len(service.sender.taken) == 1


async def test_a_defect_in_one_message_costs_that_message_only() -> None:
    service = Notifier(active(a_watch()), sender=KeepingSender(ValueError("odd")))
    await service.hear(an_alert(1), an_alert(2))
    await service.dispatcher.round()
    assert len(service.sender.taken) == 1


async def test_what_waits_for_a_channel_that_is_gone_is_dead() -> None:
    service = Notifier(active(a_watch(channels="[c, d]")))
    service.dispatcher.use(ActiveWatches(file=service.in_force.file, routes={"d": service.in_force.routes["d"]}))
    await service.hear(an_alert())
    await service.dispatcher.round()
    assert [p.channel_id for p in service.sender.taken] == ["d"]
    gone = [kept for kept in service.outbox.kept.values() if kept.notification.channel_id == "c"]
    assert [(kept.state, "no such channel" in kept.error) for kept in gone] == [("dead", True)]
    assert service.count("dead", kind="gone") == 1


async def test_mended_watches_are_tried_at_once() -> None:
    service = Notifier(active(a_watch()), sender=KeepingSender(SendError("wrong address", after_seconds=3600)))
    await service.hear(an_alert())
    await service.dispatcher.round()
    service.dispatcher.use(service.in_force)
    await service.pass_time(3600)
    assert len(service.sender.taken) == 1


# ---------------------------------------------------------------- later, on purpose

QUIET = 'quiet: {from: "08:00", to: "12:00", timezone: UTC}'  # the clock begins at 9


async def test_quiet_hours_hold_and_end_in_one_digest_the_gravest_first() -> None:
    service = Notifier(active(a_watch(QUIET)))
    await service.hear(an_alert(1), an_alert(2, severity="critical"), an_alert(3, severity="low"))
    await service.pass_time(3 * 3600 - 60)
    assert service.sender.taken == []
    assert service.count("held") == 3
    await service.pass_time(60)
    (digest,) = service.sender.taken
    assert [entry.severity for entry in digest.summaries] == ["critical", "high", "low"]
    assert service.outbox.states() == {"sent": 3}
    assert service.count("digested") == 3


async def test_critical_breaks_through_only_where_the_watch_says_so() -> None:
    service = Notifier(active(a_watch(f"{QUIET}\ncritical_at_once: true\nlimit: {{per_hour: 1}}")))
    await service.hear(an_alert(1, severity="critical"), an_alert(2, severity="critical"), an_alert(3))
    await service.dispatcher.round()
    assert sorted(service.sender.alerts()) == [key(an_alert(1)), key(an_alert(2))]


async def test_quiet_hours_that_were_added_later_hold_a_digest_that_is_due() -> None:
    watch = a_watch("digest: {every_minutes: 30}")
    service = Notifier(active(watch))
    await service.hear(an_alert())
    service.dispatcher.use(active(a_watch(QUIET)))
    await service.pass_time(3 * 3600 - 60)
    assert service.sender.taken == []
    await service.pass_time(60)
    assert len(service.sender.taken) == 1


async def test_a_digest_collects_for_its_time() -> None:
    service = Notifier(active(a_watch("digest: {every_minutes: 30}")))
    await service.hear(an_alert(1))
    await service.pass_time(1200)
    await service.hear(an_alert(2))
    await service.pass_time(600)
    assert [len(notification.summaries) for notification in service.sender.taken] == [2]
    await service.hear(an_alert(3))
    await service.pass_time(1740)
    assert len(service.sender.taken) == 1
    await service.pass_time(60)
    assert [len(notification.summaries) for notification in service.sender.taken] == [2, 1]


async def test_a_limit_lets_so_many_pass_in_an_hour_and_collects_the_rest() -> None:
    service = Notifier(active(a_watch("limit: {per_hour: 3}", channels="[c, d]")))
    await service.hear(*(an_alert(n) for n in range(8)))
    await service.dispatcher.round()
    assert len(service.sender.taken) == 6, "three alerts, on both channels"
    await service.pass_time(3600)
    digests = [notification for notification in service.sender.taken if notification.digest]
    assert [len(digest.summaries) for digest in digests] == [5, 5]
    await service.pass_time(3600)
    assert len(service.sender.alerts()) == 16


async def test_a_large_digest_is_several_messages() -> None:
    service = Notifier(active(a_watch("digest: {every_minutes: 30}")))
    for n in range(0, 450, 50):
        await service.hear(*(an_alert(m) for m in range(n, n + 50)))
    await service.pass_time(1980)
    assert [len(notification.summaries) for notification in service.sender.taken] == [200, 200, 50]


async def test_a_digest_of_a_watch_that_is_gone_is_still_sent() -> None:
    service = Notifier(active(a_watch("digest: {every_minutes: 30}")))
    await service.hear(an_alert())
    service.dispatcher.use(ActiveWatches(file=WatchFile(format=1, channels=()), routes=service.in_force.routes))
    await service.pass_time(1860)
    assert len(service.sender.taken) == 1


# ---------------------------------------------------------------- crashes and repetitions

WATCHES = {
    "at once": "",
    "digest": "digest: {every_minutes: 5}",
    "limit": "limit: {per_hour: 1}",
    "quiet": 'quiet: {from: "08:00", to: "09:30", timezone: UTC}',
}


@pytest.mark.parametrize("more", WATCHES.values(), ids=list(WATCHES))
@pytest.mark.parametrize("step", range(40))
async def test_a_crash_between_any_two_steps_loses_nothing(more: str, step: int) -> None:
    """The batch comes again, as its offsets were not committed; what left twice has the same key."""
    sender = KeepingSender(SendError("once"))
    service = Notifier(active(a_watch(more, channels="[c, d]")), sender=sender)
    alerts = [an_alert(n) for n in range(3)]
    service.outbox.crash_in = step
    for _ in range(3):
        try:
            await service.hear(*alerts)
            await service.pass_time(2 * 3600)
        except Crash:
            service.start()
    service.outbox.crash_in = None
    await service.hear(*alerts)
    await service.pass_time(2 * 3600)
    assert set(sender.alerts()) == {key(alert) for alert in alerts}
    assert service.outbox.states() == {"sent": 6}
    marked = [id_ for id_ in service.outbox.marked_sent if not service.outbox.kept[id_].notification.digest]
    assert len(marked) == len(set(marked)) == 6, "each is marked once"
    arrived = {notification.id: notification for notification in sender.taken}
    assert all(notification == arrived[notification.id] for notification in sender.taken), "what came twice is the same"


async def test_a_crash_after_the_other_side_has_it_sends_the_same_key_again() -> None:
    service = Notifier(active(a_watch()))
    service.sender.crash_after = 0
    await service.hear(an_alert())
    with pytest.raises(Crash):
        await service.dispatcher.round()
    service.start()
    await service.dispatcher.round()
    assert len(service.sender.taken) == 1, "the lease still holds"
    await service.pass_time(180)
    first, second = service.sender.taken
    assert first == second
    assert service.outbox.marked_sent == [first.id]


@settings(max_examples=60, deadline=None)
@given(history=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 3)), max_size=40), pauses=st.lists(st.booleans()))
async def test_any_order_and_repetition_marks_each_delivery_once(
    history: list[tuple[int, int]], pauses: list[bool]
) -> None:
    service = Notifier(active(a_watch(), a_watch("digest: {every_minutes: 2}", id_="x", channels="[d]")))
    for index, (number, revision) in enumerate(history):
        await service.hear(an_alert(number, revision=revision))
        if index < len(pauses) and pauses[index]:
            await service.pass_time(60)
    await service.pass_time(600)
    told = {f"{an_alert(number).id}/{revision}" for number, revision in history}
    assert sorted(service.sender.alerts()) == sorted([*told, *told])
    marked = [id_ for id_ in service.outbox.marked_sent if not service.outbox.kept[id_].notification.digest]
    assert len(marked) == len(set(marked)) == 2 * len(told)


async def test_it_runs_until_it_is_stopped_and_is_woken_by_what_comes() -> None:
    service = Notifier(active(a_watch()))
    running = asyncio.create_task(service.dispatcher.run())
    await service.hear(an_alert())
    async with asyncio.timeout(30):
        while not service.sender.taken:
            await asyncio.sleep(0.01)
        await service.dispatcher.stop(within_seconds=5)
        await running
    await service.hear(an_alert(2))
    await service.dispatcher.round()
    assert len(service.sender.taken) == 1, "what stops begins nothing more"


async def test_a_test_goes_through_every_channel_at_once_and_is_no_alert() -> None:
    quiet = "quiet: {from: '00:00', to: '23:59', timezone: UTC}\nlimit: {per_hour: 1}"
    service = Notifier(active(a_watch(quiet, channels="[c, d]")))
    service.outbox.tests = [TestRequest(id="1", watch_id="w", by="eve"), TestRequest(id="2", watch_id="gone", by="eve")]
    await service.dispatcher.round()
    assert sorted((p.channel_id, p.test, p.alert_id) for p in service.sender.taken) == [
        ("c", True, None),
        ("d", True, None),
    ]
    message = deliveries.message(service.sender.taken[0])
    assert message.title.startswith("[test] Test of the watch ")
    assert "asked for by eve" in message.title
    body = msgspec.json.decode(deliveries.webhook_body(service.sender.taken[0]))
    assert body["kind"] == "test"


async def test_a_test_of_a_watch_that_was_just_saved_finds_it() -> None:
    service = Notifier(active())
    service.saved = active(a_watch())
    service.outbox.tests = [TestRequest(id="1", watch_id="w", by="eve")]
    await service.dispatcher.round()
    assert [p.watch_id for p in service.sender.taken] == ["w"]


async def test_a_test_is_tried_once_before_what_waits_even_where_the_channel_rests() -> None:
    service = Notifier(active(a_watch()))
    service.sender.down = SendError("HTTP 500")
    await service.hear(an_alert(1), an_alert(2))
    await service.dispatcher.round()
    service.outbox.tests = [TestRequest(id="1", watch_id="w", by="eve")]
    await service.dispatcher.round()
    (test,) = [kept for kept in service.outbox.kept.values() if kept.notification.test]
    assert (test.state, test.error) == ("dead", "HTTP 500")
    service.sender.down = None
    await service.pass_time(3600)
    assert sorted(service.sender.alerts()) == sorted([key(an_alert(1)), key(an_alert(2))])
