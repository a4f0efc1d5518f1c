"""``wirewatch archive``, ``search`` and ``brief``: what they find, prove, write and refuse."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs
from typer.testing import CliRunner

from services.cli.app import build
from services.contracts import codec, topics
from services.contracts.messages import AlertEvidence, Difference, PageChange, Recheck
from services.runtime.errors import UsageError
from services.runtime.messages.delivery import Delivery
from tests.support.archive import Archive, a_tagged, an_alert_of


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "archive.db"

    async def fill() -> None:
        service = Archive(path)
        first = a_tagged(1, title="Navy <i>seizes</i> tanker", text="The frigate stopped the tanker at dawn.")
        second = a_tagged(2, title="Tanker released", summary="It sailed on.", text="")
        await service.take(first, second, an_alert_of([first, second]), an_alert_of([first, second], revision=2))
        service.file.close()

    asyncio.run(fill())
    monkeypatch.setenv("WIREWATCH_ARCHIVE_FILE", str(path))
    return path


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(build(), list(arguments))
    if isinstance(done.exception, UsageError):
        raise done.exception
    return done.exit_code, done.output


def alert_id() -> str:
    return an_alert_of([a_tagged(1, title="Navy <i>seizes</i> tanker")]).id


def damage(path: Path, statement: str) -> None:
    db = sqlite3.connect(path)
    with db:
        db.execute(statement)
    db.close()


def test_every_quote_of_every_revision_stands(file: Path) -> None:
    assert run("archive", "verify") == (0, "6 quotes checked, 6 stand in the stored texts, 0 do not.\n")
    code, shown = run("archive", "verify", "--json", "--since", "2099-01-01")
    assert (code, json.loads(shown)) == (
        0,
        {"quotes": 0, "stand": 0, "gone": 0, "missing": 0, "changed": 0, "message": 0},
    )


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE articles SET title = 'Nothing' WHERE title LIKE 'Tanker%'", "no stored version of the article has"),
        ("UPDATE documents SET text = text || '!' WHERE text <> ''", "the stored text does not have the hash"),
        ("UPDATE revisions SET message = replace(message, 'high', 'low')", "the stored alert does not have the hash"),
        ("DELETE FROM articles WHERE title LIKE 'Tanker%'", "the article is not in the archive"),
    ],
)
def test_what_was_tampered_with_is_named(file: Path, statement: str, said: str) -> None:
    damage(file, statement)
    code, shown = run("archive", "verify")
    assert code == 1
    assert said in shown


def test_a_quote_that_stands_nowhere_is_found(file: Path) -> None:
    wrong = AlertEvidence(
        article_id=a_tagged(1).article.id, topic="t", field="text", start=0, end=3, quote="Two", rule="r"
    )
    alert = an_alert_of([a_tagged(1)], revision=3, evidence=(wrong,))

    async def take() -> None:
        service = Archive(file)
        await service.handler.handle([Delivery(topics.ALERTS, 0, 99, None, codec.encode(alert))])
        service.file.close()

    asyncio.run(take())
    code, shown = run("archive", "verify")
    assert code == 1
    assert "“Two”: no stored version of the article has these words at this place." in shown


def test_a_stranger_verifies_an_export_with_python_alone(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "proof"
    code, shown = run("archive", "export", alert_id()[:8], "--to", str(folder))
    assert code == 0
    assert "python3 verify.py alert.json" in shown
    verify = [sys.executable, "-I", "verify.py", "alert.json"]
    done = subprocess.run(verify, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (
        0,
        f"2 revisions, 2 texts of alert {alert_id()}: all of it stands.\n",
    )
    page = (folder / "alert.html").read_text()
    assert "Navy &lt;i&gt;seizes&lt;/i&gt; tanker" in page
    assert "<i>" not in page
    exported = folder / "alert.json"
    exported.write_text(exported.read_text().replace("at dawn", "at noon"))
    done = subprocess.run(verify, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "does not have its SHA-256." in done.stdout


def test_what_a_page_became_is_in_the_proof_and_the_brief_and_every_quote_still_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "archive.db"
    monkeypatch.setenv("WIREWATCH_ARCHIVE_FILE", str(path))
    first = a_tagged(1, title="Navy seizes tanker", text="Three ships were stopped at dawn.")
    looked_at = first.article.fetched_at + timedelta(days=1)
    change = PageChange(
        outcome="changed",
        looked_at=looked_at,
        first_looked_at=first.article.fetched_at,
        differences=(Difference(before="Three <ships>", after="Two <ships>"),),
    )
    recheck = Recheck(**structs.asdict(change), story_id=first.story_id)
    again = structs.replace(
        first.article, text="Only two ships were stopped.", content_hash="again", fetched_at=looked_at, recheck=recheck
    )
    alert = an_alert_of([first])
    (source,) = alert.sources
    revised = structs.replace(
        an_alert_of([first], revision=2), sources=(structs.replace(source, changed=change),), last_updated=looked_at
    )

    async def fill() -> None:
        service = Archive(path)
        await service.take(first, alert, structs.replace(first, article=again), revised)
        service.file.close()

    asyncio.run(fill())
    assert run("archive", "verify") == (0, "4 quotes checked, 4 stand in the stored texts, 0 do not.\n")
    folder = tmp_path / "proof"
    assert run("archive", "export", alert.id, "--to", str(folder))[0] == 0
    verify = [sys.executable, "-I", "verify.py", "alert.json"]
    done = subprocess.run(verify, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == f"2 revisions, 2 texts of alert {alert.id}: all of it stands.\n"
    page = (folder / "alert.html").read_text()
    assert f"Page changed on {looked_at:%Y-%m-%d}: “Three &lt;ships&gt;” → “Two &lt;ships&gt;”" in page
    assert page.count("<mark>") >= 2
    damage(path, "UPDATE alerts SET last_updated = strftime('%Y-%m-%dT%H:%M:%SZ')")
    _, brief = run("brief")
    assert f"changed on {looked_at:%Y-%m-%d}: “Three" in brief.replace("\\", "")


@pytest.mark.parametrize(
    ("asked", "said"), [("ffff", "The archive has no alert ffff."), ("../x", "is no id of an alert")]
)
def test_an_alert_that_is_not_there_is_named(file: Path, asked: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        run("archive", "export", asked)


def test_a_search_in_the_terminal(file: Path) -> None:
    code, shown = run("search", "tanker", "dawn")
    assert code == 0
    assert "frigate stopped" in shown.replace("\n", " ")
    lines = run("search", "tanker", "--json", "--best")[1].splitlines()
    assert {json.loads(line)["title"]["text"] for line in lines} == {"Navy <i>seizes</i> tanker", "Tanker released"}
    assert "Nothing in the archive matches." in run("search", "nothing")[1]


def test_a_search_as_a_watch(file: Path) -> None:
    code, shown = run("search", "tanker", "--actor", "RUS", "--min-severity", "high", "--watch", "Tankers")
    assert code == 0
    assert shown.startswith("- id: tankers\n  name: Tankers\n  when:\n    actors:\n    - RUS\n    min_severity: high\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["search", '"tanker'], "Character 1: this quotation mark has no second one."),
        (["search", "a", "--min-severity", "huge"], "min_severity is 'huge': give one of low, medium"),
        (["search", "a", "--archive", "/nowhere/archive.db"], "There is no archive at /nowhere/archive.db"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(file: Path, arguments: list[str], said: str) -> None:
    with pytest.raises(Exception, match=said):
        run(*arguments)


def test_a_brief_has_the_alerts_and_their_sources(file: Path) -> None:
    damage(file, "UPDATE alerts SET last_updated = strftime('%Y-%m-%dT%H:%M:%SZ')")
    code, shown = run("brief")
    assert code == 0
    assert "1 alerts: 1 high." in shown
    assert "[Tanker released](https://news.example/2)" in shown


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # apprise looks for it
def test_a_brief_goes_to_a_channel_of_the_watch_file_and_to_no_other(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watches = tmp_path / "watches.yaml"
    watches.write_text(
        "format: 1\nchannels:\n- {id: desk-log, kind: log}\n- {id: mail, kind: apprise, url: 'json://127.0.0.1:1/x'}\n"
        "watches: []\n"
    )
    monkeypatch.setenv("WIREWATCH_NOTIFIER_WATCHES", str(watches))
    with pytest.raises(UsageError, match="has no channel 'desk-log' of the kind apprise"):
        run("brief", "--channel", "desk-log")
    with pytest.raises(UsageError, match="The channel mail has not taken it: "):
        run("brief", "--channel", "mail")
