"""The proof of one alert, for somebody who has no Wirewatch: JSON with texts and hashes, a page to read, a script."""

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any, Final

import msgspec

from services.archive_store.database import reading
from services.archive_store.reader import articles_of, revisions_of
from services.contracts import codec
from services.contracts.events import summary_of
from services.contracts.messages import Alert, AlertEvent, AlertEvidence, PageChange
from services.contracts.rechecks import in_words
from services.runtime.errors import UsageError

_ID = re.compile("[0-9a-f]{4,24}")
_SCRIPT: Final = Path(__file__).with_name("verify.py")
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}"
    "mark{background:#fff0bd}code{overflow-wrap:anywhere}pre{white-space:pre-wrap;border-left:3px solid #d5dce3;"
    "padding-left:.8rem;font:inherit}dt{font-weight:600}"
)


def write(archive: Path, alert: str, to: Path | None, now: datetime) -> tuple[Path, str]:
    """Write the folder; (where, the SHA-256 of alert.json). Raises :class:`UsageError`."""
    if not _ID.fullmatch(alert):
        raise UsageError(f"{alert!r} is no id of an alert: give its 24 hexadecimal characters, or at least 4 of them.")
    with reading(archive) as db:
        found = db.execute("SELECT id FROM alerts WHERE id >= ? AND id < ? LIMIT 2", (alert, alert + "g")).fetchall()
        if not found:
            raise UsageError(f"The archive has no alert {alert}.")
        if len(found) > 1:
            raise UsageError(f"Several alerts begin with {alert}: give more of the id.")
        alert_id = str(found[0][0])
        revisions, articles = revisions_of(db, alert_id), articles_of(db, alert_id)
    exported = {
        "format": 1,
        "alert_id": alert_id,
        "exported_at": now.isoformat(),
        "revisions": revisions,
        "articles": [{**article, "record": json.loads(article["record"])} for article in articles],
    }
    folder = to or Path(f"wirewatch-{alert_id}")
    body = json.dumps(exported, ensure_ascii=False, indent=1).encode()
    latest = codec.decode(revisions[-1]["message"].encode(), Alert)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "alert.json").write_bytes(body)
        (folder / "alert.html").write_text(_page(latest, revisions, articles, now), encoding="utf-8")
        shutil.copyfile(_SCRIPT, folder / "verify.py")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}. Give another folder with --to.") from None
    return folder, hashlib.sha256(body).hexdigest()


def _page(
    alert: Alert, revisions: Sequence[Mapping[str, Any]], articles: Sequence[Mapping[str, Any]], now: datetime
) -> str:
    """The alert to read. All that came from the world is escaped, and the page may load nothing and run nothing."""
    title = escape(alert.headline or "An alert")
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><style>{_STYLE}</style></head><body><main>',
        f"<h1>{title}</h1>",
        f"<p>Alert <code>{alert.id}</code>, revision {alert.revision}: severity {alert.severity}, {alert.state}, ",
        f"first seen {alert.first_seen:%Y-%m-%d %H:%M} UTC. Exported {now:%Y-%m-%d %H:%M} UTC. To check this folder: ",
        "<code>python3 verify.py alert.json</code></p>",
        _list("What was read", (summary_of(event) for event in alert.events)),
        _list("Why", alert.severity_reasons),
        "<h2>Sources</h2>",
        *(_source(alert, article) for article in articles),
        "<h2>Revisions</h2><dl>",
        *(_revision(revision) for revision in revisions),
        "</dl></main></body></html>\n",
    ]
    return "\n".join(parts)


def _source(alert: Alert, article: Mapping[str, Any]) -> str:
    told: tuple[AlertEvidence | AlertEvent, ...] = (*alert.evidence, *alert.events)
    quotes = [
        one for one in told if one.article_id == article["id"] and article[one.field][one.start : one.end] == one.quote
    ]  # of several versions it may stand in one only
    recheck = json.loads(article["record"])["article"].get("recheck")
    change = f"<p>Page {escape(in_words(msgspec.convert(recheck, PageChange)))}</p>" if recheck else ""
    url = str(article["url"] or "")
    address = f'<a href="{escape(url)}" rel="noreferrer">{escape(url)}</a>' if url.startswith("http") else escape(url)
    text = _marked(article["text"], [(q.start, q.end) for q in quotes if q.field == "text"])
    head = _marked(article["title"], [(q.start, q.end) for q in quotes if q.field == "title"])
    summary = _marked(article["summary"], [(q.start, q.end) for q in quotes if q.field == "summary"])
    return (
        f"<section><h3>{head}</h3><p>{escape(article['outlet'])}, published {escape(article['published_at'] or '—')}, "
        f"first seen {escape(article['first_seen_at'])}<br>{address}<br>SHA-256 <code>{article['sha256']}</code></p>"
        f"{change}<pre>{summary}</pre><pre>{text}</pre></section>"
    )


def _marked(text: str, places: Iterable[tuple[int, int]]) -> str:
    """``text`` escaped, with the places marked; where they overlap, they are one."""
    made, at = [], 0
    for start, end in sorted(places):
        start, end = max(start, at), min(end, len(text))
        if start < end:
            made += [escape(text[at:start]), f"<mark>{escape(text[start:end])}</mark>"]
            at = end
    return "".join([*made, escape(text[at:])])


def _revision(revision: Mapping[str, Any]) -> str:
    told = json.loads(revision["message"])
    changes = "; ".join(
        f"{one['kind']}: {one.get('before') or '—'} → {one.get('after') or '—'}" for one in told["changes"]
    )
    done = "; ".join(f"{one.get('by')} {one.get('kind')} {one.get('text') or ''}" for one in told.get("actions", ()))
    return (
        f"<dt>{revision['revision']} · {escape(revision['last_updated'])}</dt>"
        f"<dd>{escape(changes or 'first')} {escape(done)}<br>SHA-256 <code>{revision['sha256']}</code></dd>"
    )


def _list(title: str, items: Iterable[str]) -> str:
    made = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<h2>{title}</h2><ul>{made}</ul>" if made else ""
