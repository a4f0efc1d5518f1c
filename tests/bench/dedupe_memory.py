"""Whether the deduper's process grows: ``python -m tests.bench.dedupe_memory --articles 1000000``.

Invented texts, each with words that no other has, are read and learnt in this process as the handler does; Redis
keeps the rest. Prints the resident memory on the way as JSON lines.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from services.deduper.core.fingerprint import fingerprint
from services.deduper.vocabularies import Vocabularies
from services.runtime.process.run import settle
from tests.bench import corpus

WORDS = 80
STEPS = (1_000, 10_000, 50_000, 200_000, 500_000, 1_000_000)


def resident_mb() -> float:
    """What the process holds of memory now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6


def main() -> None:
    """Read so many articles, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1_000_000)
    given = parser.parse_args()
    vocabulary = Vocabularies().of("en")
    settle()
    read, seed = 0, 0
    while read < given.articles:
        seed += 1
        drawn = list(corpus.items(1000, seed=random.Random(seed).getrandbits(32), words=WORDS))
        for item in drawn:
            vocabulary.learn(fingerprint(item.article, vocabulary).word_counts)
        read += len(drawn)
        if read in STEPS or read >= given.articles:
            print(json.dumps({"articles": read, "resident_mb": round(resident_mb())}), flush=True)


if __name__ == "__main__":
    main()
