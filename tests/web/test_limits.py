from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitors.web.limits import RateLimit
from tests.builders import NOON

MINUTE = timedelta(minutes=1)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=60))
def test_never_more_than_allowed(asked: list[tuple[str, int]]) -> None:
    """In no span of ten minutes does one client pass more than three times, or all together more than five."""
    limit, now, passed = RateLimit(each=3, together=5, within=10 * MINUTE), NOON, []

    for client, minutes in asked:
        now += minutes * MINUTE
        if limit.allows(client, now):
            passed.append((now, client))

    for start, _ in passed:
        within = [client for at, client in passed if start <= at < start + 10 * MINUTE]
        assert len(within) <= 5
        assert all(within.count(client) <= 3 for client in within)


def test_refusing_does_not_lengthen_the_wait() -> None:
    """Who keeps asking may still pass when the time is over."""
    limit = RateLimit(each=1, together=9, within=10 * MINUTE)
    passed = [limit.allows("a", NOON + minute * MINUTE) for minute in range(12)]

    assert [minute for minute, allowed in enumerate(passed) if allowed] == [0, 10]
