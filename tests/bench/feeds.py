"""Agreement of ``wirewatch parse`` with what the authors of other feed parsers expect of their own test feeds.

Run as ``make eval-feeds``. Needs ``../shared/eval/feeds`` beside the checkout and says so where it is absent. For every
file whose author wrote down what a parser should find, the fields an article has are compared: title, link, guid,
text (as text, not as markup), authors and dates. Prints a table, and with ``--all`` every difference.
"""

from __future__ import annotations

import argparse
import ast
import calendar
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.poller.core import dates
from services.poller.core.text import from_html

ROOT = Path(__file__).resolve().parents[2]
FEEDS = ROOT.parent / "shared" / "eval" / "feeds"
BASE = "http://base.invalid/"

Expected = dict[str, Any]  # field -> value, of one entry


@dataclass
class Case:
    """One file and what its author expects of its entries; None where an entry count is not given."""

    peer: str
    path: Path
    entries: list[Expected]
    counted: bool = True


@dataclass
class Score:
    """Checks agreed and not, by field, and the differences themselves."""

    agreed: Counter[str] = field(default_factory=Counter)
    differ: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)


def main() -> None:
    """Print the report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--all", action="store_true", help="print every difference")
    options.add_argument("--peer", help="only this peer")
    chosen = options.parse_args()
    if not FEEDS.is_dir():
        sys.exit(f"{FEEDS} is absent: the feeds to compare with are not part of the repository.")
    cases = [case for case in _cases() if chosen.peer in (None, case.peer)]
    articles, errors = _parsed([case.path for case in cases])
    scores: dict[str, Score] = defaultdict(Score)
    for case in cases:
        _compare(case, articles.get(str(case.path), []), errors.get(str(case.path)), scores[case.peer])
    for peer, score in scores.items():
        total = score.agreed.total() + score.differ.total()
        print(f"{peer}: {score.agreed.total()} of {total} checks agree")
        for name in sorted(score.agreed | score.differ):
            print(f"  {name:10} {score.agreed[name]:5} of {score.agreed[name] + score.differ[name]}")
        for line in score.lines if chosen.all else ():
            print("    " + line)


def _cases() -> Iterator[Case]:
    yield from _feedparser()
    yield from _gofeed()
    yield from _feed_rs()


def _parsed(paths: list[Path]) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
    articles: dict[str, list[dict[str, Any]]] = defaultdict(list)
    errors: dict[str, str] = {}
    command = [sys.executable, "-m", "services.cli", "parse", "--base-url", BASE, *map(str, paths)]
    run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False)
    if run.returncode not in (0, 1):
        sys.exit(f"wirewatch parse ended with exit code {run.returncode}")
    for line in run.stdout.splitlines():
        found = json.loads(line)
        if "error" in found:
            errors[found["file"]] = f"{found['error']['class']}: {found['error']['message']}"
        else:
            articles[found["feed"]["url"]].append(found)
    return articles, errors


def _compare(case: Case, articles: list[dict[str, Any]], error: str | None, score: Score) -> None:
    name = str(case.path.relative_to(FEEDS))
    if case.counted and len(articles) != len(case.entries):
        score.differ["entries"] += 1
        score.lines.append(f"{name}: {len(articles)} articles, expected {len(case.entries)} ({error or 'no error'})")
        return
    score.agreed["entries"] += case.counted
    for expected, article in zip(case.entries, articles or [{}] * len(case.entries), strict=False):
        for key, value in expected.items():
            if _agrees(key, value, article):
                score.agreed[key] += 1
            else:
                score.differ[key] += 1
                mine = {k: article.get(k) for k in _FIELDS[key]}
                score.lines.append(
                    f"{name}: {key} expected {str(value)[:200]!r}, found {str(mine)[:400]} {error or ''}"
                )


_FIELDS = {
    "title": ("title",),
    "link": ("url",),
    "guid": ("guid",),
    "text": ("text", "summary"),
    "authors": ("authors",),
    "published": ("published_at", "published_raw"),
    "updated": ("updated_at",),
}


def _agrees(key: str, value: Any, article: dict[str, Any]) -> bool:
    if key in ("title", "text"):
        return any(_same_text(value, article.get(name)) for name in _FIELDS[key]) or (
            not _text(value) and key == "title"  # an untitled entry is titled by its text
        )
    if key == "link":
        return bool(_same_url(value, article.get("url")))
    if key == "guid":
        return bool((article.get("guid") or "").strip() == " ".join(str(value).split())) or len(value) > 500
    if key == "authors":
        return set(map(_text, value)) == set(map(_text, article.get("authors") or ()))
    found = article.get(_FIELDS[key][0])
    return found is not None and abs((datetime.fromisoformat(found) - value).total_seconds()) < 1


def _same_text(value: Any, found: Any) -> bool:
    wanted, mine = _text(value), _text(found)
    return wanted == mine or (len(mine) >= 4900 and wanted.startswith(mine))


def _text(value: Any) -> str:
    text = from_html(from_html(str(value or "")))
    return "".join(text.split())


def _same_url(value: str, found: str | None) -> bool:
    return "".join(value.split()) in (found, (found or "").removeprefix(BASE), (found or "").rstrip("/"))


# feedparser: a comment in each file holds a Python expression

_COMPARISON = re.compile(r"""entries\[(\d)\](?:\['(\w+)'\]|\.(\w+))(?:\[(\d)\]\['value'\])? == (.+)$""", re.DOTALL)
_EXPECT = re.compile(rb"Expect:\s*(.*?)\s*-->", re.DOTALL)
_FEEDPARSER_KEYS = {
    "title": "title", "link": "link", "id": "guid", "guid": "guid", "description": "text", "summary": "text",
    "content": "text", "author": "authors", "published_parsed": "published", "updated_parsed": "updated",
    "created_parsed": "published",
}  # fmt: skip


def _feedparser() -> Iterator[Case]:
    for path in sorted((FEEDS / "feedparser").rglob("*.xml")):
        found = _EXPECT.search(path.read_bytes())
        if found is None or b"Header:" in path.read_bytes()[:2000]:
            continue  # what depends on HTTP headers cannot be told from a file
        entries: dict[int, Expected] = defaultdict(dict)
        for part in re.split(r"\s+and\s+(?=entries|not|bozo)", found[1].decode("utf-8", "replace")):
            match = _COMPARISON.search(part.strip())
            key = _FEEDPARSER_KEYS.get((match[2] or match[3]) if match else "")
            value = _literal(match[5]) if match else None
            if match is None or key is None or value is None:
                continue
            if key in ("published", "updated"):
                value = datetime.fromtimestamp(calendar.timegm(value), UTC) if isinstance(value, tuple) else None
            elif key == "authors":
                value = [_person(value)]
            if value is not None:
                entries[int(match[1])][key] = value
        if entries:
            yield Case("feedparser", path, [entries[index] for index in range(max(entries) + 1)], counted=False)


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None


def _person(text: str) -> str:
    return re.sub(r"\s*\([^()]*@[^()]*\)$", "", text)


# gofeed: a .json beside each file, in the model of that format or in the universal one


def _gofeed() -> Iterator[Case]:
    readers: dict[str, Callable[[dict[str, Any]], list[Expected]]] = {
        "translator": lambda model: [_universal(item) for item in model.get("items") or ()],
        "rss": lambda model: [_gofeed_rss(item) for item in model.get("items") or ()],
        "atom": lambda model: [_gofeed_atom(entry) for entry in model.get("entries") or ()],
    }
    for path in sorted((FEEDS / "gofeed").rglob("*.json")):
        source = next((path.with_suffix(s) for s in (".xml", ".rss", ".atom") if path.with_suffix(s).is_file()), None)
        kind = "translator" if "translator" in path.parts else path.parent.name
        if source is None or kind not in readers or "json" in path.parent.name:
            continue
        model = json.loads(path.read_bytes())
        if isinstance(model, dict):
            yield Case("gofeed", source, readers[kind](model))


def _universal(item: dict[str, Any]) -> Expected:
    found = _plain(item, title="title", link="link", guid="guid")
    bodies = [item.get("content"), item.get("description")]
    return found | _more(bodies, item.get("authors"), item.get("publishedParsed"), item.get("updatedParsed"))


def _gofeed_rss(item: dict[str, Any]) -> Expected:
    found = _plain(item, title="title", link="link")
    guid = (item.get("guid") or {}).get("value")
    bodies = [item.get("content"), item.get("description")]
    return found | ({"guid": guid} if guid else {}) | _more(bodies, None, item.get("pubDateParsed"), None)


def _gofeed_atom(entry: dict[str, Any]) -> Expected:
    found = _plain(entry, title="title", guid="id")
    links = [link.get("href") for link in entry.get("links") or () if link.get("rel") == "alternate"]
    bodies = [(entry.get("content") or {}).get("value"), entry.get("summary")]
    link = {"link": links[0]} if links and links[0] else {}
    people = entry.get("authors")
    return found | link | _more(bodies, people, entry.get("publishedParsed"), entry.get("updatedParsed"))


def _plain(item: dict[str, Any], **names: str) -> Expected:
    return {key: item[name] for key, name in names.items() if isinstance(item.get(name), str) and item[name].strip()}


def _more(bodies: list[Any], people: Any, published: Any, updated: Any) -> Expected:
    found: Expected = {}
    texts = [body for body in bodies if isinstance(body, str) and body.strip()]
    if texts:
        found["text"] = max(texts, key=lambda text: len(_text(text)))
    names = [person.get("name") or person.get("email") for person in people or () if isinstance(person, dict)]
    if any(names):
        found["authors"] = [name for name in names if name]
    for key, value in (("published", published), ("updated", updated)):
        moment = dates.parse(value) if isinstance(value, str) else None
        if moment is not None:
            found[key] = moment
    return found


# feed-rs: .serde.json beside each file


def _feed_rs() -> Iterator[Case]:
    for path in sorted((FEEDS / "feed-rs").rglob("*.serde.json")):
        stem = path.name.removesuffix(".serde.json")
        source = next((path.with_name(stem + s) for s in (".xml", ".json") if path.with_name(stem + s).is_file()), None)
        if source is not None:
            model = json.loads(path.read_bytes())
            yield Case("feed-rs", source, [_serde(entry) for entry in model.get("entries") or ()])


def _serde(entry: dict[str, Any]) -> Expected:
    found: Expected = {}
    title = (entry.get("title") or {}).get("content")
    if title:
        found["title"] = title
    links = [link for link in entry.get("links") or () if link.get("rel") in (None, "alternate")]
    if links:
        found["link"] = links[0]["href"]
    bodies = [(entry.get("content") or {}).get("body"), (entry.get("summary") or {}).get("content")]
    return found | _more(bodies, entry.get("authors"), entry.get("published"), entry.get("updated"))


if __name__ == "__main__":
    main()
