"""What the dashboards say against a ledger of what happened: before the first scrape, a restart, an outage, a loss.

The services are played by their real metrics, on a real Prometheus with the real rules that asks every second.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.error import URLError

import pytest

from services.runtime.process.metrics import LATENCY_BUCKETS_SECONDS
from services.runtime.services import names
from tests.integration.test_dashboards_on_prometheus import DEPLOY, SERVICES, ask, asking, filled, shown
from tests.support.metrics import Process, served

RANGE_SECONDS = 600
SCRAPED_SECONDS = 2.5  # two scrapes
PATIENCE_SECONDS = 60

pytestmark = pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed")


@dataclass
class Ledger:
    """The services, and what has happened in them."""

    services: dict[str, Process]
    opened: int = 0
    revised: int = 0
    stories: int = 0
    copies: int = 0
    sent_again: int = 0
    dead: dict[str, int] = field(default_factory=dict)
    countries: dict[str, int] = field(default_factory=dict)
    published: list[float] = field(default_factory=list)
    fetched: list[float] = field(default_factory=list)
    done: int = 0
    lost: int = 0

    def open(self, country: str, published: float, fetched: float) -> None:
        """An alert is opened, so many seconds after its article was published and fetched."""
        alerter = self.services["alerter"].metrics
        alerter.articles.labels("opened").inc()
        alerter.by_country.labels(country).inc()
        alerter.published_seconds.labels("daily").observe(published)
        alerter.fetched_seconds.observe(fetched)
        self.opened += 1
        self.countries[country] = self.countries.get(country, 0) + 1
        self.published.append(published)
        self.fetched.append(fetched)

    def revise(self, fetched: float) -> None:
        """An alert is revised."""
        self.services["alerter"].metrics.articles.labels("revised").inc()
        self.services["alerter"].metrics.fetched_seconds.observe(fetched)
        self.revised += 1
        self.fetched.append(fetched)

    def send_again(self) -> None:
        """A revision is sent from the outbox."""
        self.services["alerter"].metrics.resent.inc()
        self.sent_again += 1

    def tell(self, stories: int, copies: int) -> None:
        """Stories begin, and copies of texts come in."""
        deduper = self.services["deduper"].metrics
        deduper.articles.labels("new").inc(stories)
        deduper.articles.labels("duplicate").inc(copies)
        self.stories += stories
        self.copies += copies

    def set_aside(self, reason: str) -> None:
        """The tagger sets a message aside."""
        self.services["tagger"].metrics.dead.labels(reason).inc()
        self.dead[reason] = self.dead.get(reason, 0) + 1

    def tag(self, taken: int, *, lose: int = 0) -> None:
        """The tagger takes messages and commits all of them; ``lose`` of them end in no status."""
        self.services["tagger"].metrics.articles.labels("tagged").inc(taken - lose)
        self.done += taken
        self.lost += lose
        self.look()

    def look(self) -> None:
        """The poller looks at the offsets: nothing waits."""
        poller = self.services["poller"].metrics
        poller.group_done.labels("wirewatch-tagger", "articles.unique").set(self.done)
        poller.group_lag.labels("wirewatch-tagger", "articles.unique").set(0)
        poller.lag_looked_at.set(time.time())


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, str]]:
    """The ledger, and the address of the Prometheus that saw it happen."""
    # The poller and the tagger have run for six minutes, so that they are judged for completeness.
    services = {name: Process(name, age=400 if name in ("poller", "tagger") else 0) for name in SERVICES}
    ledger = Ledger(services)
    before_the_first_scrape(ledger)
    folder = tmp_path_factory.mktemp("ledger")
    with served(services) as port, asking(folder, port) as address:
        answers = 'up{job="services"} == 1'
        _wait_for(lambda: len(ask(address, "query", query=answers)["result"]) == len(SERVICES))
        # The rules are evaluated every five seconds, and a loss is only one after a moment in which there was none.
        compared = 'service:wirewatch_uncounted_messages:high{service="tagger"}'
        _wait_for(lambda: bool(ask(address, "query", query=compared)["result"]))
        time.sleep(SCRAPED_SECONDS)
        afterwards(ledger)
        time.sleep(SCRAPED_SECONDS)
        after_a_restart(ledger)
        services["notifier"].away = True
        lost = 'service:wirewatch_lost_messages:min5m{service="tagger"} > 0'  # once no offset has moved for 15 s
        _wait_for(lambda: bool(ask(address, "query", query=lost)["result"]))
        yield ledger, address


def before_the_first_scrape(ledger: Ledger) -> None:
    """A fresh demo, of which Prometheus sees the sum only."""
    for country, published in (("RUS", 2.0), ("NIC", 95.0), ("IND", 130.0), ("CHN", 170.0)):
        ledger.open(country, published, fetched=1.2)
    ledger.tell(stories=20, copies=5)
    ledger.set_aside("undecodable")
    ledger.set_aside("undecodable")
    ledger.tag(50)


def afterwards(ledger: Ledger) -> None:
    """Under load, seen scrape by scrape; three messages are lost."""
    for country, published in (("RUS", 311.0), ("JPN", 320.0), ("CUB", 340.0)):
        ledger.open(country, published, fetched=4.0)
    for _ in range(5):
        ledger.revise(fetched=69.0)
    ledger.send_again()
    ledger.send_again()
    ledger.tell(stories=7, copies=4)
    ledger.set_aside("defect")
    ledger.tag(10, lose=3)


def after_a_restart(ledger: Ledger) -> None:
    """The alerter and the deduper begin anew, and their counters with them."""
    ledger.services["alerter"], ledger.services["deduper"] = Process("alerter"), Process("deduper")
    ledger.open("RUS", 140.0, fetched=2.0)
    ledger.open("BRA", 230.0, fetched=2.5)
    ledger.tell(stories=6, copies=1)
    ledger.look()


def _wait_for(true: Callable[[], bool]) -> None:
    """Until Prometheus says so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if true():
                return
        except URLError:
            pass
        time.sleep(0.2)
    pytest.fail("Prometheus does not say so")


@dataclass(frozen=True)
class Board:
    """A dashboard whose panels are asked as Grafana asks them."""

    address: str
    name: str

    def rows(self, title: str, query: int = 0) -> list[tuple[dict[str, str], float]]:
        """Labels and value of each series of a panel."""
        document = json.loads((DEPLOY / f"grafana/dashboards/{self.name}.json").read_text())
        (panel,) = (panel for panel in shown(document) if panel["title"] == title)
        expression = filled(panel["targets"][query]["expr"], RANGE_SECONDS)
        result: list[Any] = ask(self.address, "query", query=expression)["result"]
        return [(each["metric"], float(each["value"][1])) for each in result]

    def value(self, title: str, query: int = 0) -> float:
        """The only number of a panel."""
        ((_, number),) = self.rows(title, query)
        return number


def _in_the_bucket_of(answer: float, truth: list[float], share: float) -> bool:
    """Whether ``answer`` lies between the edges around the true quantile."""
    exact = sorted(truth)[math.ceil(share * len(truth)) - 1]
    at = bisect_left(LATENCY_BUCKETS_SECONDS, exact)
    return LATENCY_BUCKETS_SECONDS[at - 1] <= answer <= LATENCY_BUCKETS_SECONDS[at]


class TestNewsroom:
    def test_alerts_opened_and_revised(self, played: tuple[Ledger, str]) -> None:
        ledger, address = played
        board = Board(address, "newsroom")
        assert (board.value("Alerts opened"), board.value("Alerts revised")) == (ledger.opened, ledger.revised)

    def test_stories_and_copies(self, played: tuple[Ledger, str]) -> None:
        ledger, address = played
        board = Board(address, "newsroom")
        assert board.value("Stories") == pytest.approx(ledger.stories, abs=1)  # a restart is estimated to a scrape
        share = ledger.copies / (ledger.stories + ledger.copies)
        assert board.value("Copies of a text") == pytest.approx(share, abs=0.01)

    def test_every_country_is_on_the_map(self, played: tuple[Ledger, str]) -> None:
        ledger, address = played
        rows = Board(address, "newsroom").rows("Where alerts were opened")
        assert {labels["country"]: number for labels, number in rows} == ledger.countries

    @pytest.mark.parametrize(("title", "share"), [("Published to alert", 0.5), ("9 in 10 within", 0.9)])
    def test_delays_are_in_the_bucket_of_the_true_one(
        self, played: tuple[Ledger, str], title: str, share: float
    ) -> None:
        ledger, address = played
        board = Board(address, "newsroom")
        assert _in_the_bucket_of(board.value(title), ledger.published, share)


class TestPipeline:
    def test_the_service_that_is_away_is_named_and_no_other(self, played: tuple[Ledger, str]) -> None:
        rows = Board(played[1], "pipeline").rows("Services")
        codes = {labels["service"]: code for labels, code in rows}
        assert codes.pop("notifier") == 0
        assert codes == dict.fromkeys((*(name for name in names() if name != "notifier"), "kafka", "redis"), 4)

    def test_the_exact_share_within_the_objective(self, played: tuple[Ledger, str]) -> None:
        ledger, address = played
        within = sum(seconds <= 5 for seconds in ledger.fetched) / len(ledger.fetched)
        assert Board(address, "pipeline").value("Within 5 s") == pytest.approx(within, abs=0.02)
        assert Board(address, "pipeline").value("Within 30 s") == pytest.approx(within, abs=0.02)

    def test_fetch_to_alert(self, played: tuple[Ledger, str]) -> None:
        ledger, address = played
        assert _in_the_bucket_of(Board(address, "pipeline").value("Fetch to alert"), ledger.fetched, 0.99)

    def test_sent_again(self, played: tuple[Ledger, str]) -> None:
        assert Board(played[1], "pipeline").value("Sent again") == played[0].sent_again

    def test_dead_letters_by_reason(self, played: tuple[Ledger, str]) -> None:
        ledger, address = played
        board = Board(address, "pipeline")
        assert board.value("Dead letters") == sum(ledger.dead.values())
        rows = {(row["service"], row["reason"]): number for row, number in board.rows("Dead letters by reason")}
        assert rows == {("tagger", reason): number for reason, number in ledger.dead.items()}

    def test_what_was_lost(self, played: tuple[Ledger, str]) -> None:
        ledger, address = played
        assert Board(address, "pipeline").value("Lost, at least") == ledger.lost

    def test_nothing_waits(self, played: tuple[Ledger, str]) -> None:
        board = Board(played[1], "pipeline")
        assert (board.value("Backlog"), board.value("Backlog", query=1)) == (0, 0)
