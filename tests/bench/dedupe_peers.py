"""Speed and recall beside the usual near-duplicate libraries, on the same real texts.

``pip install datasketch rensa``, then ``python -m tests.bench.dedupe_peers [redis://127.0.0.1:6379/9]``: sketches a
second for each; look-up and insert a second for datasketch's MinHashLSH in memory and in Redis (of the last 200
texts) and for ours in process; and beside the speed the share of four kinds of edited copies each finds.
"""

from __future__ import annotations

import json
import random
import sys
import time
import zlib
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

from services.cli.dedupe import Judge
from services.deduper.core.sketch import sketch
from services.deduper.core.text import encoded_words, fold, tokens
from services.deduper.core.verdict import New
from tests.bench.dedupe_edits import EDITS, Wrapper
from tests.bench.eval_dedupe import BASE, DATA, Row, article, load

PERMUTATIONS = 128
THRESHOLD = 0.5  # of Jaccard: lower makes MinHashLSH slower and joins shared boilerplate
SHOWN = ("first half kept", "first 30 % kept", "+150 words of boilerplate", "combo")


class Index(Protocol):
    """Says whether a text was known, and takes it in."""

    def __call__(self, row: Row, known: bool) -> bool: ...


def shingles(text: str) -> list[str]:
    """Three-word shingles, as ours are."""
    words = tokens(text)
    return [" ".join(words[at : at + 3]) for at in range(max(1, len(words) - 2))]


def timed(rows: list[Row], make: Callable[[str], object]) -> float:
    """Texts a second."""
    started = time.perf_counter()
    for row in rows:
        make(row["text"])
    return len(rows) / (time.perf_counter() - started)


def datasketch_minhash(text: str) -> Any:
    """A datasketch MinHash of a text."""
    from datasketch import MinHash

    made = MinHash(num_perm=PERMUTATIONS)
    made.update_batch([shingle.encode() for shingle in shingles(text)])
    return made


def rensa_minhash(text: str) -> Any:
    """A rensa R-MinHash of a text."""
    from rensa import RMinHash

    made = RMinHash(num_perm=PERMUTATIONS, seed=1)
    made.update(shingles(text))
    return made


def lsh(storage: dict[str, Any] | None) -> Index:
    """datasketch's MinHashLSH."""
    from datasketch import MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, storage_config=storage)

    def check(row: Row, known: bool) -> bool:
        made = datasketch_minhash(row["text"])
        found = bool(index.query(made))
        if not known:
            index.insert(row["id"], made)
        return found

    return check


def rensa_lsh() -> Index:
    """rensa's LSH, with bands for the same threshold."""
    from rensa import RMinHashLSH

    index = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=32)
    count = iter(range(10**9))

    def check(row: Row, known: bool) -> bool:
        made = rensa_minhash(row["text"])
        found = bool(index.query(made))
        if not known:
            index.insert(next(count), made)
        return found

    return check


def ours() -> Index:
    """The index in process, event rule included."""
    judge = Judge()

    def check(row: Row, known: bool) -> bool:
        return not isinstance(judge(article(row)).verdict, New)

    return check


def measure(index: Index, texts: list[Row], wrapper: Wrapper) -> Row:
    """Checks and inserts a second, and recall of the shown edits."""
    started = time.perf_counter()
    for row in texts:
        index(row, known=False)
    speed = len(texts) / (time.perf_counter() - started)
    found: Row = {"checks and inserts a second": round(speed)}
    for name in SHOWN:
        hits = 0
        for row in texts[:200]:
            draw = random.Random(zlib.crc32(f"{name}{row['id']}".encode()))
            text = EDITS[name](row["text"], draw, wrapper)
            hits += index({"id": f"{name}-{row['id']}", "title": "", "text": text}, known=True)
        found[name] = hits / min(200, len(texts))
    return found


def main() -> None:
    """Print JSON."""
    if not DATA.is_dir():
        sys.exit(f"The texts to measure with are not at {DATA}.")
    texts, wrapper = load("dedupe/texts.jsonl"), Wrapper([row["text"] for row in load("topics/random_news.jsonl")])
    found: dict[str, Any] = {
        "sketches a second": {
            "ours": round(timed(texts, lambda text: sketch(encoded_words(fold(text))))),
            "datasketch": round(timed(texts[:BASE], datasketch_minhash)),
            "rensa": round(timed(texts, rensa_minhash)),
        },
        "ours in process": measure(ours(), texts[:BASE], wrapper),
        "datasketch in process": measure(lsh(None), texts[:BASE], wrapper),
        "rensa in process": measure(rensa_lsh(), texts[:BASE], wrapper),
    }
    if len(sys.argv) > 1:
        address = urlsplit(sys.argv[1])
        server = {"host": address.hostname, "port": address.port, "db": int(address.path.lstrip("/") or 0)}
        storage = {"type": "redis", "basename": f"dedupe-peers-{time.time_ns()}".encode(), "redis": server}
        found["datasketch on Redis"] = measure(lsh(storage), texts[:200], wrapper)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
