"""What `wirewatch up` shows as raised before it began."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from services.cli.alerts.log import AlertLog, Record
from services.cli.up.alert_feed import seen
from services.runtime.kafka.connection import KafkaAccess
from tests.support.clock import START
from tests.unit.cli.test_panel import an_alert


class Log(AlertLog):
    """A topic that holds one alert, and to which nothing comes."""

    def __init__(self) -> None:
        super().__init__(KafkaAccess(servers="127.0.0.1:1"))

    async def revisions(self) -> Sequence[Record]:
        return [Record(an_alert(), b"")]

    async def new_revisions(self) -> AsyncIterator[Record]:
        nothing: tuple[Record, ...] = ()
        for record in nothing:
            yield record


async def test_an_alert_of_this_very_run_is_no_earlier_one_though_the_topic_holds_it_already() -> None:
    alerted_at = an_alert().stages.alerted_at
    assert alerted_at == START
    for began, earlier in (
        (None, True),
        (alerted_at + timedelta(seconds=1), True),
        (alerted_at - timedelta(seconds=1), False),
    ):
        assert [one.earlier async for one in seen(Log(), began=began)] == [earlier]
