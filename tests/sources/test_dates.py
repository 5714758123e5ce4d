"""Dates as platforms write them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.sources.dates import AHEAD, CHINA, EARLIEST, read_date

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)  # half past eight in the evening in Beijing

WRITTEN = {
    "2026-03-01T12:00:00Z": "2026-03-01T12:00",
    "2026-03-01T12:00:00.123456+00:00": "2026-03-01T12:00:00.123456",
    "2026-03-01T20:00:00+08:00": "2026-03-01T12:00",
    "2026-03-01 12:00:00": "2026-03-01T04:00",
    "2026-03-01": "2026-02-28T16:00",
    "Sun, 01 Mar 2026 20:00:00 +0800": "2026-03-01T12:00",
    "Sun, 01 Mar 2026 12:00:00 GMT": "2026-03-01T12:00",
    "Sun Mar 01 20:00:00 +0800 2026": "2026-03-01T12:00",
    "1772366400": "2026-03-01T12:00",
    1772366400: "2026-03-01T12:00",
    1772366400.5: "2026-03-01T12:00:00.500000",
    "1772366400000": "2026-03-01T12:00",
    "1772366400000000": "2026-03-01T12:00",
    "刚刚": "2026-03-01T12:30",
    "30秒前": "2026-03-01T12:29:30",
    "5 分钟前": "2026-03-01T12:25",
    "2小时前": "2026-03-01T10:30",
    "3天前": "2026-02-26T12:30",
    "今天 08:05": "2026-03-01T00:05",
    "昨天 23:59": "2026-02-28T15:59",
    "前天 8:00": "2026-02-27T00:00",
    "2026年3月1日 20:00": "2026-03-01T12:00",
    "2026年3月1日": "2026-02-28T16:00",
    "2026/3/1 20:00:30": "2026-03-01T12:00:30",
    "03-01 20:00": "2026-03-01T12:00",
    "3月1日 20:00": "2026-03-01T12:00",
    "12-31": "2025-12-30T16:00",
}


@pytest.mark.parametrize(("written", "moment"), WRITTEN.items(), ids=map(repr, WRITTEN))
def test_written_dates(written: object, moment: str) -> None:
    """Each way to write a date is read as the moment it means, Beijing's where no zone is written."""
    assert read_date(written, now=NOW, zone=CHINA) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


NO_DATES = ["", "soon", "0", "-1", 0, None, True, [], "1970-01-01T00:00:00Z", "2099-01-01", "31-02", "2月30日", "99:99"]


@pytest.mark.parametrize("written", NO_DATES, ids=map(repr, NO_DATES))
def test_what_is_no_date(written: object) -> None:
    """What is no date, a clock never set or a day far ahead is not guessed at."""
    assert read_date(written, now=NOW) is None


@given(st.text(max_size=40) | st.integers() | st.floats())
def test_nothing_breaks_it(written: object) -> None:
    """Whatever stands there, there is a possible moment or none."""
    moment = read_date(written, now=NOW)

    assert moment is None or (EARLIEST <= moment <= NOW + AHEAD and moment.utcoffset() == timedelta(0))
