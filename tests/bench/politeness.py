"""The politeness report: simulated weeks against publishers that judge (``make politeness``). No breach may be left."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from services.runtime.process import logging
from tests.support.politeness import BREACHES, simulate, world


def main() -> None:
    """Print the report; exit code 1 where any publisher has reason to complain."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--days", type=float, default=30)
    options.add_argument("--copies", type=int, default=3, help="publishers of each kind")
    chosen = options.parse_args()
    logging.configure(service="poller", log_format="console", log_level="error")
    started = time.perf_counter()
    report = asyncio.run(simulate(world(chosen.copies), days=chosen.days))
    web = report.web
    print(f"{report.feeds} feeds, {report.days:g} simulated days, {time.perf_counter() - started:.0f} s of ours")
    print(f"requests {web.total}; first of a feed {web.first}; conditional {web.conditional}")
    print(f"unconditional though it could not be helped (no validator given, or 8 days over) {web.fair}")
    print(f"conditional share of the others {100 * report.conditional_share:.2f} %")
    print(f"requests per feed and day {web.total / report.feeds / report.days:.1f}; articles {report.published:.0f}")
    for what in BREACHES:
        print(f"  {what:36} {web.breaches[what]}")
    for kind, counts in sorted(web.by_kind.items()):
        print(f"  {kind:22} " + ", ".join(f"{name} {count}" for name, count in counts.most_common()))
    sys.exit(bool(web.breaches))


if __name__ == "__main__":
    main()
