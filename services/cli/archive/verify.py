"""Checks an alert that `wirewatch archive export` wrote, with Python 3 and nothing else: python3 verify.py alert.json

The text of every source has the SHA-256 that stands beside it, and so has every revision of the alert; and every quote
of every revision stands in the text that it is said to be from, at the very place.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FIELDS = ("title", "summary", "text")


def problems_of(export: dict[str, Any]) -> Iterator[str]:
    """Every problem, as a sentence; none means that all of it stands."""
    texts: dict[str, list[dict[str, str]]] = {}
    for article in export["articles"]:
        if sha256("\0".join(article[field] for field in FIELDS)) != article["sha256"]:
            yield f"The text of article {article['id']} does not have its SHA-256."
        texts.setdefault(article["id"], []).append(article)
    for revision in export["revisions"]:
        if sha256(revision["message"]) != revision["sha256"]:
            yield f"Revision {revision['revision']} does not have its SHA-256."
        alert = json.loads(revision["message"])
        for quote in [*alert["evidence"], *alert.get("events", [])]:
            field, start, end = quote["field"], quote["start"], quote["end"]
            if not any(text[field][start:end] == quote["quote"] for text in texts.get(quote["article_id"], [])):
                where = f"in the {field} of article {quote['article_id']} at {start}"
                yield f"Revision {alert['revision']}: “{quote['quote']}” does not stand {where}."


def sha256(text: str) -> str:
    """The digest of a text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def main(path: str) -> int:
    """Print what is wrong, and a last line that says whether all of it stands."""
    export = json.loads(Path(path).read_text(encoding="utf-8"))
    found = list(problems_of(export))
    for problem in found:
        print(problem)
    count = f"{len(export['revisions'])} revisions, {len(export['articles'])} texts"
    print(f"{count} of alert {export['alert_id']}: {'NOT all of it stands' if found else 'all of it stands'}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
