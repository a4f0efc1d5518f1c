"""From a poll to an alert: how much, how fast, and what stands in the way."""

from __future__ import annotations

from deploy.grafana.boards.model import SERVICES, STREAM_SERVICES, Dashboard, Panel, Query, quantile, quantiles, stat


def _statuses(service: str, reads: str, statuses: str) -> Panel:
    return Panel(
        title=f"{service.capitalize()}: articles by status",
        description=f"Every article that {reads} ends in exactly one status: {statuses}.",
        queries=[Query(f"sum by (status) (rate(wirewatch_{service}_articles_total[$__rate_interval]))", "{{status}}")],
        unit="cps",
        width=6,
        stacked=True,
    )


def _dead_letters(window: str) -> str:
    return " or ".join(
        f"sum by (service, reason) (increase(wirewatch_{service}_dead_letters_total[{window}]))"
        for service in STREAM_SERVICES
    )


_SERVER_TIME = "histogram_quantile(0.99, sum by (server, le) (rate(wirewatch_server_call_seconds_bucket[5m])))"
_WAITING = " or ".join(f"max by (service, server) (wirewatch_{service}_waiting)" for service in SERVICES)
_LAG = " or ".join(f"max by (service) (wirewatch_{service}_lag_seconds)" for service in STREAM_SERVICES)

BOARD = Dashboard(
    uid="wirewatch-pipeline",
    title="Wirewatch: Pipeline",
    description="From a poll to an alert: how much, how fast, and what stands in the way.",
    panels=[
        stat(
            "Services that answer",
            "Processes whose metrics could be read at the last try.",
            'sum(up{job="services"})',
            thresholds=((None, "red"), (6, "green")),
        ),
        stat(
            "Waits for a server",
            "Services that wait for Kafka or Redis now. They go on by themselves when it answers.",
            f"sum({_WAITING})",
            thresholds=((None, "green"), (1, "red")),
        ),
        stat(
            "Furthest behind",
            "The largest age of a newest message when it was taken, over the services.",
            f"max({_LAG})",
            "s",
            ((None, "green"), (10, "orange"), (60, "red")),
        ),
        stat(
            "Fetched to alert, 99 in 100",
            "From fetching an article to the revision on the topic alerts. The objective is 99 % within 5 s.",
            quantile(0.99, "wirewatch_alerter_fetched_to_alert_seconds", "$__range"),
            "s",
            ((None, "green"), (5, "orange"), (30, "red")),
        ),
        stat(
            "Dead letters",
            "Messages set aside on articles.dead in the time shown; `wirewatch dead list` shows them.",
            f"sum({_dead_letters('$__range')})",
            thresholds=((None, "green"), (1, "orange")),
        ),
        stat(
            "Unsent alerts",
            "Alerts whose latest revision Kafka has not acknowledged.",
            "max(wirewatch_alerter_outbox_alerts)",
            thresholds=((None, "green"), (1, "orange")),
        ),
        _statuses("poller", "a feed shows", "published, known (this version was sent before) or dead"),
        _statuses("deduper", "is on articles", "new, update, same_story, duplicate, known or dead"),
        _statuses("tagger", "is on articles.unique", "tagged, untagged or dead"),
        _statuses(
            "alerter",
            "is on articles.tagged or articles.duplicates",
            "opened, revised, counted, backfill, stale, unchanged or dead",
        ),
        Panel(
            title="Fetched to alert",
            description="From fetching the article to the revision on the topic alerts. The line is the objective.",
            queries=quantiles("wirewatch_alerter_fetched_to_alert_seconds"),
            unit="s",
            thresholds=((None, "transparent"), (5, "red")),
        ),
        Panel(
            title="Messages that wait",
            description="On each topic for the service that reads it, as Kafka says; also for a service that is down.",
            queries=[
                Query("max by (group, topic) (wirewatch_kafka_group_lag_messages)", "{{group}}: {{topic}}"),
            ],
            thresholds=((None, "transparent"), (1000, "red")),
        ),
        Panel(
            title="How far each service is behind",
            description="Age of the newest message of the last batch when it was taken; kept while idle.",
            queries=[Query(_LAG, "{{service}}")],
            unit="s",
            thresholds=((None, "transparent"), (60, "red")),
        ),
        Panel(
            title="Time for a batch, 99 in 100",
            description="From taking a batch to having acted on all of it, waiting for Kafka and Redis included.",
            queries=[
                Query(quantile(0.99, f"wirewatch_{service}_batch_seconds"), service) for service in STREAM_SERVICES
            ],
            unit="s",
        ),
        Panel(
            title="Where the time goes, 99 in 100",
            description="Kafka: sending a batch until it is acknowledged. Redis: one command. Dedupe: a batch "
            "in the store. Rules: one article. Fetched to deduped: without backfill.",
            queries=[
                Query(_SERVER_TIME, "{{server}}"),
                Query(quantile(0.99, "wirewatch_deduper_store_seconds"), "dedupe"),
                Query(quantile(0.99, "wirewatch_tagger_tag_seconds"), "rules"),
                Query(quantile(0.99, "wirewatch_deduper_fetched_to_deduped_seconds"), "fetched to deduped"),
            ],
            unit="s",
        ),
        Panel(
            title="Waiting",
            description="1 while a service waits for a server that is away.",
            queries=[Query(_WAITING, "{{service}} for {{server}}")],
        ),
        Panel(
            title="Deliveries by outcome",
            description="What happened to deliveries to the channels of the watch file.",
            queries=[
                Query(
                    "sum by (outcome) (increase(wirewatch_notifier_deliveries_total[$__rate_interval]))", "{{outcome}}"
                )
            ],
            width=7,
            stacked=True,
        ),
        Panel(
            title="Deliveries that wait",
            description="Due now or for another attempt, or held by quiet hours, a limit or a digest.",
            queries=[Query("sum by (state) (wirewatch_notifier_queue_deliveries)", "{{state}}")],
            width=5,
            stacked=True,
        ),
        Panel(
            title="Dead letters by service and reason",
            description="Messages set aside; each keeps its original bytes and can be replayed.",
            queries=[Query(_dead_letters("$__rate_interval"), "{{service}} {{reason}}")],
            width=12,
            stacked=True,
        ),
        Panel(
            title="Taken and counted",
            description="Share of what a service took from Kafka that is in none of its statuses over five minutes; it "
            "has to be 0. Not judged right after a restart.",
            queries=[Query("service:wirewatch_unaccounted_articles:ratio_rate5m", "{{service}}")],
            unit="percentunit",
            width=24,
            height=6,
            thresholds=((None, "transparent"), (0.001, "red")),
        ),
    ],
)
