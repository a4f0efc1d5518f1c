"""The first row of Newsroom and Pipeline: is all well, and if not, what is it, since when, and what is to be done."""

from __future__ import annotations

from deploy.grafana.boards.model import HEALTH_WORDS, LOCAL_TIME, Panel, Query, coloured_text, column, link, named, stat
from deploy.grafana.boards.promql import within
from deploy.grafana.boards.words import AWAY, BAD, BEHIND, GOOD, WARN, WELL

_ALARM = 'ALERTS{alertname!="WirewatchWatchdog", alertstate="firing"}'
_SINCE = '(ALERTS_FOR_STATE{alertname!="WirewatchWatchdog"} and ignoring (alertstate) ' + _ALARM + ")"
_ABOUT = f'label_join({_SINCE}, "about", " ", "service", "server", "reason", "topic")'
FETCHED_TO_ALERT = "wirewatch_alerter_fetched_to_alert_seconds"

SERVICES = stat(
    "Services",
    "Every service of the pipeline and its two servers. Away: does not answer. Waits: for Kafka or Redis. "
    "Stuck: messages have waited for a minute and it finished none. Behind: what it takes is older than a minute.",
    "service:wirewatch_health:code",
    legend="{{service}}",
    thresholds=((AWAY, BAD), (BEHIND, WARN), (WELL, GOOD)),
    mappings=HEALTH_WORDS,
    no_data="unknown",
    no_data_colour=BAD,
    width=14,
)
BACKLOG = stat(
    "Backlog",
    "Messages that wait on Kafka, and how many of them for a service that has finished none for a minute.",
    "sum(service:wirewatch_backlog_messages:sum)",
    legend="wait",
    more=[Query("sum(service:wirewatch_stuck_messages:sum or 0 * service:wirewatch_backlog_messages:sum)", "stuck")],
    thresholds=((0, GOOD), (1000, WARN), (10000, BAD)),
    no_data="unknown",
    no_data_colour=BAD,
    decimals=0,
    width=5,
    overrides=[
        column(
            "stuck",
            (
                "thresholds",
                {
                    "mode": "absolute",
                    "steps": [
                        {"value": None, "color": BAD},
                        {"value": 0, "color": GOOD},
                        {"value": 1, "color": BAD},
                    ],
                },
            ),
        )
    ],
)
DELAY = stat(
    "Delay",
    "The largest age of a newest message when it was taken, over the services; of one that is stuck or away, for how "
    "long its messages have waited.",
    "max(service:wirewatch_delay_seconds:max)",
    "s",
    thresholds=((0, GOOD), (10, WARN), (60, BAD)),
    no_data="unknown",
    no_data_colour=BAD,
    decimals=1,
)
PAGES = stat(
    "Pages",
    "Alarms that want a person now. The table says which, since when, and what to do.",
    '(count(ALERTS{alertstate="firing", severity="page"}) or vector(0)) '
    'and on () ALERTS{alertname="WirewatchWatchdog", alertstate="firing"}',
    thresholds=((0, GOOD), (1, BAD)),
    no_data="unknown",
    no_data_colour=BAD,
    width=3,
)


def _objective(title: str, seconds: float, goal: float) -> Panel:
    return stat(
        title,
        f"The exact share of the revisions in the time shown that were on the topic alerts within {seconds:.0f} s of "
        f"the fetch. The objective is {goal:.1%}.",
        within(seconds, FETCHED_TO_ALERT),
        "percentunit",
        thresholds=((0, BAD), (goal, GOOD)),
        no_data="no alert",
        decimals=2,
        width=3,
    )


OBJECTIVES = [_objective("Within 5 s", 5, 0.99), _objective("Within 30 s", 30, 0.999)]
BURN = stat(
    "Budget burn, last hour",
    "How many times faster than an objective allows its budget for misses is being used up: 1 is just as fast, at 14.4 "
    "a month's budget is gone in two days and an alarm pages.",
    "alerter:wirewatch_late_alerts:ratio_rate1h / 0.01",
    legend="within 5 s",
    more=[
        Query("alerter:wirewatch_very_late_alerts:ratio_rate1h / 0.001", "within 30 s"),
        Query("poller:wirewatch_failed_polls:ratio_rate1h / 0.05", "polls that succeed"),
    ],
    unit="suffix:×",
    thresholds=((0, GOOD), (1, WARN), (14.4, BAD)),
    no_data="no alert, no poll yet",
    decimals=1,
    width=6,
)
ALARMS = Panel(
    title="Alarms that fire",
    description="Alarms of Prometheus now, the latest first, without the watchdog, which always fires. The name of an "
    "alarm leads to what to do.",
    queries=[Query(f"sort_desc(max by (severity, alertname, about) ({_ABOUT})) * 1000")],
    kind="table",
    width=10,
    height=4,
    unit=LOCAL_TIME,
    no_data="no alarm",
    columns={
        "severity": "Kind",
        "alertname": "Alarm",
        "about": "About",
        "Value": "Since",
    },
    overrides=[
        column(
            "Kind",
            ("custom.width", 60),
            *coloured_text(),
            ("mappings", named({"page": ("page", BAD), "ticket": ("ticket", WARN)})),
        ),
        column("Alarm", link("What to do", "/d/wirewatch-runbooks")),
        column("About", ("custom.width", 75)),
        column("Since", ("custom.width", 165)),
    ],
)

FIRST_ROW = [SERVICES, ALARMS, BACKLOG, DELAY, PAGES, *OBJECTIVES, BURN]
