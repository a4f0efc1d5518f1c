"""What analysts do over HTTP: each kind, many at once, undo, and what each role may."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import redis.asyncio

from services.alert_store.redis import AlertRecords
from services.cli.alerts import api
from services.contracts import redis_keys
from services.contracts.messages import Alert
from services.runtime.errors import UsageError
from tests.integration.test_api import READER, TOKEN, an_alert, app, browser, put, served, store

pytestmark = pytest.mark.stack

__all__ = ["store"]
ACTIONS = "/api/v1/actions"


@pytest.fixture
async def client(redis_client: redis.asyncio.Redis) -> Any:
    async with browser(app(redis_client)) as made:
        made.headers["Authorization"] = f"Bearer {TOKEN}"
        yield made


async def results(client: httpx.AsyncClient, *alerts: Alert, **fields: Any) -> list[dict[str, Any]]:
    answer = await client.post(ACTIONS, json={"alerts": [alert.id for alert in alerts], **fields})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


async def test_many_alerts_have_a_result_each(client: httpx.AsyncClient, store: AlertRecords) -> None:
    await put(store, [an_alert(1), an_alert(2)])
    found = await results(client, an_alert(1), an_alert(2), an_alert(3), kind="state", state="acknowledged")
    assert [(item["alert"] or {}).get("state") for item in found] == ["acknowledged", "acknowledged", None]
    assert found[2]["error"].startswith("No alert ")
    assert found[0]["alert"]["actions"][0]["by"] == "ann"
    assert "event_summaries" in found[0]["alert"]
    back = await results(client, an_alert(1), an_alert(2), kind="undo")
    assert [item["alert"]["state"] for item in back] == ["new", "new"]
    again = await results(client, an_alert(1), kind="undo")
    assert again[0]["error"] == "ann has done nothing with this alert that could be undone."


async def test_an_act_that_is_repeated_is_one_revision(
    client: httpx.AsyncClient, store: AlertRecords, redis_client: redis.asyncio.Redis
) -> None:
    await put(store, [an_alert(1)])
    for _ in range(2):
        ((found),) = await results(client, an_alert(1), kind="feedback", useful=False, why="old")
        assert found["alert"]["revision"] == 2
    assert await redis_client.zscore(redis_keys.ALERTS_OUTBOX, an_alert(1).id) == 0  # the alerter's next sweep sends it
    assert await redis_client.zcard(redis_keys.alerts_by("feedback", "given")) == 1


async def test_merged_over_http_and_undone_from_either_side(client: httpx.AsyncClient, store: AlertRecords) -> None:
    await put(store, [an_alert(1), an_alert(2)])
    ((merged),) = await results(client, an_alert(1), kind="merge", other=an_alert(2).id)
    assert merged["alert"]["merged_into"] == an_alert(2).id
    survivor = (await client.get(f"/api/v1/alerts/{an_alert(2).id}")).json()
    assert survivor["actions"][0]["other"] == an_alert(1).id
    await results(client, an_alert(2), kind="undo")
    reopened = (await client.get(f"/api/v1/alerts/{an_alert(1).id}")).json()
    assert (reopened["merged_into"], reopened["state"]) == (None, "new")
    ((missing),) = await results(client, an_alert(1), kind="merge", other="0" * 24)
    assert missing["error"] == f"No alert {'0' * 24} is stored."


@pytest.mark.parametrize(
    "body",
    [
        {"alerts": [], "kind": "note", "text": "x"},
        {"alerts": ["nonsense"], "kind": "note", "text": "x"},
        {"alerts": [an_alert(1).id] * 201, "kind": "note", "text": "x"},
        {"alerts": [an_alert(1).id], "kind": "eat"},
        {"alerts": [an_alert(1).id], "kind": "state", "state": "eaten"},
        {"alerts": [an_alert(1).id], "kind": "note", "by": "somebody else"},
        {"alerts": [an_alert(1).id], "kind": "note"},
        {"alerts": [an_alert(1).id], "kind": "snooze", "until": "2024-06-20T09:00:00"},
    ],
)
async def test_what_is_wrong_with_an_act_is_said(
    client: httpx.AsyncClient, store: AlertRecords, body: dict[str, Any]
) -> None:
    await put(store, [an_alert(1)])
    answer = await client.post(ACTIONS, json=body)
    assert answer.status_code == 400, answer.text
    assert set(answer.json()) == {"error"}


async def test_a_reader_may_not_act(client: httpx.AsyncClient, store: AlertRecords) -> None:
    await put(store, [an_alert(1)])
    body = {"alerts": [an_alert(1).id], "kind": "note", "text": "x"}
    refused = await client.post(ACTIONS, json=body, headers={"Authorization": f"Bearer {READER}"})
    assert refused.status_code == 403
    del client.headers["Authorization"]
    assert (await client.post(ACTIONS, json=body)).status_code == 401


async def test_feedback_is_counted_and_a_rejected_rule_is_named(client: httpx.AsyncClient, store: AlertRecords) -> None:
    alerts = [an_alert(number) for number in range(4)]
    await put(store, alerts)
    assert (await client.get("/api/v1/feedback")).json() == {"alerts": 0, "judged": [], "rejected_rules": []}
    await results(client, *alerts[:3], kind="feedback", useful=False, why="wrong_topic")
    found = (await client.get("/api/v1/feedback")).json()
    assert found["alerts"] == 3
    topic = next(one for one in found["judged"] if one["by"] == "topic")
    assert (topic["name"], topic["precision"], topic["rejected"]) == ("naval_moves", 0.0, {"wrong_topic": 3})
    assert [rule["gain"] for rule in found["rejected_rules"]] == [3]
    await results(client, *alerts[:3], kind="undo")
    assert (await client.get("/api/v1/feedback")).json()["judged"] == []


async def test_the_command_acts_on_alerts_by_the_first_characters_of_their_ids(
    redis_client: redis.asyncio.Redis, store: AlertRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(store, [an_alert(1), an_alert(2)])
    service = served(redis_client)
    await service.start()
    monkeypatch.setenv("WIREWATCH_API_URL", service.address or "")
    try:
        (noted,) = await api.acted([an_alert(1).id[:8]], {"kind": "note", "text": "Seen."}, None, TOKEN)
        assert noted["alert"]["actions"][0]["text"] == "Seen."
        (merged,) = await api.acted([an_alert(2).id], {"kind": "merge"}, an_alert(1).id[:8], TOKEN)
        assert merged["alert"]["merged_into"] == an_alert(1).id
        with pytest.raises(UsageError, match=r"may not do this \(role: reader\)"):
            await api.acted([an_alert(1).id], {"kind": "undo"}, None, READER)
    finally:
        await service.stop()
