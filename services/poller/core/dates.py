"""Dates as feeds write them. A date that cannot be read is None, never "now"; a zone is never dropped."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from typing import Final

_EARLIEST: Final = datetime(1971, 1, 1, tzinfo=UTC)  # what is older is a zero that somebody formatted
_LONGEST: Final = 200  # characters of a date are read
_LATEST: Final = datetime(9998, 12, 31, tzinfo=UTC)

# Zone names that RFC 822 does not know but feeds use. Where a name is ambiguous the one news feeds mean is taken.
_ZONES: Final = {
    "wet": 0, "west": 60, "bst": 60, "ist": 330, "cet": 60, "mez": 60, "met": 60, "cest": 120, "mesz": 120,
    "mest": 120, "eet": 120, "eest": 180, "sast": 120, "trt": 180, "msk": 180, "msd": 240, "gst": 240, "pkt": 300,
    "ict": 420, "wib": 420, "hkt": 480, "sgt": 480, "pht": 480, "awst": 480, "jst": 540, "kst": 540, "aest": 600,
    "aedt": 660, "acst": 570, "nzst": 720, "nzdt": 780, "akst": -540, "akdt": -480, "hst": -600, "ast": -240,
    "adt": -180, "nst": -210, "ndt": -150, "art": -180, "brt": -180, "clt": -240,
}  # fmt: skip
_ISO = re.compile(
    r"^\s*(\d{4})[-/]?(\d{2})(?:[-/]?(\d{2}))?(?:[T\s]+(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)?)?"
    r"\s*+(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?\s*+$"
)
_HALF_DAY = re.compile(r"\b(\d{1,2}):(\d{2})(:\d{2})?\s*+([AaPp])\.?[Mm]\.?(?=\W|$)")
_ODD_OFFSET = re.compile(r"(?:GMT|UTC|Z)?\s?([+-])(\d{1,2})(?::?(\d{2}))?$")
_DAY_FIRST = re.compile(r"^\s*(\d{1,2})([./])(\d{1,2})\2(\d{4})\b")
_MONTH_FIRST = re.compile(r"^\s*(?:[A-Za-z]+,?\s+)?([A-Za-z]{3,9})\.?\s+(\d{1,2}),\s*(\d{4})\s*$")
_ZERO_YEAR = re.compile(r"(?:^|[A-Za-z,]\s+)0\d{3}(?:\s|-|$)")  # readers take the year 0001 for 2001
_ZONE_AT_END = re.compile(r"\s([A-Za-z]{3,4})\s*+$")


def parse(text: str | None) -> datetime | None:
    """The moment ``text`` names, in UTC; None where it names none. No zone is read as UTC, as RFC 822 readers do."""
    if not text or len(text) > _LONGEST or _ZERO_YEAR.search(text):
        return None
    try:
        moment = _iso(_plainly(text)) or _rfc822(_plainly(text))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return sensible(moment)


def moment_of(raw: str | None, otherwise: Callable[[], float | None]) -> datetime | None:
    """The moment of ``raw``, else what the feed's parser makes of it (seconds since 1970)."""
    if raw and _ZERO_YEAR.search(raw[:_LONGEST]):
        return None
    found = parse(raw)
    if found is not None or (seconds := otherwise()) is None:
        return found
    try:
        return sensible(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def http_date(text: str | None) -> datetime | None:
    """The moment of an HTTP header (RFC 9110, 5.6.7), in any of its forms."""
    if not text or len(text) > 60:
        return None
    try:
        moment = _rfc822(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return sensible(moment)


def sensible(moment: datetime | None) -> datetime | None:
    """``moment`` unless it is a formatted zero or out of what a calendar can hold."""
    return moment if moment is not None and _EARLIEST <= moment <= _LATEST else None


def _plainly(text: str) -> str:
    """``text`` with what readers of dates trip over written as they expect: half days, odd offsets, 20.6.2024."""
    text = _HALF_DAY.sub(_whole_day, " ".join(text.split()))
    text = _MONTH_FIRST.sub(r"\2 \1 \3 00:00:00", text)
    day = _DAY_FIRST.match(text)
    if day:
        first, second = int(day[1]), int(day[3])
        if day[2] == "/" and second > 12:  # 06/20/2024; 05/06/2024 may be either and is read as day first
            first, second = second, first
        text = f"{day[4]}-{second:02d}-{first:02d}{text[day.end() :]}"
    offset = _ODD_OFFSET.search(text)
    if offset and ":" in text[: offset.start()]:
        text = f"{text[: offset.start()].rstrip()} {offset[1]}{int(offset[2]):02d}{offset[3] or '00'}"
    return text


def _whole_day(match: re.Match[str]) -> str:
    hour = int(match[1]) % 12 + (12 if match[4] in "Pp" else 0)
    return f"{hour:02d}:{match[2]}{match[3] or ':00'}"


def _iso(text: str) -> datetime | None:
    match = _ISO.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    moment = datetime(int(year), int(month), int(day or 1), 0, int(minute or 0), min(int(second or 0), 59), tzinfo=UTC)
    moment += timedelta(hours=int(hour or 0) if int(hour or 0) <= 24 else 0)
    if fraction:
        moment += timedelta(microseconds=int(fraction[:6].ljust(6, "0")))
    return moment - _offset(zone)


def _offset(zone: str | None) -> timedelta:
    if not zone or zone[0] not in "+-":
        return timedelta()
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return offset if zone[0] == "+" else -offset


def _rfc822(text: str) -> datetime | None:
    fields = parsedate_tz(text)
    if fields is None:
        return None
    offset = fields[9]
    if not offset:
        named = _ZONE_AT_END.search(text)
        offset = _ZONES.get(named.group(1).lower(), 0) * 60 if named else 0
    zone = timezone(timedelta(seconds=offset))
    return datetime(*fields[:5], min(fields[5], 59), tzinfo=zone).astimezone(UTC)
