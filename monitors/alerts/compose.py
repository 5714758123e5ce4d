"""Writing the digest of one profile for each of its recipients."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from monitors.alerts.coverage import Coverage, cover
from monitors.alerts.desk import Desk
from monitors.alerts.digest import DigestLinks, Undelivered, is_alerted, is_for_her, view_digest
from monitors.alerts.links import LIFETIMES, Purpose
from monitors.alerts.render import Rendered, render
from monitors.ledger import digests, fetches, hits, outbox, watches
from monitors.ledger.outbox import MailKind
from monitors.logs import log
from monitors.profiles.checks import confirming_address
from monitors.records import Hit, Recipient, WatchProfile

BENIGN_FOR = timedelta(days=3)
"""How long a post on her side waits to be counted; longer only if no digest was made for that long."""
LOOKS_FOR = timedelta(days=30)
"""How far back a watched source's last look is asked for."""

GAVE_UP = "gave_up"
"""How the problem of a mail begins that was tried for as long as it may be; any other was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What one digest tells, before it is told to anybody."""

    kind: MailKind
    day: date
    made_at: datetime
    hits: Sequence[Hit]
    coverage: Coverage
    gone: int = 0
    """Posts she was told of that went since the digest before."""
    under_way: int = 0
    """Posts that may be about her and wait to be judged and sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A rendered digest and whom it is for; ``pause`` is the address of its one-click pause."""

    recipient: Recipient
    mail: Rendered
    pause: str


def daily_edition(connection: Connection, desk: Desk, profile_id: str, day: date, now: datetime) -> Edition:
    """Give what the digest of that day tells: everything that no digest told of yet."""
    due = hits.due(connection, desk.vault, profile_id, benign_since=now - BENIGN_FOR)
    told = [hit for hit in due if is_alerted(hit) or is_for_her(hit)]
    coverage = cover(fetches.looks(connection, since=now - LOOKS_FOR), desk.watched, now)
    gone = watches.gone_since(connection, profile_id, _last_told(connection, profile_id, day, now))
    return Edition(
        kind=MailKind.DIGEST,
        day=day,
        made_at=now,
        hits=told,
        coverage=coverage,
        gone=gone,
        under_way=hits.count_under_way(connection, profile_id),
    )


def _last_told(connection: Connection, profile_id: str, day: date, now: datetime) -> datetime:
    before = (digests.digest_id(profile_id, MailKind.DIGEST.value, day - timedelta(days=back)) for back in range(1, 8))
    return next((at for digest in before if (at := digests.made_at(connection, digest))), now - timedelta(days=1))


def write_copies(connection: Connection, desk: Desk, profile: WatchProfile, edition: Edition) -> list[Copy]:
    """Write one copy a recipient, each in its language and with links of its own."""
    return [_write_copy(connection, desk, profile, recipient, edition) for recipient in profile.recipients]


def put_edition(connection: Connection, desk: Desk, profile: WatchProfile, edition: Edition, digest_id: str) -> None:
    """Note the digest, queue a mail a recipient, and say which hits are told: all of it or, when it raises, nothing."""
    digests.add(connection, digest_id, profile.id, day=edition.day, made_at=edition.made_at, hits=len(edition.hits))
    copies = write_copies(connection, desk, profile, edition)
    for copy in copies:
        desk.post(
            connection,
            copy.mail,
            profile_id=profile.id,
            recipient=copy.recipient,
            kind=edition.kind,
            key=digest_id,
            now=edition.made_at,
            digest_id=digest_id,
            pause=copy.pause,
        )
    hits.assign_digest(connection, [hit.id for hit in edition.hits], digest_id)
    log.info("digest", profile=profile.id, kind=edition.kind.value, hits=len(edition.hits), mails=len(copies))


def _write_copy(
    connection: Connection, desk: Desk, profile: WatchProfile, recipient: Recipient, edition: Edition
) -> Copy:
    links = _links(desk, profile, recipient, edition)
    view = view_digest(
        edition.hits,
        day=edition.day,
        coverage=edition.coverage,
        links=links,
        undelivered=_undelivered(connection, desk, profile.id, recipient),
        gone=edition.gone,
        under_way=edition.under_way,
    )
    mail = render(
        edition.kind.value,
        language=recipient.language,
        timezone=profile.schedule.timezone,
        view=view,
        neutral=profile.schedule.neutral,
    )
    return Copy(recipient=recipient, mail=mail, pause=links.pause)


def _undelivered(connection: Connection, desk: Desk, profile_id: str, recipient: Recipient) -> list[Undelivered]:
    failed = outbox.failed_since_last_sent(connection, desk.vault, profile_id, desk.reader(recipient))
    return [Undelivered(made_at=mail.made_at, is_refused=not mail.problem.startswith(GAVE_UP)) for mail in failed]


def _links(desk: Desk, profile: WatchProfile, recipient: Recipient, edition: Edition) -> DigestLinks:
    reader, now = desk.reader(recipient), edition.made_at

    def to(purpose: Purpose, hit_id: str = "") -> str:
        return desk.address(purpose, profile.id, reader, now, hit_id)

    return DigestLinks(
        all_hits=to(Purpose.HITS),
        hits={hit.id: to(Purpose.HIT, hit.id) for hit in edition.hits},
        pause=to(Purpose.PAUSE),
        withdraw=to(Purpose.WITHDRAW) if recipient.address == confirming_address(profile) else None,
        expire_on=(now + LIFETIMES[Purpose.HITS]).astimezone(ZoneInfo(profile.schedule.timezone)).date(),
    )
