"""What analysts merged and split holds: for the next report, for a report that comes again, after a rebuild."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.alert_store.records import ABSENT, Changed, Write, article_ids, replaced
from services.api.core import acting
from services.contracts import redis_keys
from services.contracts.analyst_actions import AnalystAction
from services.contracts.messages import Alert
from tests.support.clock import START
from tests.unit.alerter.test_handler import World
from tests.unit.alerter.test_joining import SEIZED, told
from tests.unit.alerter.test_rebuild import Message, rebuilt, standing

BOARDED = told(3, "Coast guard boards Marinera", "intercept", hours=5, asset_name="Marinera")
FOLLOWED = told(4, "Coast guard boards Marinera again", "intercept", hours=6, asset_name="Marinera")
ATTACKED = told(5, "Rebels attack a port", "attack", hours=7, agents=(), objects=())
MERGE = AnalystAction(kind="merge", by="ann", at=START)
SPLIT = AnalystAction(kind="split", by="ann", at=START)


async def written(world: World, alerts: Sequence[Alert]) -> None:
    """As the api writes what an analyst did."""
    changed = {}
    for alert in alerts:
        before = world.store.records.get(redis_keys.alert(alert.id), ABSENT)
        changed[redis_keys.alert(alert.id)] = Changed(before=before, after=replaced(before, alert=alert), publish=True)
    assert all(await world.store.write([Write(changed=changed)]))


async def a_world(*messages: Message) -> World:
    world = World()
    for message in messages:
        await world.take(message)
    return world


async def split_off(world: World, article_id: str) -> tuple[Alert, Alert]:
    (alert,) = world.store.alerts().values()
    tagged = article_ids(world.store.records[redis_keys.alert(alert.id)])
    left, made = acting.split(alert, article_id, tagged, None, SPLIT)
    await written(world, (left, made))
    return left, made


def sources(world: World, alert_id: str) -> list[str]:
    return [source.article_id for source in world.store.alerts()[alert_id].sources]


@pytest.mark.parametrize("sweep", [True, False])
async def test_a_source_that_is_split_off_is_an_alert_of_its_own_and_stays_one(sweep: bool) -> None:
    world = await a_world(SEIZED, BOARDED)
    left, made = await split_off(world, BOARDED.article.id)
    if sweep:
        await world.handler.sweep(older_than_seconds=0)
        assert {alert.id for alert in world.sent()[-2:]} == {left.id, made.id}
    await world.take(SEIZED, BOARDED)
    await world.handler.sweep(older_than_seconds=0)
    alerts = world.store.alerts()
    assert set(alerts) == {left.id, made.id}
    assert sources(world, left.id) == [SEIZED.article.id]
    assert sources(world, made.id) == [BOARDED.article.id]
    assert alerts[made.id].headline == BOARDED.article.title
    assert [action.kind for action in alerts[made.id].actions] == ["split"]
    assert not world.store.outbox
    await world.take(FOLLOWED)
    assert set(world.store.alerts()) == {left.id, made.id}


async def test_merged_alerts_are_one_and_the_next_report_finds_it() -> None:
    world = await a_world(SEIZED, ATTACKED)
    one, other = sorted(world.store.alerts().values(), key=lambda alert: alert.first_seen)
    merged = acting.merge(other, one, MERGE)
    assert merged is not None
    await written(world, merged)
    await world.handler.sweep(older_than_seconds=0)
    assert set(world.store.alerts()) == {one.id}
    assert sources(world, one.id) == [SEIZED.article.id, ATTACKED.article.id]
    last = {alert.id: alert for alert in world.sent()}
    assert (last[other.id].merged_into, last[other.id].state) == (one.id, "closed")
    assert last[one.id].changes == merged[1].changes
    assert await world.take(ATTACKED) == ["unchanged"]


async def test_a_merge_that_is_undone_gives_each_its_articles_back() -> None:
    world = await a_world(SEIZED, ATTACKED)
    before = {id_: alert.sources for id_, alert in world.store.alerts().items()}
    one, other = sorted(world.store.alerts().values(), key=lambda alert: alert.first_seen)
    merged = acting.merge(other, one, MERGE)
    assert merged is not None
    await written(world, merged)
    await world.handler.sweep(older_than_seconds=0)
    closed, survivor = (world.store.records[redis_keys.alert(id_)].alert for id_ in (other.id, one.id))
    assert closed is not None
    assert survivor is not None
    undo = acting.inverse(closed, acting.last_action(closed, "ann"), by="ann", at=START)
    await written(world, acting.unmerge(closed, survivor, undo))
    await world.handler.sweep(older_than_seconds=0)
    assert {id_: alert.sources for id_, alert in world.store.alerts().items()} == before
    assert await world.take(SEIZED, ATTACKED) == ["unchanged", "unchanged"]


async def test_a_rebuild_finds_what_analysts_did() -> None:
    history = [SEIZED, BOARDED]
    world = await a_world(*history)
    left, made = await split_off(world, BOARDED.article.id)
    noted = acting.act(left, AnalystAction(kind="note", by="ann", at=START, text="Two ships, not one."))
    assert noted is not None
    await written(world, [noted])
    await world.handler.sweep(older_than_seconds=0)
    fresh, report = await rebuilt(world, history)
    assert standing(fresh) == standing(world)
    assert fresh.store.facts() == world.store.facts()
    assert [action.kind for action in fresh.store.alerts()[left.id].actions] == ["split", "note"]
    assert report.opened == 0
    assert await fresh.take(*history) == ["unchanged", "unchanged"]
    assert made.id in fresh.store.alerts()


async def test_an_analysts_words_survive_the_next_report() -> None:
    world = await a_world(SEIZED)
    (alert,) = world.store.alerts().values()
    assigned = acting.act(alert, AnalystAction(kind="assign", by="ann", at=START, assigned_to="bob"))
    assert assigned is not None
    await written(world, [assigned])
    await world.take(BOARDED)
    after = world.store.alerts()[alert.id]
    assert (after.assigned_to, [action.kind for action in after.actions]) == ("bob", ["assign"])
