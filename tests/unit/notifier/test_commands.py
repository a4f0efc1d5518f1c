"""``wirewatch watches``: what it says of a file, and of a changed one beside the one in force."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.app import build
from services.cli.options import since
from services.cli.watches.trial import judge
from services.runtime.errors import UsageError
from tests.support.notifier import a_watch_file, an_alert, written

# apprise looks for a module of the standard library that Python 3.13 no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
HEAD = "format: 1\nchannels: [{id: c, kind: log}]\nwatches:\n"
ALL = HEAD + "  - {id: w, name: Every one, when: {}, channels: [c]}\n"
HIGH = HEAD + "  - {id: w, name: W, when: {min_severity: high, actors: [RUS]}, channels: [c]}\n"


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(build(), ["watches", *arguments])
    return done.exit_code, done.output


def test_a_good_file_is_said_to_be_good(tmp_path: Path) -> None:
    code, said = run("check", str(written(tmp_path, ALL)))
    assert code == 0
    assert "can be used (watches: 1, channels: 1)" in said.replace("\n", "")
    code, said = run("check", str(written(tmp_path, ALL)), "--json")
    assert json.loads(said)["ok"] is True


def test_every_mistake_is_named_and_the_exit_code_is_2(tmp_path: Path) -> None:
    path = written(tmp_path, "format: 1\nchannels: [{id: C, kind: log}, {id: d, kind: x}]\n")
    code, said = run("check", str(path), "--json")
    assert code == 2
    assert [problem.partition(": ")[0] for problem in json.loads(said)["problems"]] == [f"{path}, line 2"] * 2
    code, said = run("check", str(path))
    assert (code, said.count("error:")) == (2, 2)


def test_an_address_that_apprise_cannot_use_is_named_by_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "format: 1\nchannels:\n  - {id: m, kind: apprise, url: 'nosuch://hidden-token'}\n")
    code, said = run("check", str(path), "--json")
    assert code == 2
    assert "line 3: channel 'm': apprise knows no such service" in said
    assert "hidden" not in said


def test_the_shipped_file_is_listed_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WIREWATCH_NOTIFIER_WATCHES", raising=False)
    code, said = run("list", "--json")
    assert code == 0
    assert json.loads(said)["timing"] == "at most 60 an hour"
    full = """  - id: w
    name: "[red]W"
    when:
      topics: [t1]
      places: {countries: [UKR], near: [{lat: 1, lon: 2, km: 3}]}
      min_severity: high
      confidence: corroborated
      words: {any: [a b]}
    channels: [c]
    quiet: {from: "22:00", to: "07:00", timezone: Europe/Berlin}
    digest: {every_minutes: 5}
    critical_at_once: true
"""
    monkeypatch.setenv("WIREWATCH_NOTIFIER_WATCHES", str(written(tmp_path, HEAD + full)))
    _, said = run("list", "--json")
    asked = json.loads(said)["when"]
    assert asked == ("topics: t1; at least high; corroborated; places: UKR, within 3 km of 1, 2; any of: a b")
    assert json.loads(said)["timing"] == "quiet 22:00 to 07:00 Europe/Berlin, digest every 5 min, critical at once"
    _, table = run("list")
    assert "[red]W" in table


def test_the_file_in_force_is_that_of_the_pipeline_that_runs_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("WIREWATCH_NOTIFIER_WATCHES", raising=False)
    monkeypatch.setenv("WIREWATCH_LOCAL_HOME", str(tmp_path))
    written(tmp_path, HIGH)
    _, said = run("list", "--json")
    assert json.loads(said)["when"] == "actors: rus; at least high"


def test_a_trial_tells_what_would_change_and_why() -> None:
    alerts = [an_alert(1), an_alert(2, severity="low"), an_alert(3, actors=()), an_alert(3, actors=(), revision=2)]
    raised, said = judge(alerts, changed=a_watch_file(HIGH), current=a_watch_file(ALL))
    assert [(each.how, each.missed) for each in raised] == [
        ("both", None), ("gone", "min_severity"), ("gone", "actors"), ("gone", "actors"),
    ]  # fmt: skip
    assert (said.revisions, said.alerts, said.changed, said.current, said.new, said.gone) == (4, 3, 1, 4, 0, 3)
    back, _ = judge(alerts, changed=a_watch_file(ALL), current=a_watch_file(HIGH))
    assert [each.how for each in back] == ["both", "new", "new", "new"]
    other, _ = judge(alerts[:1], changed=a_watch_file(HEAD.replace("watches:\n", "")), current=a_watch_file(ALL))
    assert [(each.how, each.missed) for each in other] == [("gone", None)]


def test_since_is_a_time_or_a_span() -> None:
    now = datetime(2025, 6, 2, tzinfo=UTC)
    assert since(None, now) is None
    assert since("2025-06-01T00:00:00Z", now) == since("2025-06-01", now) == datetime(2025, 6, 1, tzinfo=UTC)
    assert since("90m", now) == now - timedelta(minutes=90)
    for wrong in ("yesterday", "2025-06-01T00:00:00", "5w"):
        with pytest.raises(UsageError, match="--since"):
            since(wrong, now)
