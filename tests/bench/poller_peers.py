"""Other feed readers on the same local feeds, for ``tests.bench.poller --reader ... --miniflux ...``.

- the Python library ``reader``: ``python -m venv X && X/bin/pip install reader``, then ``--reader X/bin/python``. Its
  store is SQLite, in its own process
- Miniflux: ``go build`` in a checkout of github.com/miniflux/v2, then ``--miniflux PATH/miniflux.app --database URL``
  with an empty PostgreSQL database on this machine (and ``psql``). It is run as ``miniflux -refresh-feeds``; its feeds
  have an icon from the start, so that it does not look for one

CPU seconds are those of the reader's processes and of its store; the feed server's are never counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")

_READER = """
import json, resource, sys, time
from reader import make_reader
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
def timed():
    started, used = time.perf_counter(), cpu()
    for _ in reader.update_feeds_iter(workers=8, scheduled=False): pass
    return time.perf_counter() - started, cpu() - used
plan = json.load(open(sys.argv[2]))
reader = make_reader(sys.argv[1])
for url in plan["small"]: reader.add_feed(url)
timed()
found = {"304": timed()}
for url in plan["small"]: reader.disable_feed_updates(url)
for url in plan["large"]: reader.add_feed(url)
found["200"] = timed()
found["entries"] = reader.get_entry_counts().total
found["failed"] = sum(feed.last_exception is not None for feed in reader.get_feeds())
print(json.dumps(found))
"""

_USER = """
insert into users (username, password, is_admin) values ('bench', '', true);
insert into categories (user_id, title) select min(id), 'All' from users;
insert into integrations (user_id) select min(id) from users;
insert into icons (hash, mime_type, content, external_id) values ('none', 'image/png', '', 'none');
"""
_SUBSCRIBE = r"""
create temporary table given (url text);
copy given from stdin;
ADDRESSES
\.
insert into feeds (user_id, category_id, title, feed_url, site_url, next_check_at)
select (select min(id) from users), (select min(id) from categories), 'bench', url, url, now() - interval '1 hour'
from given;
insert into feed_icons (feed_id, icon_id)
select id, (select min(id) from icons) from feeds on conflict do nothing;
"""


@dataclass(frozen=True, slots=True)
class Phase:
    """What polling some feeds once cost."""

    feeds: int
    seconds: float
    cpu_seconds: float
    store_cpu_seconds: float = 0.0

    def per_cpu_second(self) -> float:
        return self.feeds / (self.cpu_seconds + self.store_cpu_seconds)

    def shown(self) -> dict[str, float]:
        return {
            "feeds": self.feeds,
            "seconds": round(self.seconds, 1),
            "cpu_s": round(self.cpu_seconds, 1),
            "store_cpu_s": round(self.store_cpu_seconds, 1),
            "per_cpu_s": round(self.per_cpu_second(), 1),
        }


@dataclass(frozen=True, slots=True)
class Peer:
    """Both phases of one reader, and how many entries it holds after them."""

    not_modified: Phase
    full: Phase
    entries: int
    failed: int

    def shown(self) -> dict[str, object]:
        return {
            "304": self.not_modified.shown(), "200": self.full.shown(), "entries": self.entries, "failed": self.failed,
        }  # fmt: skip


def cpu_of(*pids: int) -> float:
    """CPU seconds of processes and of those of their children that have ended."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / TICKS


def children_of(pid: int) -> list[int]:
    """The running children of a process."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found.append(int(path.parent.name))
    return found


def reader(python: str, small: Sequence[str], large: Sequence[str], folder: Path) -> Peer:
    """The library ``reader``: every ``small`` feed again (304), then every ``large`` one for the first time."""
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"small": small, "large": large}))
    command = [python, "-c", _READER, str(folder / "reader.sqlite"), str(plan)]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return Peer(
        not_modified=Phase(len(small), *found["304"]),
        full=Phase(len(large), *found["200"]),
        entries=found["entries"],
        failed=found["failed"],
    )


def miniflux(binary: str, database: str, small: Sequence[str], large: Sequence[str]) -> Peer:
    """Miniflux with PostgreSQL, in the same two phases."""
    server = int(_sql(database, "select split_part(pg_read_file('postmaster.pid'), chr(10), 1)"))
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database,
        "BATCH_SIZE": "100000",
        "WORKER_POOL_SIZE": "16",
        "LOG_LEVEL": "error",
        "FETCHER_ALLOW_PRIVATE_NETWORKS": "1",
    }

    def run(argument: str) -> None:
        subprocess.run([binary, argument], check=True, env=environment, capture_output=True)

    run("-migrate")
    _sql(database, _USER)
    _subscribe(database, small)
    run("-refresh-feeds")
    _sql(database, "update feeds set next_check_at = now() - interval '1 hour'")
    again = _timed(lambda: run("-refresh-feeds"), len(small), server)
    _sql(database, "update feeds set next_check_at = now() + interval '1 day'")
    _subscribe(database, large)
    full = _timed(lambda: run("-refresh-feeds"), len(large), server)
    return Peer(
        not_modified=again,
        full=full,
        entries=int(_sql(database, "select count(*) from entries")),
        failed=int(_sql(database, "select count(*) from feeds where parsing_error_count > 0")),
    )


def _subscribe(database: str, urls: Sequence[str]) -> None:
    _sql(database, _SUBSCRIBE.replace("ADDRESSES", "\n".join(urls)))


def _sql(database: str, text: str) -> str:
    command = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", database]
    return subprocess.run(command, input=text, check=True, capture_output=True, text=True).stdout.strip()


def _timed(act: Callable[[], None], feeds: int, server: int) -> Phase:
    before = os.times()
    store, started = cpu_of(server, *children_of(server)), time.perf_counter()
    act()
    seconds, after = time.perf_counter() - started, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Phase(feeds, seconds, used, cpu_of(server, *children_of(server)) - store)
