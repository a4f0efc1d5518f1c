"""The alerter's Faust app is put together as meant, without a broker."""

from __future__ import annotations

from collections.abc import Sequence

from services.alerter.edges.kafka_app import build_app
from services.alerter.settings import AlerterSettings
from services.contracts import topics
from services.runtime.messages.delivery import Delivery


class NoHandler:
    """Handles nothing; the wiring is what is looked at."""

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[str]:
        return ["unchanged"] * len(batch)


def test_both_topics_have_an_agent_of_their_own() -> None:
    app = build_app(AlerterSettings(kafka="127.0.0.1:1"), NoHandler())
    agents = {name: agent.channel.get_topic_name() for name, agent in app.agents.items()}
    assert agents == {"alerter.tagged": topics.TAGGED, "alerter.duplicates": topics.DUPLICATES}
    assert {agent.concurrency for agent in app.agents.values()} == {1}


def test_two_apps_in_one_process_do_not_disturb_each_other() -> None:
    first, second = (build_app(AlerterSettings(kafka="127.0.0.1:1"), NoHandler()) for _ in range(2))
    assert first.conf.id == second.conf.id == "wirewatch-alerter"
    assert first.agents.keys() == second.agents.keys()
