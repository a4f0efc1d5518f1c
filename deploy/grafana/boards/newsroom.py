"""What the world reports: alerts, topics, stories, and how soon they were known here."""

from __future__ import annotations

from deploy.grafana.boards.model import (
    ALERTS_SOURCE,
    Dashboard,
    Panel,
    Query,
    Variable,
    column,
    quantile,
    quantiles,
    stat,
)

_SEVERITY_COLOURS = {
    severity: {"color": color, "index": index}
    for index, (severity, color) in enumerate(
        (("critical", "red"), ("high", "orange"), ("medium", "yellow"), ("low", "blue"))
    )
}

BOARD = Dashboard(
    uid="wirewatch-newsroom",
    title="Wirewatch: Newsroom",
    description="What the world reports: alerts, topics and stories, and how soon they were known here.",
    variables=[Variable("topic", "Topic", "wirewatch_tagger_pack_info", "topic")],
    panels=[
        stat(
            "Published to alert, half within",
            "The headline figure: from the date the feed gave to the alert, for newly opened alerts in the time shown. "
            "Most of it is the wait for the next poll.",
            quantile(0.5, "wirewatch_alerter_published_to_alert_seconds", "$__range"),
            "s",
        ),
        stat(
            "9 in 10 within",
            "The same for nine alerts in ten.",
            quantile(0.9, "wirewatch_alerter_published_to_alert_seconds", "$__range"),
            "s",
        ),
        stat(
            "Alerts opened",
            "Stories that became an alert in the time shown.",
            'sum(increase(wirewatch_alerter_articles_total{status="opened"}[$__range]))',
        ),
        stat(
            "Alerts revised",
            "Articles that taught an alert something new in the time shown.",
            'sum(increase(wirewatch_alerter_articles_total{status="revised"}[$__range]))',
        ),
        stat(
            "Stories",
            "Articles that began a story in the time shown.",
            'sum(increase(wirewatch_deduper_articles_total{status="new"}[$__range]))',
        ),
        stat(
            "Copies of a text",
            "Of the articles that were new here, how many repeat a text already seen.",
            'sum(increase(wirewatch_deduper_articles_total{status="duplicate"}[$__range])) / (sum(increase('
            'wirewatch_deduper_articles_total{status=~"new|update|same_story|duplicate"}[$__range])) > 0)',
            "percentunit",
        ),
        Panel(
            title="Latest alerts",
            description="The alerts updated last, with the first report of each. From the api, as it stands now.",
            queries=[Query("latest_alerts")],
            kind="table",
            source=ALERTS_SOURCE,
            width=15,
            height=11,
            columns={
                "updated": "Updated (UTC)",
                "severity": "Severity",
                "headline": "Headline",
                "topics": "Topics",
                "sources": "Sources",
                "url": "Report",
            },
            overrides=[
                column("Updated (UTC)", ("custom.width", 130)),
                column(
                    "Severity",
                    ("custom.width", 85),
                    ("custom.displayMode", "color-text"),
                    ("custom.cellOptions", {"type": "color-text"}),
                    ("mappings", [{"type": "value", "options": _SEVERITY_COLOURS}]),
                ),
                column(
                    "Headline",
                    ("links", [{"title": "Read the report", "url": "${__data.fields.Report}", "targetBlank": True}]),
                ),
                column("Topics", ("custom.width", 150)),
                column("Sources", ("custom.width", 75), ("custom.align", "center")),
                column("Report", ("custom.hidden", True)),
            ],
        ),
        Panel(
            title="Where alerts were opened",
            description="Alerts opened in the time shown, by country of their places or, without any, of who acts.",
            queries=[
                Query("round(sum by (country) (increase(wirewatch_alerter_opened_by_country_total[$__range]))) > 0")
            ],
            kind="geomap",
            width=9,
            height=11,
            columns={"country": "Country", "Value": "Alerts"},
        ),
        Panel(
            title="Alert revisions by topic",
            description="Revisions sent, by topic. One with two topics counts for both.",
            queries=[
                Query(
                    'sum by (topic) (increase(wirewatch_alerter_revisions_total{topic=~"$topic"}[$__rate_interval]))',
                    "{{topic}}",
                )
            ],
            stacked=True,
        ),
        Panel(
            title="Alert revisions by severity",
            description="Revisions sent, by severity. One with two topics counts twice.",
            queries=[
                Query(
                    'sum by (severity) (increase(wirewatch_alerter_revisions_total{topic=~"$topic"}'
                    "[$__rate_interval]))",
                    "{{severity}}",
                )
            ],
            stacked=True,
        ),
        Panel(
            title="Who acts most",
            description="Alerts opened in the time shown, by who acts in them; one with two counts for both.",
            queries=[
                Query(
                    "topk(10, round(sum by (actor) (increase(wirewatch_alerter_opened_by_actor_total[$__range]))) > 0)",
                    "{{actor}}",
                )
            ],
            kind="bargauge",
        ),
        Panel(
            title="What became of tagged articles",
            description="Opened or revised an alert, only counted, or said nothing (backfill, stale, unchanged).",
            queries=[
                Query("sum by (status) (increase(wirewatch_alerter_articles_total[$__rate_interval]))", "{{status}}")
            ],
            stacked=True,
        ),
        Panel(
            title="Tags by topic and role",
            description="A topic is primary where the article is about it, a mention where it only comes up.",
            queries=[
                Query(
                    'sum by (topic, role) (increase(wirewatch_tagger_tags_total{topic=~"$topic"}[$__rate_interval]))',
                    "{{topic}}, {{role}}",
                )
            ],
            stacked=True,
        ),
        Panel(
            title="How fast stories grow",
            description="Articles that joined a story, by the rule that joined them.",
            queries=[
                Query("sum by (linked_by) (increase(wirewatch_deduper_links_total[$__rate_interval]))", "{{linked_by}}")
            ],
            stacked=True,
        ),
        Panel(
            title="Share of articles that carry a topic",
            description="Of the articles the tagger read in five minutes, how many got a tag.",
            queries=[
                Query(
                    'sum(rate(wirewatch_tagger_articles_total{status="tagged"}[5m]))'
                    " / (sum(rate(wirewatch_tagger_articles_total[5m])) > 0)",
                    "tagged",
                )
            ],
            unit="percentunit",
        ),
        Panel(
            title="Published to alert",
            description="From the publication date that the feed gave to the alert, for newly opened alerts.",
            queries=quantiles("wirewatch_alerter_published_to_alert_seconds"),
            unit="s",
            width=16,
        ),
        Panel(
            title="Topic packs in force",
            description="The packs the tagger uses now. A broken change is refused and the earlier version stays.",
            queries=[Query("max by (topic, version) (wirewatch_tagger_pack_info)")],
            kind="table",
            width=10,
            columns={"topic": "Topic", "version": "Version"},
        ),
        Panel(
            title="Alarms that fire",
            description="Alarms of Prometheus now, without the watchdog, which always fires.",
            queries=[
                Query('max by (alertname, severity) (ALERTS{alertname!="WirewatchWatchdog", alertstate="firing"})')
            ],
            kind="table",
            width=14,
            columns={"alertname": "Alarm", "severity": "Severity"},
        ),
    ],
)
