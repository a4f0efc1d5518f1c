"""How the feeds are, and whether we are polite and on time."""

from __future__ import annotations

from deploy.grafana.boards.model import SECONDS, Dashboard, Panel, Query, Row, column, count, named, quantiles, stat
from deploy.grafana.boards.promql import BAR, RANGE, RECENT, happened, quantile, share, total
from deploy.grafana.boards.words import BAD, FEED_HEALTH, GOOD, POLL_OUTCOME, STATUS, WARN

_FAILED = 'outcome!~"ok|not_modified|redirect"'
_POLLS = "wirewatch_poller_polls_total"

BOARD = Dashboard(
    uid="wirewatch-feeds",
    title="Wirewatch: Feeds",
    description="How the feeds are, and whether they are polled politely and on time. See also `wirewatch feeds list`.",
    panels=[
        stat(
            "Poller",
            "The state of the service that polls.",
            'service:wirewatch_health:code{service="poller"}',
            thresholds=((0, BAD), (3, WARN), (4, GOOD)),
            mappings=named({"0": ("away", BAD), "1": ("waits", BAD), "3": ("held back", WARN), "4": ("well", GOOD)}),
            no_data="unknown",
            no_data_colour=BAD,
        ),
        stat("Feeds", "Feeds in the list.", "sum(wirewatch_poller_feeds)", no_data="unknown"),
        count(
            "Failing",
            "Feeds whose last polls failed. They are tried again later and later, up to a day.",
            'sum(wirewatch_poller_feeds{state="failing"})',
            bad=WARN,
        ),
        count(
            "Silent",
            "Feeds that answer but have brought nothing for much longer than they use to.",
            'sum(wirewatch_poller_feeds{state="silent"})',
            bad=WARN,
        ),
        stat(
            "Polls that succeed",
            "Share of the polls in the time shown. The objective is 95 %.",
            share(f'{_POLLS}{{outcome=~"ok|not_modified|redirect"}}', _POLLS),
            "percentunit",
            thresholds=((0, BAD), (0.95, GOOD)),
            no_data="no poll yet",
            decimals=1,
        ),
        stat(
            "Late by",
            "How long after its time a feed is polled: 99 in 100 polls in the time shown were not later than this.",
            quantile(0.99, "wirewatch_poller_lateness_seconds", RANGE),
            "s",
            thresholds=((0, GOOD), (60, WARN)),
            no_data="no poll yet",
            legend="99 in 100 within",
            decimals=1,
        ),
        Panel(
            title="Feeds by health",
            description="How many feeds are ok, failing, silent, lying (304 hides items), gone (410), merged into "
            "another or not polled yet.",
            queries=[Query("sum by (state) (wirewatch_poller_feeds) > 0", "{{state}}")],
            draw="bars",
            colours=FEED_HEALTH,
        ),
        Panel(
            title="Polls by outcome",
            description="What came of each request for a feed.",
            queries=[Query(happened(_POLLS, "outcome", BAR), "{{outcome}}")],
            draw="bars",
            colours=POLL_OUTCOME,
        ),
        Panel(
            title="Failing and silent for longest",
            description="The ten of each kind, by host. `wirewatch feeds list` has all, and the answer of each.",
            queries=[Query("sort_desc(max by (why, host) (wirewatch_poller_worst_feed_seconds))")],
            kind="table",
            unit="s",
            no_data="no feed fails or is silent",
            columns={"host": "Host", "why": "What", "Value": "For"},
            overrides=[
                column(
                    "What",
                    ("mappings", named({state: (state, FEED_HEALTH[state]) for state in ("failing", "silent")})),
                )
            ],
        ),
        Panel(
            title="Failed polls by outcome",
            description="The same without ok, not_modified and redirect.",
            queries=[Query(happened(f"{_POLLS}{{{_FAILED}}}", "outcome", BAR), "{{outcome}}")],
            draw="bars",
            colours=POLL_OUTCOME,
        ),
        Panel(
            title="Published to fetched, 9 in 10",
            description="From the date the feed gave to our fetch, by tier of the feed; not of a feed's first poll.",
            queries=[Query(quantile(0.9, "wirewatch_poller_published_to_fetched_seconds", RECENT, "tier"), "{{tier}}")],
            unit=SECONDS,
        ),
        Panel(
            title="Late by, over time",
            description="How long after its time a feed is polled.",
            queries=quantiles("wirewatch_poller_lateness_seconds"),
            unit=SECONDS,
        ),
        Row(
            "Fetching and parsing",
            [
                Panel(
                    title="Time to fetch",
                    description="From asking for a feed to having its last byte.",
                    queries=quantiles("wirewatch_poller_fetch_seconds"),
                    unit=SECONDS,
                ),
                Panel(
                    title="Time to parse",
                    description="Parsing a feed in a process of its own, waiting for one included.",
                    queries=quantiles("wirewatch_poller_parse_seconds"),
                    unit=SECONDS,
                ),
                Panel(
                    title="Received",
                    description="Bytes of bodies as they came over the wire.",
                    queries=[Query("sum(rate(wirewatch_poller_received_bytes_total[$__rate_interval]))", "bodies")],
                    unit="Bps",
                ),
            ],
        ),
        Row(
            "Pages, limits and hubs",
            [
                Panel(
                    title="Article pages by outcome",
                    description="Pages fetched because their feed only teases: ok, forbidden by robots.txt, failed or "
                    "skipped.",
                    queries=[Query(happened("wirewatch_poller_pages_total", "outcome", BAR), "{{outcome}}")],
                    width=6,
                    draw="bars",
                    colours={"ok": GOOD, "robots": "blue", "failed": BAD, "skipped": STATUS["known"]},
                ),
                Panel(
                    title="Limits that cut off",
                    description="Size of a body, entries of a document, pages of one poll, length of a text, size of a "
                    "message; and polls in which no item was known before: items may have come and gone in between.",
                    queries=[
                        Query(happened("wirewatch_poller_caps_hit_total", "cap", BAR), "{{cap}}"),
                        Query(f"{total('wirewatch_poller_missed_total', window=BAR)} > 0", "polled too seldom"),
                    ],
                    width=6,
                    draw="bars",
                ),
                Panel(
                    title="Pushed by hubs",
                    description="Deliveries of hubs by what came of them: only what was taken was signed and is read. "
                    "Empty where no public address is set (WIREWATCH_POLLER_WEBSUB_URL).",
                    queries=[Query(happened("wirewatch_poller_pushes_total", "status", BAR), "{{status}}")],
                    width=6,
                    draw="bars",
                ),
                Panel(
                    title="Requests to hubs",
                    description="Subscriptions confirmed, failed, denied by the hub or left.",
                    queries=[Query(happened("wirewatch_poller_subscriptions_total", "event", BAR), "{{event}}")],
                    width=6,
                    draw="bars",
                ),
            ],
        ),
    ],
)
