"""Days and moments in her language and her own time zone."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """Writes days and moments for one reader."""

    language: str
    timezone: str

    def day(self, value: date) -> str:
        """A day without its year: ``3月1日``, ``Mar 1``."""
        return format_skeleton("MMMd", value, locale=self.language.replace("-", "_"))

    def moment(self, value: datetime) -> str:
        """A moment of her own day, to the minute."""
        local = value.astimezone(ZoneInfo(self.timezone))
        return f"{self.day(local)} {local:%H:%M}"
