from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from monitors.alerts.daily import preview_digest, queue_digests
from monitors.alerts.schedule import due_day
from monitors.alerts.urgent import queue_urgent
from monitors.errors import StopRun
from monitors.ledger import hits, outbox
from monitors.ledger.engine import Ledger
from monitors.ledger.outbox import MailKind
from monitors.ledger.tables import digests as digests_table
from monitors.ledger.tables import hits as hits_table
from monitors.ledger.tables import outbox as outbox_table
from monitors.ledger.tables import profiles as profiles_table
from monitors.profiles import registration
from monitors.profiles.vault import Vault
from monitors.records import Category, Hit, ProfileState, Recipient, Schedule, Severity
from monitors.settings import Settings
from tests.alerts.room import AFTER_EIGHT, HER, a_desk, find, some_hits, watch
from tests.builders import NOON, a_hit, a_post, a_profile, a_score

HELPER = Recipient(address="auntie@mail.example", language="en", is_self=False)
TOMORROW = AFTER_EIGHT + timedelta(days=1)


def mails(ledger: Ledger, vault: Vault) -> list[EmailMessage]:
    with ledger.reading() as connection:
        rows = connection.execute(select(outbox_table.c.id).order_by(outbox_table.c.made_at, outbox_table.c.id))
        found = [outbox._one(connection, mail_id) for (mail_id,) in rows]
        letters = [outbox.open_letter(connection, vault, mail) for mail in found]
    return [message_from_bytes(letter.message, policy=default) for letter in letters if letter]


def told_ids(ledger: Ledger) -> set[str]:
    with ledger.reading() as connection:
        return set(connection.scalars(select(hits_table.c.id).where(hits_table.c.digest_id.is_not(None))))


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def an_urgent_hit(number: int) -> Hit:
    return a_hit(
        post=a_post(id=f"rss:urgent-{number}"),
        scores=(a_score(category=Category.THREAT),),
        severity=Severity.URGENT,
    )


def test_one_mail_a_recipient(ledger: Ledger, vault: Vault) -> None:
    """Each recipient gets a mail in its language, with links and a Message-ID of its own."""
    watch(ledger, vault, a_profile(recipients=(Recipient(address=HER), HELPER)))
    find(ledger, vault, *some_hits(2))

    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)

    queued = {str(mail["To"]): mail for mail in mails(ledger, vault)}
    assert set(queued) == {HER, HELPER.address}
    assert queued[HER]["Message-ID"] != queued[HELPER.address]["Message-ID"]
    assert "有 2 条新内容" in text_of(queued[HER])
    assert "there are 2 new posts" in text_of(queued[HELPER.address])
    assert queued[HER]["List-Unsubscribe"] != queued[HELPER.address]["List-Unsubscribe"]


def test_same_day_twice_is_nothing_new(ledger: Ledger, vault: Vault) -> None:
    """A second run on the same day makes no digest, even when something was found since."""
    watch(ledger, vault)
    find(ledger, vault, *some_hits(1))
    first = queue_digests(ledger, a_desk(vault), AFTER_EIGHT)
    find(ledger, vault, *some_hits(1, start=5))

    second = queue_digests(ledger, a_desk(vault), AFTER_EIGHT + timedelta(hours=9))

    assert (len(first), second, len(mails(ledger, vault))) == (1, [], 1)


def test_next_day_tells_of_the_rest_only(ledger: Ledger, vault: Vault) -> None:
    """Every hit is told of exactly once."""
    watch(ledger, vault)
    find(ledger, vault, *some_hits(3))
    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)
    find(ledger, vault, *some_hits(1, start=3))

    queue_digests(ledger, a_desk(vault), TOMORROW)

    assert [text.partition("有 ")[2][:1] for text in map(text_of, mails(ledger, vault))] == ["3", "1"]
    assert told_ids(ledger) == {hit.id for hit in some_hits(4)}


def test_quiet_day_has_its_note(ledger: Ledger, vault: Vault) -> None:
    """A day without hits has its mail as well."""
    watch(ledger, vault)

    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)

    (mail,) = mails(ledger, vault)
    assert "没能查看：微博" in text_of(mail)


@pytest.mark.parametrize("state", set(ProfileState) - {ProfileState.ACTIVE})
def test_only_the_watched_get_a_digest(state: ProfileState, ledger: Ledger, vault: Vault) -> None:
    """Before confirmation, while paused and while withdrawing no digest is made."""
    watch(ledger, vault, a_profile(state=state))
    find(ledger, vault, *some_hits(1), an_urgent_hit(1))

    assert queue_digests(ledger, a_desk(vault), AFTER_EIGHT) == []
    assert queue_urgent(ledger, a_desk(vault), AFTER_EIGHT) == []


@pytest.mark.parametrize(
    ("changed", "watched"),
    [({}, ()), ({"feeds": ("https://a.example/feed",)}, ("rss",)), ({"run_sources": ("weibo",)}, ("weibo",))],
    ids=["nothing set", "a feed", "a source that needs no places"],
)
def test_digest_answers_for_what_has_somewhere_to_look(changed: dict[str, Any], watched: tuple[str, ...]) -> None:
    """A source without a feed or server is not called unseen every day."""
    assert Settings(**changed).watched_sources == watched


def test_pause_is_not_a_quiet_day(ledger: Ledger, vault: Vault) -> None:
    """Resuming in the afternoon brings no digest about a morning on which nothing was looked at for her."""
    her = watch(ledger, vault)
    with ledger.writing() as connection:
        registration.pause(connection, her.id, NOON - timedelta(days=3), actor="herself")
        registration.resume(connection, her.id, NOON, actor="herself")

    made = [len(queue_digests(ledger, a_desk(vault), moment)) for moment in (NOON, TOMORROW)]

    assert made == [0, 1]


def test_benign_hit_stays_untold(ledger: Ledger, vault: Vault) -> None:
    """A benign hit is in no digest and is not marked as told: should it be judged anew, it will be told of."""
    benign = a_hit(scores=(), severity=Severity.NONE)
    watch(ledger, vault)
    find(ledger, vault, benign)
    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)

    with ledger.writing() as connection:
        hits.replace(connection, vault, [replace(benign, scores=(a_score(),), severity=Severity.HIGH)])
    queue_digests(ledger, a_desk(vault), TOMORROW + timedelta(days=30))

    assert told_ids(ledger) == {benign.id}


def test_post_on_her_side_is_counted_once(ledger: Ledger, vault: Vault) -> None:
    """A muted hit is one of the number on the day it was found, and not on the next."""
    watch(ledger, vault)
    find(ledger, vault, a_hit(scores=(a_score(muted=True),), severity=Severity.NONE, found_at=AFTER_EIGHT))

    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)
    queue_digests(ledger, a_desk(vault), TOMORROW)

    assert ["另有 1 条在为您说话" in text_of(mail) for mail in mails(ledger, vault)] == [True, False]


def test_unfinished_hit_waits(ledger: Ledger, vault: Vault) -> None:
    """A hit that is not through every stage is told of when it is."""
    watch(ledger, vault)
    with ledger.writing() as connection:
        hits.put(connection, vault, some_hits(1), batch_sha256="b" * 64, at=NOON)

    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)

    assert told_ids(ledger) == set()


def test_unreadable_profile_stops_no_other(ledger: Ledger, vault: Vault) -> None:
    """Whoever can be written to is written to; then the run says which profile could not be read."""
    broken = watch(ledger, vault, a_profile(id="a" * 32))
    well = watch(ledger, vault, a_profile(id="b" * 32, recipients=(HELPER,)))
    with ledger.writing() as connection:
        connection.execute(update(profiles_table).where(profiles_table.c.id == broken.id).values(sealed=b"\x01broken"))

    with pytest.raises(StopRun, match=broken.id):
        queue_digests(ledger, a_desk(vault), AFTER_EIGHT)

    with ledger.reading() as connection:
        assert connection.scalars(select(digests_table.c.profile_id)).all() == [well.id]


def test_preview_changes_nothing(ledger: Ledger, vault: Vault) -> None:
    """A preview is what the digest will say, and the hits stay due."""
    profile = watch(ledger, vault)
    find(ledger, vault, *some_hits(2))

    (copy,) = preview_digest(ledger, a_desk(vault), profile.id, NOON)

    assert "有 2 条新内容" in copy.mail.text
    assert (told_ids(ledger), mails(ledger, vault)) == (set(), [])


def test_preview_of_nobody(ledger: Ledger, vault: Vault) -> None:
    """A preview of an unknown profile says what to do."""
    with pytest.raises(StopRun) as raised:
        preview_digest(ledger, a_desk(vault), "x" * 32, NOON)

    assert "profile list" in raised.value.advice


def test_urgent_hit_does_not_wait(ledger: Ledger, vault: Vault) -> None:
    """An urgent hit is told of at once, alone, and not again in the digest of the day."""
    watch(ledger, vault)
    find(ledger, vault, an_urgent_hit(1), *some_hits(1))

    queue_urgent(ledger, a_desk(vault), NOON)
    queue_digests(ledger, a_desk(vault), TOMORROW)

    urgent, daily = mails(ledger, vault)
    assert urgent["Subject"] == "简报补充 3月1日"
    assert "可能涉及威胁 · 1 条" in text_of(urgent)
    assert "有 1 条新内容" in text_of(daily)
    assert "威胁" not in text_of(daily)


def test_at_most_one_urgent_mail_an_hour(ledger: Ledger, vault: Vault) -> None:
    """What becomes urgent within the hour is in the next mail, together."""
    watch(ledger, vault)
    desk = a_desk(vault)

    made = []
    for minutes in (0, 20, 40, 61, 130):
        find(ledger, vault, an_urgent_hit(minutes))
        made.append(len(queue_urgent(ledger, desk, NOON + timedelta(minutes=minutes))))

    assert made == [1, 0, 0, 1, 1]
    assert ["建议您尽早看" in text_of(mail) for mail in mails(ledger, vault)] == [True] * 3
    with ledger.reading() as connection:
        assert connection.scalars(select(digests_table.c.hits).order_by(digests_table.c.made_at)).all() == [1, 3, 1]


def test_without_urgent_hits_there_is_no_urgent_mail(ledger: Ledger, vault: Vault) -> None:
    """Serious is not urgent."""
    watch(ledger, vault)
    find(ledger, vault, *some_hits(3))

    assert queue_urgent(ledger, a_desk(vault), NOON) == []


def test_failed_mail_is_named_in_the_next(ledger: Ledger, vault: Vault) -> None:
    """A mail that was refused is named once: in the digests until one arrives."""
    watch(ledger, vault)
    desk = a_desk(vault)
    for day in range(3):
        now = AFTER_EIGHT + timedelta(days=day)
        queue_digests(ledger, desk, now)
        with ledger.writing() as connection:
            mail = outbox.claim(connection, now)
            assert mail is not None
            if day == 0:
                outbox.mark_failed(connection, mail, "recipient 550")
            else:
                outbox.mark_sent(connection, mail, now)

    assert ["收信服务器拒收了" in text_of(mail) for mail in mails(ledger, vault)] == [False, True, False]


def test_urgent_mails_are_of_their_kind(ledger: Ledger, vault: Vault) -> None:
    """The outbox knows which mails wait while a profile is paused."""
    watch(ledger, vault)
    find(ledger, vault, an_urgent_hit(1))

    queue_urgent(ledger, a_desk(vault), NOON)

    with ledger.reading() as connection:
        assert connection.scalars(select(outbox_table.c.kind)).all() == [MailKind.URGENT.value]


ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Pacific/Pago_Pago",
    "Australia/Lord_Howe",
)


@given(
    st.sampled_from(ZONES),
    st.integers(0, 23),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - a zone is put on it below
)
def test_every_day_of_hers_is_due_once(zone: str, hour: int, start: datetime) -> None:
    """Walking through three days in quarters of an hour, each calendar day becomes due, in order, once."""
    began = start.replace(tzinfo=ZoneInfo("UTC"))
    schedule = Schedule(hour=hour, timezone=zone)

    days: list[date] = []
    for quarter in range(3 * 96):
        day = due_day(schedule, watched_since=began - timedelta(days=9), now=began + timedelta(minutes=15 * quarter))
        if day not in days[-1:]:
            assert day is not None
            days.append(day)

    assert all(after - before == timedelta(days=1) for before, after in pairwise(days))
    assert len(days) in {3, 4}


def test_hour_is_her_own() -> None:
    """Eight in the morning is eight where she lives."""
    morning = Schedule(hour=8, timezone="America/New_York")
    long_ago = NOON - timedelta(days=9)

    before = due_day(morning, watched_since=long_ago, now=NOON.replace(hour=12, minute=59))
    after = due_day(morning, watched_since=long_ago, now=NOON.replace(hour=13, minute=0))

    assert (before, after) == (date(2026, 2, 28), date(2026, 3, 1))


def test_no_digest_of_a_time_before_she_confirmed() -> None:
    """The first digest comes at her first hour after confirming."""
    confirmed = NOON.replace(hour=3)

    assert due_day(Schedule(hour=8), watched_since=confirmed, now=NOON) is None
    assert due_day(Schedule(hour=8), watched_since=confirmed, now=TOMORROW) == date(2026, 3, 2)


def test_hour_missed_by_night_is_made_up() -> None:
    """A digest for eleven at night that nothing ran for is made after midnight, for the day it was of."""
    late = Schedule(hour=23)

    assert due_day(late, watched_since=NOON - timedelta(days=9), now=NOON.replace(hour=17)) == date(2026, 3, 1)
