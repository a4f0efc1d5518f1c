"""How the feeds are, and whether we are polite and on time."""

from __future__ import annotations

from deploy.grafana.boards.model import Dashboard, Panel, Query, quantile, quantiles, stat

_FAILED = 'outcome!~"ok|not_modified|redirect"'

BOARD = Dashboard(
    uid="wirewatch-feeds",
    title="Wirewatch: Feeds",
    description="How the feeds are, and whether they are polled politely and on time. See also `wirewatch feeds list`.",
    panels=[
        stat("Feeds", "Feeds in the list.", "sum(wirewatch_poller_feeds)"),
        stat(
            "Failing",
            "Feeds whose last polls failed. They are tried again later and later, up to a day.",
            'sum(wirewatch_poller_feeds{state="failing"})',
            thresholds=((None, "green"), (1, "orange")),
        ),
        stat(
            "Silent",
            "Feeds that answer but have brought nothing for much longer than they use to.",
            'sum(wirewatch_poller_feeds{state="silent"})',
            thresholds=((None, "green"), (1, "orange")),
        ),
        stat(
            "Not modified",
            "Share of polls that the publisher could answer with 304 and no body.",
            'sum(increase(wirewatch_poller_polls_total{outcome="not_modified"}[$__range]))'
            " / (sum(increase(wirewatch_poller_polls_total[$__range])) > 0)",
            "percentunit",
        ),
        stat(
            "Late by, 99 in 100",
            "How long after its time a feed is polled.",
            quantile(0.99, "wirewatch_poller_lateness_seconds", "$__range"),
            "s",
            ((None, "green"), (60, "orange")),
        ),
        stat(
            "Polled too seldom",
            "Polls in which no item was known from the poll before: items may have come and gone in between.",
            "sum(increase(wirewatch_poller_missed_total[$__range]))",
            thresholds=((None, "green"), (1, "orange")),
        ),
        Panel(
            title="Feeds by health",
            description="How many feeds are ok, failing, silent, lying (304 hides items), gone (410), merged into "
            "another or not polled yet.",
            queries=[Query("sum by (state) (wirewatch_poller_feeds)", "{{state}}")],
            stacked=True,
        ),
        Panel(
            title="Polls by outcome",
            description="What came of each request for a feed.",
            queries=[
                Query("sum by (outcome) (increase(wirewatch_poller_polls_total[$__rate_interval]))", "{{outcome}}")
            ],
            stacked=True,
        ),
        Panel(
            title="Failed polls by outcome",
            description="The same without ok, not_modified and redirect.",
            queries=[
                Query(
                    f"sum by (outcome) (increase(wirewatch_poller_polls_total{{{_FAILED}}}[5m]))",
                    "{{outcome}}",
                )
            ],
            stacked=True,
        ),
        Panel(
            title="Late by",
            description="How long after its time a feed is polled.",
            queries=quantiles("wirewatch_poller_lateness_seconds"),
            unit="s",
        ),
        Panel(
            title="Time to fetch",
            description="From asking for a feed to having its last byte.",
            queries=quantiles("wirewatch_poller_fetch_seconds"),
            unit="s",
        ),
        Panel(
            title="Time to parse",
            description="Parsing a feed in a process of its own, waiting for one included.",
            queries=quantiles("wirewatch_poller_parse_seconds"),
            unit="s",
        ),
        Panel(
            title="Received",
            description="Bytes of bodies as they came over the wire.",
            queries=[Query("sum(rate(wirewatch_poller_received_bytes_total[$__rate_interval]))", "bodies")],
            unit="Bps",
        ),
        Panel(
            title="Article pages by outcome",
            description="Pages fetched because their feed only teases: ok, forbidden by robots.txt, failed or skipped.",
            queries=[
                Query("sum by (outcome) (increase(wirewatch_poller_pages_total[$__rate_interval]))", "{{outcome}}")
            ],
            stacked=True,
        ),
        Panel(
            title="Published to fetched",
            description="From the date the feed gave to our fetch, for articles of feeds that were polled before.",
            queries=quantiles("wirewatch_poller_published_to_fetched_seconds"),
            unit="s",
        ),
        Panel(
            title="Limits that cut something off",
            description="Size of a body, entries of a document, pages of one poll, length of a text, size of a "
            "message; and polls in which no item was known before.",
            queries=[
                Query("sum by (cap) (increase(wirewatch_poller_caps_hit_total[5m]))", "{{cap}}"),
                Query("sum(increase(wirewatch_poller_missed_total[5m]))", "polled too seldom"),
            ],
        ),
        Panel(
            title="Failing and silent for longest",
            description="The ten feeds of each kind, by host. `wirewatch feeds list` has all of them, and why.",
            queries=[Query("sort_desc(max by (why, host) (wirewatch_poller_worst_feed_seconds))")],
            width=16,
            kind="table",
            unit="s",
            columns={"host": "Host", "why": "What", "Value": "For"},
        ),
        Panel(
            title="Pushed by hubs",
            description="Deliveries of hubs by what came of them: only what was taken was signed and is read. "
            "Empty where no public address is set (WIREWATCH_POLLER_WEBSUB_URL).",
            queries=[
                Query("sum by (status) (increase(wirewatch_poller_pushes_total[$__rate_interval]))", "{{status}}")
            ],
            width=12,
            stacked=True,
        ),
        Panel(
            title="Requests to hubs",
            description="Subscriptions confirmed, failed, denied by the hub or left.",
            queries=[Query("sum by (event) (increase(wirewatch_poller_subscriptions_total[5m]))", "{{event}}")],
            width=12,
            stacked=True,
        ),
    ],
)
