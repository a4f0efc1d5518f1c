"""``wirewatch tag`` and ``wirewatch packs``, as a person and a pipe use them."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from services.cli.app import build
from services.runtime.errors import UsageError
from tests.support.packs import SMALL_PACK

RUNNER = CliRunner()
PACT = {"id": "a", "title": "Russia and North Korea sign mutual defence treaty", "text": ""}


def app() -> typer.Typer:
    return build()


def test_tag_gives_one_line_for_each_article_in_order() -> None:
    lines = [PACT, {"id": "b", "title": "Rain", "text": "It rained."}]
    result = RUNNER.invoke(app(), ["tag"], input="\n".join(map(json.dumps, lines)))
    assert result.exit_code == 0
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert second == {"id": "b", "tags": []}
    (found,) = first["tags"]
    assert found["topic"] == "alliances"
    assert set(found) >= {"topic", "score", "role", "actors", "places", "evidence"}
    (evidence,) = found["evidence"]
    assert PACT["title"][evidence["start"] : evidence["end"]] == evidence["quote"]


def test_a_bad_line_is_named_and_the_rest_goes_on() -> None:
    result = RUNNER.invoke(app(), ["tag"], input="nonsense\n" + json.dumps(PACT))
    assert result.exit_code == 1
    assert "line 1" in result.stderr
    assert len(result.stdout.splitlines()) == 1


def test_tag_with_packs_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "storms.yaml").write_text(SMALL_PACK)
    article = json.dumps({"id": "s", "title": "", "text": "A storm struck Japan."})
    result = RUNNER.invoke(app(), ["tag", "--packs", str(tmp_path)], input=article)
    assert [t["topic"] for t in json.loads(result.stdout)["tags"]] == ["storms"]


def test_a_missing_folder_is_said() -> None:
    result = RUNNER.invoke(app(), ["tag", "--packs", "/nowhere/at/all"], input="")
    assert isinstance(result.exception, UsageError)


def test_check_says_what_is_well(tmp_path: Path) -> None:
    (tmp_path / "storms.yaml").write_text(SMALL_PACK)
    result = RUNNER.invoke(app(), ["packs", "check", str(tmp_path)])
    assert result.exit_code == 0
    assert "storms@2.1-" in result.stdout


def test_check_names_a_failed_example(tmp_path: Path) -> None:
    (tmp_path / "storms.yaml").write_text(SMALL_PACK.replace("Two storms battered Japan", "Two storms passed"))
    result = RUNNER.invoke(app(), ["packs", "check", str(tmp_path)])
    assert result.exit_code == 1
    assert "should match" in result.stderr
    machine = RUNNER.invoke(app(), ["packs", "check", str(tmp_path), "--json"])
    (failure,) = json.loads(machine.stdout)["failures"]
    assert failure["line"] == SMALL_PACK[: SMALL_PACK.index("should_match")].count("\n") + 1


def test_check_names_every_problem_of_a_broken_pack(tmp_path: Path) -> None:
    (tmp_path / "storms.yaml").write_text(SMALL_PACK.replace("agent: storm", "agent: x"))
    result = RUNNER.invoke(app(), ["packs", "check", str(tmp_path)])
    assert result.exit_code == 2
    assert "storms.yaml, line" in result.stderr
    machine = RUNNER.invoke(app(), ["packs", "check", str(tmp_path), "--json"])
    assert json.loads(machine.stdout)["ok"] is False


def test_a_new_pack_passes_its_own_check(tmp_path: Path) -> None:
    made = RUNNER.invoke(app(), ["packs", "new", "riots", "--in", str(tmp_path)])
    assert made.exit_code == 0
    assert RUNNER.invoke(app(), ["packs", "check", str(tmp_path / "riots.yaml")]).exit_code == 0
    again = RUNNER.invoke(app(), ["packs", "new", "riots", "--in", str(tmp_path)])
    assert isinstance(again.exception, UsageError)
    assert isinstance(RUNNER.invoke(app(), ["packs", "new", "Bad Name"]).exception, UsageError)


def test_explain_shows_the_events_and_what_was_missing(tmp_path: Path) -> None:
    (tmp_path / "storms.yaml").write_text(SMALL_PACK)
    article = tmp_path / "article.txt"
    article.write_text("A storm struck Japan. Then a storm struck. In a drill storms struck Cuba.")
    command = ["packs", "explain", str(article), "--packs", str(tmp_path / "storms.yaml")]
    shown = RUNNER.invoke(app(), command).stdout
    assert "event strike: strikes → Japan · done (0.8 x 1 for done)" in shown
    assert "not strike (0.8) by 'struck': no object: state" in shown
    assert "discounted by exercise to 0.25" in shown
    (topic,) = json.loads(RUNNER.invoke(app(), [*command, "--json"]).stdout)["topics"]
    text = article.read_text()
    assert topic["given"] is True
    assert [text[s["start"] : s["end"]] == s["quote"] for s in topic["sentences"]] == [True] * 3
    for sentence in topic["sentences"]:
        assert all(sentence["quote"][f["start"] : f["end"]].strip() for f in sentence["found"])


def test_explain_names_a_need_that_acts_share(tmp_path: Path) -> None:
    inline = "needs: [{agent: storm, object: state}]"
    pack = SMALL_PACK.replace(inline, "needs: [of_two]").replace("acts:", f"needs: {{of_two: {inline[7:]}}}\nacts:")
    (tmp_path / "storms.yaml").write_text(pack)
    article = tmp_path / "article.txt"
    article.write_text("A storm struck Japan. Then a storm struck.")
    shown = RUNNER.invoke(app(), ["packs", "explain", str(article), "--packs", str(tmp_path / "storms.yaml")]).stdout
    assert "event strike by its need of_two: strikes → Japan" in shown
    assert "not strike by its need of_two (0.8) by 'struck': no object: state" in shown


def test_explain_reads_articles_as_json_lines(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps(PACT) + "\n")
    assert "alliances@" in RUNNER.invoke(app(), ["packs", "explain", str(file)]).stdout
    file.write_text("{broken\n")
    assert isinstance(RUNNER.invoke(app(), ["packs", "explain", str(file)]).exception, UsageError)
    assert isinstance(RUNNER.invoke(app(), ["packs", "explain", "/nowhere"]).exception, UsageError)


def test_backtest_shows_what_is_gained_and_lost(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for folder in (before, after):
        folder.mkdir()
    (before / "storms.yaml").write_text(SMALL_PACK)
    (after / "storms.yaml").write_text(SMALL_PACK.replace("[storm, hurricane]", "[hurricane, gale]"))
    rows = [
        {"id": "1", "text": "A storm struck Japan.", "first_seen_at": "2026-03-01T10:00:00Z"},
        {"id": "2", "text": "A gale struck Japan.", "first_seen_at": "2026-03-02T10:00:00Z"},
        {"id": "3", "text": "A hurricane struck Cuba.", "first_seen_at": "2026-03-02T11:00:00Z"},
        {"id": "4", "text": "A gale struck Chile.", "first_seen_at": "2026-02-01T11:00:00Z"},
    ]
    file = tmp_path / "past.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    options = ["--packs", str(after), "--in-force", str(before), "--file", str(file), "--since", "2026-03-01"]
    report = json.loads(RUNNER.invoke(app(), ["packs", "backtest", *options, "--json"]).stdout)
    (topic,) = report["topics"]
    assert report["articles"] == 3
    assert (topic["days"], topic["tags_before"], topic["tags_after"]) == (2, 2, 2)
    assert [c["id"] for c in topic["gained"]] == ["2"]
    assert [c["quote"] for c in topic["lost"]] == ["A storm struck Japan."]
    shown = RUNNER.invoke(app(), ["packs", "backtest", *options]).stdout
    assert "+ storms 2026-03-02 2" in shown
    assert "- storms 2026-03-01 1" in shown
    wrong = RUNNER.invoke(app(), ["packs", "backtest", "--since", "yesterday", "--file", str(file)])
    assert isinstance(wrong.exception, UsageError)


def test_one_pack_that_is_tried_beside_the_others_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "storms.yaml").write_text(SMALL_PACK)
    file = tmp_path / "past.jsonl"
    file.write_text("\n".join(map(json.dumps, [PACT, {"id": "s", "text": "A storm struck Japan."}])))
    options = ["packs", "backtest", "--add", str(tmp_path / "storms.yaml"), "--file", str(file), "--json"]
    (topic,) = json.loads(RUNNER.invoke(app(), options).stdout)["topics"]
    assert (topic["topic"], topic["before"], topic["gained_total"], topic["lost_total"]) == ("storms", None, 1, 0)
    both = RUNNER.invoke(app(), [*options, "--packs", str(tmp_path)])
    assert isinstance(both.exception, UsageError)
