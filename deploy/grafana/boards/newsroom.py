"""What the world reports: alerts, topics, stories, and how soon they were known here."""

from __future__ import annotations

from deploy.grafana.boards.model import Dashboard, Panel, Query, quantile, quantiles, stat

BOARD = Dashboard(
    uid="wirewatch-newsroom",
    title="Wirewatch: Newsroom",
    description="What the world reports: alerts, topics and stories, and how soon they were known here.",
    panels=[
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
        stat(
            "Published to alert, half",
            "From the date the feed gave to the alert. Most of it is the wait for the next poll.",
            quantile(0.5, "wirewatch_alerter_published_to_alert_seconds", "$__range"),
            "s",
        ),
        stat("Followers", "Readers with an open event stream of the api.", "sum(wirewatch_api_followers)"),
        Panel(
            title="Alert revisions by topic",
            description="Revisions sent, by topic. One with two topics counts for both.",
            queries=[
                Query("sum by (topic) (increase(wirewatch_alerter_revisions_total[$__rate_interval]))", "{{topic}}")
            ],
            stacked=True,
        ),
        Panel(
            title="Alert revisions by severity",
            description="Revisions sent, by severity. One with two topics counts twice.",
            queries=[
                Query(
                    "sum by (severity) (increase(wirewatch_alerter_revisions_total[$__rate_interval]))", "{{severity}}"
                )
            ],
            stacked=True,
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
                    "sum by (topic, role) (increase(wirewatch_tagger_tags_total[$__rate_interval]))",
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
            width=12,
        ),
        Panel(
            title="Topic packs in force",
            description="The packs the tagger uses now. A broken change is refused and the earlier version stays.",
            queries=[Query("max by (topic, version) (wirewatch_tagger_pack_info)")],
            kind="table",
            width=6,
            columns={"topic": "Topic", "version": "Version"},
        ),
        Panel(
            title="Alarms that fire",
            description="Alarms of Prometheus now, without the watchdog, which always fires.",
            queries=[Query('ALERTS{alertname!="WirewatchWatchdog", alertstate="firing"}')],
            kind="table",
            width=6,
            columns={"alertname": "Alarm", "severity": "Severity"},
        ),
    ],
)
