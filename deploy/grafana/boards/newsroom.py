"""What the world reports: alerts, topics, stories, and how soon they were known here."""

from __future__ import annotations

from deploy.grafana.boards import configuration
from deploy.grafana.boards.model import (
    ALERTS_SOURCE,
    LOCAL_TIME,
    SECONDS,
    Dashboard,
    Panel,
    Query,
    Row,
    Variable,
    bars,
    coloured_text,
    column,
    count,
    link,
    named,
    stat,
)
from deploy.grafana.boards.overview import FIRST_ROW
from deploy.grafana.boards.promql import RANGE, RECENT, happened, mean, quantile, share, total
from deploy.grafana.boards.words import SEVERITY, STATUS, TIER, actors

_TOPIC = '{topic=~"$topic"}'
_PUBLISHED = "wirewatch_alerter_published_to_alert_seconds"
_TAGGED = 'wirewatch_tagger_articles_total{status="tagged"}'
_FETCHED = "wirewatch_poller_published_to_fetched_seconds"
_GAUGE = column(
    "Alerts",
    ("custom.width", 110),
    ("custom.displayMode", "basic"),
    ("custom.cellOptions", {"type": "gauge", "mode": "basic"}),
    ("color", {"mode": "fixed", "fixedColor": "blue"}),
)


def _most(
    title: str, description: str, label: str, heading: str, names: dict[str, str] | None = None, *, of: str = ""
) -> Panel:
    """The ten values of ``label`` that opened alerts have most often; ``of`` chooses among them."""
    words = [column(heading, ("mappings", named(names)))] if names else []
    return Panel(
        title=title,
        description=description,
        queries=[Query(f"topk(10, {happened(f'wirewatch_alerter_opened_by_{label}_total{of}', label, RANGE)})")],
        kind="table",
        width=6,
        decimals=0,
        columns={label: heading, "Value": "Alerts"},
        overrides=[_GAUGE, *words],
    )


_PAIRS = (
    f"label_replace(label_replace({happened(f'wirewatch_alerter_opened_by_dyad_total{_TOPIC}', 'dyad', RANGE)}, "
    '"one", "$1", "dyad", "(.*)-.*"), "other", "$1", "dyad", ".*-(.*)")'
)
PAIRS = Panel(
    title="Between whom",
    description="By the two states of the event that an alert opened in the time shown is about.",
    queries=[Query(f"topk(10, {_PAIRS})")],
    kind="table",
    width=6,
    decimals=0,
    columns={"one": "State", "other": "and", "Value": "Alerts"},
    overrides=[_GAUGE, *(column(heading, ("mappings", named(actors()))) for heading in ("State", "and"))],
)
_FIRST = f"topk(10, {happened('wirewatch_alerter_opened_by_outlet_total', 'outlet', RANGE)})"
_OPENED_BY = total("wirewatch_alerter_opened_by_outlet_total", "outlet")
_FOLLOWED = f"{total('wirewatch_alerter_corroborated_by_outlet_total', 'outlet')} / ({_OPENED_BY} > 0)"
_MEAN = mean("wirewatch_alerter_published_to_alert_by_outlet_seconds", "outlet")
OUTLETS = Panel(
    title="Who reports first",
    description="The publishers whose report opened most alerts in the time shown, how long after its publication the "
    "alert came on average, and how many of the alerts a second independent source has reported since.",
    queries=[Query(_FIRST), *(Query(f"({asked}) and on (outlet) {_FIRST}") for asked in (_MEAN, _FOLLOWED))],
    kind="table",
    width=12,
    decimals=0,
    no_data="no alert",
    columns={
        "outlet": "Publisher",
        "Value #A": "Alerts",
        "Value #B": "Published to alert, mean",
        "Value #C": "Reported by others",
    },
    overrides=[
        _GAUGE,
        column("Published to alert, mean", ("unit", "s"), ("decimals", 1)),
        column("Reported by others", ("unit", "percentunit")),
    ],
)
_JUDGED = 'wirewatch_api_judged_alerts{by=~"topic|rule", name!=""}'
_USEFUL = 'wirewatch_api_judged_alerts{by=~"topic|rule", name!="", verdict="useful"}'
_MOST_JUDGED = f"topk(10, sum by (by, name) ({_JUDGED}) > 0)"
PRECISION = Panel(
    title="What analysts say",
    description="Stored alerts that analysts judged, by topic and by rule, the most judged first, and the share that "
    "they found useful. Below a handful of verdicts a share says little.",
    queries=[
        Query(_MOST_JUDGED),
        Query(f"sum by (by, name) ({_USEFUL}) / on (by, name) {_MOST_JUDGED}"),
    ],
    kind="table",
    width=12,
    decimals=0,
    no_data="nobody has judged an alert yet",
    columns={"by": "By", "name": "Name", "Value #A": "Judged", "Value #B": "Useful"},
    overrides=[
        column("By", ("custom.width", 70)),
        column("Judged", ("custom.width", 90)),
        column("Useful", ("custom.width", 90), ("unit", "percentunit")),
    ],
)
LATEST = Panel(
    title="Latest alerts",
    description="The alerts updated last. A headline leads to the page of the alert, its outlet to the first report.",
    queries=[Query('latest_alerts{topic=~"$topic"}')],
    kind="table",
    source=ALERTS_SOURCE,
    unit=LOCAL_TIME,
    width=15,
    height=12,
    no_data="no alert",
    columns={
        "Value": "Updated",
        "severity": "Severity",
        "headline": "Headline",
        "topics": "Topics",
        "sources": "Sources",
        "outlet": "First report",
        "url": "Report",
        "id": "Alert",
    },
    overrides=[
        column("Updated", ("custom.width", 165)),
        column(
            "Severity",
            ("custom.width", 75),
            *coloured_text(),
            ("mappings", named({name: (name, colour) for name, colour in SEVERITY.items()})),
        ),
        column("Headline", link("Open the alert", f"{configuration.PAGE_URL}/#${{__data.fields.Alert}}")),
        column("Topics", ("custom.width", 110)),
        column("Sources", ("custom.width", 78), ("custom.align", "center")),
        column("First report", ("custom.width", 150), link("Read the first report", "${__data.fields.Report}")),
        *(column(name, ("custom.hidden", True)) for name in ("Report", "Alert")),
    ],
)
MAP = Panel(
    title="Where alerts were opened",
    description="Alerts opened in the time shown, by country of their places or, without any, of who acts; of all "
    "topics. The larger, the more; point at one for its number.",
    queries=[Query(happened("wirewatch_alerter_opened_by_country_total", "country", RANGE))],
    kind="geomap",
    width=9,
    height=12,
    decimals=0,
    columns={"country": "Country", "Value": "Alerts"},
    overrides=[column("Country", ("mappings", named(actors())))],
)

BOARD = Dashboard(
    uid="wirewatch-newsroom",
    title="Wirewatch: Newsroom",
    description="What the world reports: alerts, topics and stories, and how soon they were known here. The topic "
    "chooses among the latest alerts, revisions, acts, pairs of states, tags and packs; what has no topic shows all.",
    variables=[Variable("topic", "Topic", "wirewatch_tagger_pack_info", "topic")],
    panels=[
        *FIRST_ROW,
        count(
            "Alerts opened",
            "Alerts opened in the time shown.",
            total('wirewatch_alerter_articles_total{status="opened"}'),
        ),
        count(
            "Alerts revised",
            "Articles in the time shown that taught an alert something new.",
            total('wirewatch_alerter_articles_total{status="revised"}'),
        ),
        count(
            "Stories",
            "Articles in the time shown that began a story.",
            total('wirewatch_deduper_articles_total{status="new"}'),
        ),
        stat(
            "Copies of a text",
            "Of the articles that were new here, how many repeat a text already seen.",
            share(
                'wirewatch_deduper_articles_total{status="duplicate"}',
                'wirewatch_deduper_articles_total{status=~"new|update|same_story|duplicate"}',
            ),
            "percentunit",
            decimals=0,
        ),
        stat(
            "Published to alert",
            "Half of the alerts opened in the time shown came within this of the date the feed gave. Most of it is the "
            "wait for the next poll.",
            quantile(0.5, _PUBLISHED, RANGE),
            "s",
            decimals=1,
            legend="half within",
            no_data="no alert",
        ),
        stat("9 in 10 within", "The same for nine alerts in ten.", quantile(0.9, _PUBLISHED, RANGE), "s", decimals=1),
        LATEST,
        MAP,
        bars(
            "Alert revisions by severity",
            "Revisions sent, by severity. One with two topics counts twice.",
            f"wirewatch_alerter_revisions_total{_TOPIC}",
            "severity",
            colours=SEVERITY,
        ),
        bars(
            "Alert revisions by topic",
            "Revisions sent, by topic. One with two topics counts for both.",
            f"wirewatch_alerter_revisions_total{_TOPIC}",
            "topic",
        ),
        Panel(
            title="Published to alert, 9 in 10",
            description="From the date that the feed gave to the alert, for opened alerts, by tier of the feed, over "
            "five minutes.",
            queries=[Query(quantile(0.9, _PUBLISHED, RECENT, "tier"), "{{tier}}")],
            unit=SECONDS,
            colours=TIER,
        ),
        _most("Who acts most", "By who acts in alerts opened in the time shown.", "actor", "Actor", actors()),
        _most("What they do", "By act, of alerts opened in the time shown.", "act", "Act", of=_TOPIC),
        PAIRS,
        _most("In which language", "By language (ISO 639) of the first report.", "language", "Language"),
        Row("Who reports first, and what analysts say", [OUTLETS, PRECISION]),
        Row(
            "Where the time goes, and what becomes of articles",
            [
                Panel(
                    title="Published to fetched, 9 in 10",
                    description="From the date the feed gave to our fetch, by tier of the feed, over five minutes; not "
                    "of a feed's first poll.",
                    queries=[Query(quantile(0.9, _FETCHED, RECENT, "tier"), "{{tier}}")],
                    unit=SECONDS,
                    colours=TIER,
                ),
                bars(
                    "What became of tagged articles",
                    "Opened or revised an alert, changed one silently, or said nothing new.",
                    "wirewatch_alerter_articles_total",
                    "status",
                    colours=STATUS,
                ),
                bars(
                    "How articles join stories",
                    "Articles that joined a story, by the rule that joined them.",
                    "wirewatch_deduper_links_total",
                    "linked_by",
                ),
                bars(
                    "Tags by topic and role",
                    "A topic is primary where the article is about it, a mention where it only comes up.",
                    f"wirewatch_tagger_tags_total{_TOPIC}",
                    "topic, role",
                ),
                Panel(
                    title="Share of articles that carry a topic",
                    description="Of the articles that the tagger read in five minutes, how many got a tag.",
                    queries=[Query(share(_TAGGED, "wirewatch_tagger_articles_total", RECENT), "tagged")],
                    unit="percentunit",
                ),
                Panel(
                    title="Topic packs in force",
                    description="What the tagger uses now. A broken change is refused and the earlier version stays.",
                    queries=[Query(f"max by (topic, version) (wirewatch_tagger_pack_info{_TOPIC})")],
                    kind="table",
                    no_data="unknown",
                    columns={"topic": "Topic", "version": "Version"},
                ),
            ],
        ),
    ],
)
