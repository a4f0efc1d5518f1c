"""How the feeds are, and whether we are polite and on time."""

from __future__ import annotations

from deploy.grafana.boards.model import (
    SECONDS,
    Dashboard,
    Panel,
    Query,
    Row,
    bars,
    column,
    count,
    durations,
    named,
    stat,
)
from deploy.grafana.boards.promql import BAR, RANGE, RECENT, happened, quantile, share, total, within
from deploy.grafana.boards.words import BAD, FEED_HEALTH, GOOD, POLL_OUTCOME, STATUS, TIER, WARN

_FAILED = 'outcome!~"ok|not_modified|redirect"'
_POLLS = "wirewatch_poller_polls_total"

_FETCHED = "wirewatch_poller_published_to_fetched_seconds"
IN_TIME = (("breaking", 600, "10 min"), ("daily", 21_600, "6 h"), ("slow", 86_400, "a day"))


def _in_time(tier: str, seconds: float, words: str) -> Panel:
    return stat(
        f"{tier.capitalize()} within {words}",
        f"Share of the articles of {tier} feeds in the time shown that were fetched within {words} of the date their "
        "feed gives; not of a feed's first poll. The objective is 95 %.",
        within(seconds, _FETCHED, f'tier="{tier}"'),
        "percentunit",
        thresholds=((0, BAD), (0.95, GOOD)),
        no_data="no news yet",
        decimals=1,
    )


NETWORK = stat(
    "Network",
    "Offline: nearly all hosts stopped answering at once. The schedule is held until one answers.",
    "max(wirewatch_poller_offline_since_timestamp_seconds) > bool 0",
    thresholds=((0, GOOD), (1, BAD)),
    mappings=named({"0": ("online", GOOD), "1": ("offline", BAD)}),
    no_data="unknown",
    no_data_colour=BAD,
)

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
        NETWORK,
        *(_in_time(*one) for one in IN_TIME),
        stat(
            "Late news, budget burn",
            "How many times faster than allowed each tier's budget of late news is used up, over the last hour: 1 is "
            "just as fast as it comes. The objective is 95 %.",
            "tier:wirewatch_late_news:ratio_rate1h / 0.05",
            "suffix:×",
            legend="{{tier}}",
            thresholds=((0, GOOD), (1, WARN), (14.4, BAD)),
            no_data="no news yet",
            decimals=1,
            width=8,
        ),
        Panel(
            title="Feeds by health",
            description="How many feeds are ok, failing, silent, lying (304 hides items), gone (410), merged into "
            "another or not polled yet.",
            queries=[Query("sum by (state) (wirewatch_poller_feeds) > 0", "{{state}}")],
            draw="bars",
            colours=FEED_HEALTH,
        ),
        bars("Polls by outcome", "What came of each request for a feed.", _POLLS, "outcome", colours=POLL_OUTCOME),
        Panel(
            title="Failing and silent for longest",
            description="The ten of each kind, by host. `wirewatch feeds list` has all, and the answer of each.",
            queries=[Query("sort_desc(max by (why, host, reason) (wirewatch_poller_worst_feed_seconds))")],
            kind="table",
            unit="s",
            no_data="no feed fails or is silent",
            columns={"host": "Host", "why": "What", "reason": "Last answer", "Value": "For"},
            overrides=[
                column(
                    "What",
                    ("mappings", named({state: (state, FEED_HEALTH[state]) for state in ("failing", "silent")})),
                )
            ],
        ),
        bars(
            "Failed polls by outcome",
            "The same without ok, not_modified and redirect.",
            f"{_POLLS}{{{_FAILED}}}",
            "outcome",
            colours=POLL_OUTCOME,
        ),
        Panel(
            title="Published to fetched, 9 in 10",
            description="From the date the feed gave to our fetch, by tier of the feed; not of a feed's first poll.",
            queries=[Query(quantile(0.9, _FETCHED, RECENT, "tier"), "{{tier}}")],
            unit=SECONDS,
            colours=TIER,
        ),
        durations(
            "Late by, over time", "How long after its time a feed is polled.", "wirewatch_poller_lateness_seconds"
        ),
        Row(
            "Fetching and parsing",
            [
                durations(
                    "Time to fetch", "From asking for a feed to having its last byte.", "wirewatch_poller_fetch_seconds"
                ),
                durations(
                    "Time to parse",
                    "Parsing a feed in a process of its own, waiting for one included.",
                    "wirewatch_poller_parse_seconds",
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
                bars(
                    "Article pages by outcome",
                    "Pages fetched because their feed only teases: ok, forbidden by robots.txt, failed or skipped.",
                    "wirewatch_poller_pages_total",
                    "outcome",
                    width=6,
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
                bars(
                    "Pushed by hubs",
                    "Deliveries of hubs by what came of them: only what was taken was signed and is read. "
                    "Empty where no public address is set (WIREWATCH_POLLER_WEBSUB_URL).",
                    "wirewatch_poller_pushes_total",
                    "status",
                    width=6,
                ),
                bars(
                    "Requests to hubs",
                    "Subscriptions confirmed, failed, denied by the hub or left.",
                    "wirewatch_poller_subscriptions_total",
                    "event",
                    width=6,
                ),
            ],
        ),
    ],
)
