"""A room with a person who is watched over, what was found of her, and a desk to write to her from."""

from datetime import datetime, timedelta
from itertools import pairwise

from monitors.alerts.desk import Desk
from monitors.alerts.mailer import SmtpMailer
from monitors.ledger import hits, profiles
from monitors.ledger.engine import Ledger
from monitors.profiles.vault import Vault
from monitors.records import Hit, ProfileState, Stage, WatchProfile
from monitors.settings import Settings
from tests.builders import NOON, a_hit, a_post
from tests.servers.ledgers import add_profile
from tests.servers.smtp import MailServer

HER = "lin@mail.example"
AFTER_EIGHT = NOON.replace(hour=0, minute=5)
"""Five past eight in the morning in Shanghai."""
WALK = (Stage.MATCHING, Stage.SCORING, Stage.EVIDENCE, Stage.INDEX)


def a_desk(vault: Vault) -> Desk:
    """The desk of an installation that watches Weibo."""
    return Desk.of(
        vault,
        Settings(public_url="https://watch.example", mail_from="brief@watch.example", run_sources=("weibo",)),
    )


def watch(
    ledger: Ledger, vault: Vault, profile: WatchProfile | None = None, *, since: datetime = NOON - timedelta(days=30)
) -> WatchProfile:
    """Watch over somebody who confirmed a month ago."""
    stored = add_profile(ledger, vault, profile)
    with ledger.writing() as connection:
        profiles.move(connection, stored.id, stored.state, since, come_from=list(ProfileState), confirmed_at=since)
    return stored


def find(ledger: Ledger, vault: Vault, *found: Hit) -> None:
    """Bring hits through every stage."""
    with ledger.writing() as connection:
        hits.put(connection, vault, found, batch_sha256="b" * 64, at=NOON)
        for before, after in pairwise(WALK):
            hits.advance(connection, [hit.id for hit in found], come_from=before, to=after)


def some_hits(count: int, *, start: int = 0, profile_id: str = "p" * 32) -> list[Hit]:
    """Hits about her, each of a post of its own."""
    return [
        a_hit(profile_id=profile_id, post=a_post(id=f"rss:{number}"), found_at=AFTER_EIGHT - timedelta(hours=3))
        for number in range(start, start + count)
    ]


def a_mailer(server: MailServer) -> SmtpMailer:
    """A mailer that knows this server."""
    return SmtpMailer(host=server.host, port=server.port, security="none", sender="brief@watch.example", timeout=5)
