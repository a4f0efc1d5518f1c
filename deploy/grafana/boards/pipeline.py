"""From a poll to an alert: how much, how fast, and what stands in the way."""

from __future__ import annotations

from deploy.grafana.boards.model import (
    HEALTH_WORDS,
    SECONDS,
    Dashboard,
    Panel,
    Query,
    Row,
    bars,
    count,
    durations,
    stat,
)
from deploy.grafana.boards.overview import FETCHED_TO_ALERT, FIRST_ROW
from deploy.grafana.boards.promql import (
    BAR,
    RANGE,
    RECENT,
    STREAM_SERVICES,
    dead_letters,
    either,
    quantile,
    total,
)
from deploy.grafana.boards.words import AWAY, BAD, BEHIND, GOOD, STATUS, UNKNOWN, WARN, WELL


def _statuses(service: str, reads: str) -> Panel:
    return bars(
        f"{service.capitalize()}: articles by status",
        f"Every article that {reads} ends in exactly one status.",
        f"wirewatch_{service}_articles_total",
        "status",
        width=6,
        colours=STATUS,
    )


_DEAD = either(*(total(f"wirewatch_{service}_dead_letters_total", "service") for service in STREAM_SERVICES))
_LOST = "service:wirewatch_lost_messages:min1h or service:wirewatch_lost_messages:min5m"

BOARD = Dashboard(
    uid="wirewatch-pipeline",
    title="Wirewatch: Pipeline",
    description="From a poll to an alert: how much, how fast, and what stands in the way.",
    panels=[
        *FIRST_ROW,
        count(
            "Alerts opened",
            "Alerts opened in the time shown.",
            total('wirewatch_alerter_articles_total{status="opened"}'),
        ),
        stat(
            "Fetch to alert",
            "From fetching an article to the revision on the topic alerts: 99 in 100 in the time shown within this.",
            quantile(0.99, FETCHED_TO_ALERT, RANGE),
            "s",
            thresholds=((0, GOOD), (5, WARN), (30, BAD)),
            no_data="no alert yet",
            legend="99 in 100 within",
            decimals=1,
        ),
        count(
            "Unsent alerts",
            "Alerts whose latest revision Kafka has not acknowledged.",
            "max(wirewatch_alerter_outbox_alerts)",
            bad=WARN,
        ),
        count(
            "Sent again",
            "Revisions in the time shown that were sent from the outbox: no acknowledgement of them was recorded, or "
            "the api wrote them.",
            total("wirewatch_alerter_resent_total"),
        ),
        count(
            "Lost, at least",
            "Messages that a service committed as done and counted in no status: it has to be 0. What is still on its "
            "way between two looks is allowed for, so the number is exact once traffic pauses, and never too high. Of "
            "the last hour; of five minutes after a restart.",
            f"sum({_LOST})",
            bad=BAD,
        ),
        count(
            "Dead letters",
            "Messages set aside on articles.dead in the time shown; `wirewatch dead list` shows them.",
            f"sum({_DEAD})",
            bad=WARN,
        ),
        Panel(
            title="Services over time",
            description="The states of the tiles above, over the time shown.",
            queries=[Query("service:wirewatch_health:code", "{{service}}")],
            kind="state-timeline",
            width=12,
            thresholds=((None, UNKNOWN), (AWAY, BAD), (BEHIND, WARN), (WELL, GOOD)),
            mappings=HEALTH_WORDS,
            no_data="unknown",
        ),
        Panel(
            title="Messages that wait",
            description="For each service that reads, on all of its topics, as Kafka says; also for one that is down.",
            queries=[
                Query(
                    "label_replace(sum by (group) (max by (group, topic) (wirewatch_kafka_group_lag_messages)) > 0, "
                    '"reader", "$1", "group", "wirewatch-(.*)")',
                    "{{reader}}",
                ),
            ],
            draw="bars",
            width=6,
        ),
        Panel(
            title="Dead letters by reason",
            description="Messages set aside in the time shown; each keeps its original bytes and can be replayed. "
            "`wirewatch dead list` says more of each.",
            queries=[Query(dead_letters(RANGE))],
            kind="table",
            width=6,
            decimals=0,
            columns={"service": "Service", "reason": "Reason", "Value": "Messages"},
        ),
        _statuses("poller", "a feed shows"),
        _statuses("deduper", "is on articles"),
        _statuses("tagger", "is on articles.unique"),
        _statuses("alerter", "is on articles.tagged or articles.duplicates"),
        durations(
            "Fetched to alert",
            "From fetching the article to the revision on the topic alerts, over five minutes. The line is "
            "the objective.",
            FETCHED_TO_ALERT,
            width=12,
            thresholds=((None, "transparent"), (5, BAD)),
        ),
        Panel(
            title="Delay of each service",
            description="Age of the newest message of the last batch when it was taken; of a service that is stuck or "
            "away, for how long its messages have waited.",
            queries=[Query("service:wirewatch_delay_seconds:max", "{{service}}")],
            unit=SECONDS,
            width=12,
            thresholds=((None, "transparent"), (60, BAD)),
        ),
        Row(
            "Where the time goes",
            [
                Panel(
                    title="Time for a batch, 99 in 100",
                    description="From taking a batch to having acted on all of it, waiting for servers included.",
                    queries=[
                        Query(quantile(0.99, f"wirewatch_{service}_batch_seconds"), service)
                        for service in STREAM_SERVICES
                    ],
                    unit=SECONDS,
                    width=12,
                ),
                Panel(
                    title="Servers and stages, 99 in 100",
                    description="Kafka: sending a batch until it is acknowledged. Redis: one command. Dedupe: a batch "
                    "in the store. Rules: one article. Fetched to deduped: without backfill.",
                    queries=[
                        Query(quantile(0.99, "wirewatch_server_call_seconds", RECENT, "server"), "{{server}}"),
                        Query(quantile(0.99, "wirewatch_deduper_store_seconds"), "dedupe"),
                        Query(quantile(0.99, "wirewatch_tagger_tag_seconds"), "rules"),
                        Query(quantile(0.99, "wirewatch_deduper_fetched_to_deduped_seconds"), "fetched to deduped"),
                    ],
                    unit=SECONDS,
                    width=12,
                ),
            ],
        ),
        Row(
            "Deliveries, and what was done twice",
            [
                bars(
                    "Deliveries by outcome",
                    "What happened to deliveries to the channels of the watch file.",
                    "wirewatch_notifier_deliveries_total",
                    "outcome",
                    colours=STATUS,
                ),
                Panel(
                    title="Deliveries that wait",
                    description="Due now or for another attempt, or held by quiet hours, a limit or a digest of their "
                    "watch, which is meant to be.",
                    queries=[Query("sum by (state) (wirewatch_notifier_queue_deliveries) > 0", "{{state}}")],
                    draw="bars",
                    colours={"due": WARN, "held": STATUS["held"]},
                ),
                Panel(
                    title="Decided again, sent again",
                    description="Alerts written by two at once; revisions sent again from the outbox.",
                    queries=[
                        Query(f"{total('wirewatch_alerter_conflicts_total', window=BAR)} > 0", "decided again"),
                        Query(f"{total('wirewatch_alerter_resent_total', window=BAR)} > 0", "sent again"),
                    ],
                    draw="bars",
                ),
            ],
        ),
    ],
)
