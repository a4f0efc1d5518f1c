"""What looking again at the pages of an alert's sources has found. It changes no fact: it stands beside the source."""

from itertools import islice

from msgspec import structs

from services.contracts.messages import Alert, Change, PageChange, Recheck
from services.contracts.rechecks import RECHECK_CHANGES

_MAX_NAMED = 5


def noted(alert: Alert, article_id: str, recheck: Recheck | None) -> Alert:
    """The alert with what became of an article's page, unless it knows that already, or something later."""
    if recheck is None:
        return alert
    found = PageChange(
        outcome=recheck.outcome,
        looked_at=recheck.looked_at,
        first_looked_at=recheck.first_looked_at,
        differences=recheck.differences,
    )
    sources = tuple(
        structs.replace(source, changed=found)
        if source.article_id == article_id and (source.changed is None or _is_later(found, source.changed))
        else source
        for source in alert.sources
    )
    if sources == alert.sources:
        return alert
    return structs.replace(alert, sources=sources, last_updated=max(alert.last_updated, found.looked_at))


def _is_later(found: PageChange, known: PageChange) -> bool:
    """Whether it was found later, and is something else: a look that was done twice finds the same."""
    same = (found.outcome, found.differences) == (known.outcome, known.differences)
    return found.looked_at > known.looked_at and not same


def changes_of_pages(before: Alert, after: Alert) -> list[Change]:
    """What pages have become since, by outlet: each difference, or the title of what is gone."""
    known = {source.article_id: source.changed for source in before.sources}
    found: list[Change] = []
    for source in after.sources:
        page = source.changed
        if page is None or page == known.get(source.article_id):
            continue
        kind, outlet = RECHECK_CHANGES[page.outcome], source.outlet
        if page.outcome == "withdrawn":
            found.append(Change(kind=kind, before=f"{outlet}: {source.title}"))
        for one in islice(page.differences, _MAX_NAMED):
            before_it = one.before and f"{outlet}: {one.before}"
            found.append(
                Change(kind=kind, before=before_it, after=one.after if before_it else f"{outlet}: {one.after}")
            )
    return found
