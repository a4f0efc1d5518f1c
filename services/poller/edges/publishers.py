"""``publishers.yaml`` and the public suffix list (the snapshot inside tldextract: no network)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import tldextract
import yaml

from services.poller.core.outlet import Publishers, Wire
from services.runtime.errors import UsageError
from services.runtime.files import shipped as files

_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def load(path: Path | None = None) -> Publishers:
    """The tables of ``path`` (the shipped file if None). Raises :class:`UsageError` naming file and place."""
    path = path or files.seeds() / "publishers.yaml"
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise UsageError(f"{path}{where}: not valid YAML; see the comments at its top.") from None
    if not isinstance(document, dict):
        raise UsageError(f"{path}: expected the sections families, wires and aggregators.")
    return Publishers(
        families=_families(document.get("families") or {}, path),
        wires=tuple(_wire(name, entry or {}, path) for name, entry in (document.get("wires") or {}).items()),
        aggregators=frozenset(str(host).lower() for host in document.get("aggregators") or ()),
        registrable=registrable,
    )


@lru_cache(maxsize=10_000)
def registrable(host: str) -> str | None:
    """The registrable domain of a host (``bbc.co.uk``); None where it has none."""
    return _extract(host).top_domain_under_public_suffix or None


def _families(section: Any, path: Path) -> dict[str, str]:
    families: dict[str, str] = {}
    for family, hosts in section.items():
        if not isinstance(hosts, list):
            raise UsageError(f"{path}: family {family!r} needs a list of hosts.")
        for host in hosts:
            owner = families.setdefault(str(host).lower(), str(family))
            if owner != str(family):
                raise UsageError(f"{path}: {host} stands under {owner} and under {family}; keep one.")
    return families


def _wire(name: Any, entry: Any, path: Path) -> Wire:
    if not isinstance(entry, dict) or not set(entry) <= {"hosts", "credits", "names", "endings"}:
        raise UsageError(f"{path}: wire {name!r} takes hosts, credits, names and endings, each a list.")
    lists = {key: tuple(str(value) for value in values or ()) for key, values in entry.items()}
    return Wire(
        name=str(name),
        hosts=lists.get("hosts", ()),
        credits=lists.get("credits", ()),
        names=lists.get("names", ()),
        endings=lists.get("endings", ()),
    )
