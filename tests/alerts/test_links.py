from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.alerts.links import LIFETIMES, DeadLinkError, ExpiredLinkError, Link, Links, Purpose
from tests.builders import NOON

PROFILE, HER = "p" * 32, "a" * 32
LINKS = Links("a secret key", "https://watch.example/")


def a_link(purpose: Purpose = Purpose.HITS, at: datetime = NOON, subject: str = "") -> Link:
    return LINKS.new(purpose, PROFILE, HER, at, subject)


def token(link: Link) -> str:
    return LINKS.path(link).rpartition("/")[2]


@given(st.sampled_from(Purpose), st.integers(0, 10**9), st.sampled_from(["", "h" * 32]))
def test_link_reads_back_as_it_was_made(purpose: Purpose, seconds: int, subject: str) -> None:
    """Purpose, profile, reader, hit and end survive the way through a mail."""
    link = a_link(purpose, NOON + timedelta(seconds=seconds), subject)

    assert LINKS.read(token(link), purpose, link.expires_at - timedelta(seconds=1)) == link


@given(st.integers(min_value=0), st.characters(categories=("L", "N", "P")))
def test_changed_link_opens_nothing(place: int, letter: str) -> None:
    """Any changed character kills a link."""
    whole = token(a_link())
    place %= len(whole)
    changed = whole[:place] + letter + whole[place + 1 :]

    if changed == whole:
        return
    with pytest.raises(DeadLinkError):
        LINKS.read(changed, Purpose.HITS, NOON)


@pytest.mark.parametrize("purpose", Purpose)
def test_link_opens_nothing_else(purpose: Purpose) -> None:
    """A link made for one purpose is dead for every other."""
    whole = token(a_link(purpose))

    for other in set(Purpose) - {purpose}:
        with pytest.raises(DeadLinkError):
            LINKS.read(whole, other, NOON)


def test_other_key_opens_nothing() -> None:
    """Links of another installation are dead here."""
    with pytest.raises(DeadLinkError):
        Links("another key", "https://watch.example").read(token(a_link()), Purpose.HITS, NOON)


@pytest.mark.parametrize("purpose", Purpose)
def test_link_ends(purpose: Purpose) -> None:
    """Every link has an end, and says so after it."""
    link = a_link(purpose)

    with pytest.raises(ExpiredLinkError):
        LINKS.read(token(link), purpose, NOON + LIFETIMES[purpose])


def test_link_made_from_a_link_lives_no_longer() -> None:
    """Going from page to page does not renew what a mail allowed."""
    link = a_link()

    assert link.to(Purpose.WITHDRAW).expires_at == link.expires_at


@pytest.mark.parametrize("purpose", [Purpose.PAUSE, Purpose.CONFIRM, Purpose.NOT_ME])
def test_way_out_does_not_lead_in(purpose: Purpose) -> None:
    """From a link that may lie in a mailbox for a year, or with a stranger, no other link is made."""
    with pytest.raises(ValueError, match="nowhere else"):
        a_link(purpose).to(Purpose.HITS)


def test_address_is_of_this_site() -> None:
    """A link names the site, its purpose and nothing that can be read of her."""
    address = LINKS.address(a_link())

    assert address.startswith("https://watch.example/hits/")
    assert len(address) < 300
