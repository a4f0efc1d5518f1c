"""The questions that several panels ask: what happened in a time, and how long it took."""

from __future__ import annotations

from services.runtime import services

RANGE = "$__range"
BAR = "$__interval"
RECENT = "5m"
_SECONDS = {RANGE: "$__range_s", BAR: "($__interval_ms / 1000)", RECENT: "300"}

SERVICES = tuple(name for name in services.names() if services.declared()[name].kafka)
STREAM_SERVICES = services.names(stream=True)


_STARTED = 'process_start_time_seconds{job="services"}'


def total(selector: str, by: str = "", window: str = RANGE) -> str:
    """How much the counters of ``selector`` grew within ``window``, what came before their first scrape included.

    Over the time shown it is exact where no counter began anew in it; where one did, and in the bars of a chart,
    ``increase`` estimates what lies between two scrapes. Both begin at the first scrape of a series, so what a process
    had counted by then is added where the series is new in the window and its process is, too, or was there to be asked
    when the window began: one that could merely not be reached for a while comes back with all that it ever counted.
    What stays out is what was counted between the last scrape of a process and its end.
    """
    seconds = _SECONDS[window]
    first = f"min_over_time({selector}[{window}])"
    grown = f"(increase({selector}[{window}]) or 0 * {first})"
    if window == RANGE:
        exact = f"(max_over_time({selector}[{window}]) - {first}) and resets({selector}[{window}]) == 0"
        grown = f"({exact} or increase({selector}[{window}]))"
        first = f"(min_over_time(({selector} and on (service, instance) {_first_life(window)})[{window}:]) or {first})"
    counts = f'(max_over_time({_STARTED}[{window}]) >= time() - {seconds} or up{{job="services"}} offset {window} == 1)'
    new = f"({first} unless {selector} offset {window}) and on (service, instance) {counts}"
    return f"sum{f' by ({by}) ' if by else ''}({grown} + (({new}) or 0 * min_over_time({selector}[{window}])))"


def _first_life(window: str) -> str:
    """The processes that have not been started anew since the window began: after that a counter begins at 0 again."""
    return f"({_STARTED} == on (service, instance) min_over_time({_STARTED}[{window}] @ end()))"


def happened(selector: str, by: str, window: str = BAR) -> str:
    """As :func:`total` for a chart or a table: whole numbers, and only what happened at all."""
    return f"round({total(selector, by, window)}) > 0"


def either(*expressions: str) -> str:
    """The series of all of them."""
    return " or ".join(expressions)


def quantile(share: float, metric: str, window: str = RECENT, by: str = "") -> str:
    """A quantile of a histogram over ``window``."""
    counted = total(f"{metric}_bucket", f"{by}, le" if by else "le", window)
    return f"histogram_quantile({share}, {counted}) >= 0"  # nothing at all, not NaN, where nothing was observed


def within(seconds: float, metric: str, where: str = "", window: str = RANGE) -> str:
    """The exact share of a histogram's observations up to ``seconds``, which has to be an edge of it."""
    also, only = (f", {where}", f"{{{where}}}") if where else ("", "")
    met = total(f'{metric}_bucket{{le="{seconds:.1f}"{also}}}', window=window)
    return f"{met} / ({total(f'{metric}_count{only}', window=window)} > 0)"


def mean(metric: str, by: str, window: str = RANGE) -> str:
    """The mean of a summary within ``window``, by a label."""
    return f"{total(f'{metric}_sum', by, window)} / ({total(f'{metric}_count', by, window)} > 0)"


def share(part: str, whole: str, window: str = RANGE) -> str:
    """The share that ``part`` is of ``whole`` within ``window``; nothing where there is no whole."""
    return f"{total(part, window=window)} / ({total(whole, window=window)} > 0)"


def dead_letters(window: str) -> str:
    """Messages set aside by service and reason."""
    names = (f"wirewatch_{service}_dead_letters_total" for service in STREAM_SERVICES)
    return either(*(happened(name, "service, reason", window) for name in names))
