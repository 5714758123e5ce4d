"""Pausing and leaving, with the mails in between."""

from datetime import timedelta

import pytest

from monitors.alerts.links import Purpose
from monitors.ledger import audit, profiles
from monitors.records import ProfileState, Recipient, WatchProfile
from tests.alerts.room import HER, watch
from tests.builders import a_profile
from tests.web.room import Served
from tests.web.test_registering import mailed_links

HELPER = Recipient(address="aunt@mail.example", is_self=False)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def her(site: Served, *recipients: Recipient) -> WatchProfile:
    return watch(
        site.room.ledger, site.room.vault, a_profile(recipients=recipients or (Recipient(address=HER), HELPER))
    )


def state(site: Served, profile: WatchProfile) -> ProfileState:
    with site.room.ledger.reading() as connection:
        status = profiles.status_of(connection, profile.id)
    assert status is not None
    return status.state


def actions(site: Served, profile: WatchProfile) -> list[str]:
    with site.room.ledger.reading() as connection:
        return [entry.action for entry in audit.entries_of(connection, profile.id)]


def test_one_click_of_the_mail_program_pauses(site: Served) -> None:
    """RFC 8058: one POST without cookie, question or referrer pauses; a second one changes nothing."""
    profile = her(site)
    path = site.path(Purpose.PAUSE, profile)

    answers = [site.client.post(path, data=ONE_CLICK).status_code for _ in range(2)]

    assert answers == [200, 200]
    assert state(site, profile) is ProfileState.PAUSED
    assert actions(site, profile) == ["paused"]


def test_pause_and_resume(site: Served) -> None:
    """The same page pauses and lets it go on, as often as she likes, by a link of last year."""
    profile = her(site)
    path = site.path(Purpose.PAUSE, profile)
    site.room.clock.at += timedelta(days=365)

    seen = []
    for way in ("", "/resume", ""):
        site.client.post(path + way)
        seen.append(state(site, profile))

    assert seen == [ProfileState.PAUSED, ProfileState.ACTIVE, ProfileState.PAUSED]


def test_helper_leaves_without_switching_her_watch_off(site: Served) -> None:
    """A helper's one click ends the helper's mails; her watch goes on, and she can see it."""
    profile = her(site)
    path = site.path(Purpose.PAUSE, profile, recipient=HELPER)

    first, again = site.client.post(path, data=ONE_CLICK), site.client.post(path, data=ONE_CLICK)

    assert (first.status_code, again.status_code) == (200, 404)
    assert state(site, profile) is ProfileState.ACTIVE
    with site.room.ledger.reading() as connection:
        stored = profiles.get(connection, site.room.vault, profile.id)
    assert stored is not None
    assert [one.address for one in stored.recipients] == [HER]
    assert actions(site, profile) == ["reader_left"]


def test_helper_cannot_resume(site: Served) -> None:
    """What she paused stays paused until she says so."""
    profile = her(site)
    site.client.post(site.path(Purpose.PAUSE, profile))

    answer = site.client.post(f"{site.path(Purpose.PAUSE, profile, recipient=HELPER)}/resume")

    assert answer.status_code == 404
    assert state(site, profile) is ProfileState.PAUSED


def test_guardian_alone_can_pause(site: Served) -> None:
    """Where a guardian confirmed because she has no address of her own, the guardian's click pauses."""
    profile = her(site, HELPER)

    site.client.post(site.path(Purpose.PAUSE, profile, recipient=HELPER))

    assert state(site, profile) is ProfileState.PAUSED


def test_whole_way_out(site: Served) -> None:
    """Asked for on the page, it stops at once; a new link confirms; the day is set and mailed."""
    profile = her(site)
    path = site.path(Purpose.WITHDRAW, profile)

    asked = site.client.post(path)
    stopped = state(site, profile)
    confirm = mailed_links(site)["confirm-withdrawal"]
    confirmed = site.client.post(confirm)
    receipt = mailed_links(site)["withdrawn"]

    assert "确认信已经在路上" in asked.text
    assert 'href="/export/' in asked.text
    assert stopped is ProfileState.WITHDRAWING
    assert "3月8日 20:00" in confirmed.text
    assert "3月8日 20:00" in site.client.get(receipt).text
    assert [site.next_call() for _ in range(2)] == ["send_mails", "send_mails"]
    assert actions(site, profile) == ["withdrawal_asked", "withdrawal_confirmed"]


def test_leaving_is_not_confirmed_by_the_first_link(site: Served) -> None:
    """The link of a digest stops everything and erases nothing, however often it is pressed."""
    profile = her(site)

    for _ in range(3):
        site.client.post(site.path(Purpose.WITHDRAW, profile))
        site.room.clock.at += timedelta(minutes=1)

    with site.room.ledger.reading() as connection:
        status = profiles.status_of(connection, profile.id)
    assert status is not None
    assert status.erase_at is None


def test_only_the_latest_code_confirms(site: Served) -> None:
    """Asked twice, the link of the first mail confirms nothing."""
    profile = her(site)
    site.client.post(site.path(Purpose.WITHDRAW, profile))
    first = mailed_links(site)["confirm-withdrawal"]
    site.room.clock.at += timedelta(minutes=1)
    site.client.post(site.path(Purpose.WITHDRAW, profile))

    assert site.client.post(first).status_code == 410
    assert site.client.post(mailed_links(site)["confirm-withdrawal"]).status_code == 200


@pytest.mark.parametrize("where", ["withdraw", "confirm-withdrawal", "withdrawn"])
def test_she_may_change_her_mind_at_every_step(site: Served, where: str) -> None:
    """Until the last day one press keeps everything; the watch is then paused."""
    profile = her(site)
    links = {"withdraw": site.path(Purpose.WITHDRAW, profile)}
    site.client.post(links["withdraw"])
    links |= mailed_links(site)
    if where == "withdrawn":
        site.client.post(links["confirm-withdrawal"])
        links |= mailed_links(site)

    kept = site.client.post(f"{links[where]}/keep")

    assert "什么都没有删除" in kept.text
    assert state(site, profile) is ProfileState.PAUSED
    assert site.client.get(links[where]).status_code == 200


def test_she_may_make_it_sooner(site: Served) -> None:
    """One press sets the erasure to now and starts it."""
    profile = her(site)
    site.client.post(site.path(Purpose.WITHDRAW, profile))
    site.client.post(mailed_links(site)["confirm-withdrawal"])
    receipt = mailed_links(site)["withdrawn"]
    site.room.clock.at += timedelta(hours=1)

    site.client.post(f"{receipt}/now")

    with site.room.ledger.reading() as connection:
        assert profiles.due_for_erasure(connection, site.room.clock.now()) == (profile.id,)
    assert [site.next_call() for _ in range(3)] == ["send_mails", "send_mails", "erase"]


def test_erase_now_before_confirming_erases_nothing(site: Served) -> None:
    """Without the second confirmation nothing can be made sooner."""
    profile = her(site)
    site.client.post(site.path(Purpose.WITHDRAW, profile))

    site.client.post(f"{site.path(Purpose.WITHDRAWN, profile)}/now")

    with site.room.ledger.reading() as connection:
        assert profiles.due_for_erasure(connection, site.room.clock.now() + timedelta(days=99)) == ()
