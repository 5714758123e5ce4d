"""Dates as platforms write them: one reader for all, which knows when it does not know."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
"""Before any platform: what is older is a clock that was never set (1970) or a date misread."""
AHEAD = timedelta(days=1)
"""A post from further in the future has a wrong date, not a future."""
CHINA = timezone(timedelta(hours=8))
"""What a Chinese platform means where it names no zone."""

_CLOCK = r"\s*(?:(?P<hour>\d{1,2})[:：](?P<minute>\d{2})(?:[:：](?P<second>\d{2}))?)?"
_WEEK_FIRST = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} [\d:]{8} [+-]\d{4} \d{4}")
_AGO = re.compile(r"(?P<count>\d{1,4})\s*(?P<unit>秒|分钟|分鐘|小时|小時|天)前")
_DAY = re.compile(rf"(?P<day>今天|昨天|前天){_CLOCK}")
_FULL = re.compile(rf"(?P<year>\d{{4}})\s*[-/.年]\s*(?P<month>\d{{1,2}})\s*[-/.月]\s*(?P<date>\d{{1,2}})\s*日?{_CLOCK}")
_SHORT = re.compile(rf"(?P<month>\d{{1,2}})\s*[-/月]\s*(?P<date>\d{{1,2}})\s*日?{_CLOCK}")
_NUMBER = re.compile(r"\d{9,10}(\.\d+)?|\d{13}|\d{16}")
_UNITS = {"秒": "seconds", "分钟": "minutes", "分鐘": "minutes", "小时": "hours", "小時": "hours", "天": "days"}
_DAYS_BACK = {"今天": 0, "昨天": 1, "前天": 2}


def read_date(written: object, *, now: datetime, zone: timezone = UTC) -> datetime | None:
    """Give the moment in UTC; None for what is no date, or none a post can have.

    Knows seconds, milliseconds and microseconds since 1970, ISO 8601, RFC 2822, what Weibo and X 1.1 write (``Sun Nov 01
    10:00:00 +0800 2026``), and Chinese dates, relative ones too. ``zone`` is meant where none is written.
    """
    text = " ".join(str(written).split()) if isinstance(written, (str, int, float)) else ""
    for moment in _readings(text, now, zone):
        if EARLIEST <= moment <= now + AHEAD:
            return moment.astimezone(UTC)
    return None


def _readings(text: str, now: datetime, zone: timezone) -> Iterator[datetime]:
    for read in (_number, _iso, _mail, _week_first, _relative, _chinese):
        try:
            moment = read(text, now.astimezone(zone))
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
        if moment is not None:
            yield moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


def _number(text: str, _now: datetime) -> datetime | None:
    if not _NUMBER.fullmatch(text):
        return None
    digits = len(text.partition(".")[0])
    return datetime.fromtimestamp(float(text) / 10 ** max(0, digits - 10), UTC)


def _iso(text: str, _now: datetime) -> datetime | None:
    return datetime.fromisoformat(text) if re.match(r"\d{4}-\d{2}-\d{2}", text) else None


def _mail(text: str, _now: datetime) -> datetime | None:
    return parsedate_to_datetime(text) if re.search(r"\d{1,2} [A-Z][a-z]{2} \d{2,4} ", text) else None


def _week_first(text: str, _now: datetime) -> datetime | None:
    return datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y") if _WEEK_FIRST.fullmatch(text) else None


def _relative(text: str, now: datetime) -> datetime | None:
    if text == "刚刚":
        return now
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[ago["unit"]]: int(ago["count"])})
    if day := _DAY.fullmatch(text):
        return _at_clock(now - timedelta(days=_DAYS_BACK[day["day"]]), day.group)
    return None


def _chinese(text: str, now: datetime) -> datetime | None:
    if full := _FULL.fullmatch(text):
        day = now.replace(year=int(full["year"]), month=int(full["month"]), day=int(full["date"]))
        return _at_clock(day, full.group)
    if short := _SHORT.fullmatch(text):
        day = _at_clock(now.replace(month=int(short["month"]), day=int(short["date"])), short.group)
        # Without a year the latest such day is meant: in January, "12-31" was last year.
        return day if day <= now + AHEAD else day.replace(year=day.year - 1)
    return None


def _at_clock(day: datetime, part: Callable[[str], str | None]) -> datetime:
    hour, minute, second = (int(part(name) or 0) for name in ("hour", "minute", "second"))
    return day.replace(hour=hour, minute=minute, second=second, microsecond=0)
