"""When a digest is due, in her own time."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitors.records import Schedule


def due_day(schedule: Schedule, *, watched_since: datetime, now: datetime) -> date | None:
    """Give her calendar day whose digest is the last that should have been made; None before her first one.

    The hour that passed while nothing ran is not lost: its day stays due until the next one is.
    """
    zone = ZoneInfo(schedule.timezone)
    today = now.astimezone(zone).date()
    # An hour skipped or repeated by summer time still comes once a day; a day ahead covers zones across the date line.
    for day in (today, today - timedelta(days=1)):
        moment = datetime.combine(day, time(schedule.hour), zone)
        if moment <= now:
            return day if moment > watched_since else None
    return None
