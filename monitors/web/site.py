"""What every page stands on: the parts of the installation, and the reader behind a link."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from monitors.alerts.desk import Desk
from monitors.alerts.links import DeadLinkError, Link, Purpose
from monitors.ledger import hits, profiles
from monitors.ledger.engine import Ledger
from monitors.ledger.profiles import ProfileStatus
from monitors.profiles.checks import confirming_address
from monitors.profiles.profile_file import Fingerprinter
from monitors.profiles.vault import Vault
from monitors.records import Hit, Recipient, WatchProfile
from monitors.settings import Settings
from monitors.sources.pace import Clock
from monitors.web.limits import RateLimit


class Base(Protocol):
    """What the pages need of an installation; ``monitors.parts.Parts`` has it, and more."""

    @property
    def settings(self) -> Settings:
        """What the operator set."""
        ...

    @property
    def ledger(self) -> Ledger:
        """The system of record."""
        ...

    @property
    def vault(self) -> Vault:
        """Opens what is sealed."""
        ...

    @property
    def desk(self) -> Desk:
        """Writes mails and links."""
        ...

    @property
    def clock(self) -> Clock:
        """Says what time it is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who opened a page: a recipient of a profile's mails, by a link that was made for them."""

    link: Link
    profile: WatchProfile
    status: ProfileStatus
    recipient: Recipient

    @property
    def is_hers(self) -> bool:
        """Whether this is the address that confirmed; others see what she sees, and end nothing of hers."""
        return self.recipient.address == confirming_address(self.profile)

    @property
    def actor(self) -> str:
        """Who this is in the audit log: a role or a keyed hash, never an address."""
        return "herself" if self.is_hers else f"reader:{self.link.recipient}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the pages stand on. ``send_mails`` and ``erase`` run after an answer that makes them due."""

    base: Base
    fingerprint: Fingerprinter
    send_mails: Callable[[], object]
    erase: Callable[[], object]
    export: Callable[[str, str], bytes]
    """Packs a profile's evidence, by its id, for an actor of the audit log."""
    registrations: RateLimit = field(
        # Registering sends mail: it must not become a way to annoy people.
        default_factory=lambda: RateLimit(each=5, together=60, within=timedelta(hours=1))
    )

    @property
    def ledger(self) -> Ledger:
        """The system of record."""
        return self.base.ledger

    @property
    def vault(self) -> Vault:
        """Opens what is sealed."""
        return self.base.vault

    @property
    def desk(self) -> Desk:
        """Writes mails and links."""
        return self.base.desk

    def now(self) -> datetime:
        """The moment of this request."""
        return self.base.clock.now()

    def reader(self, connection: Connection, token: str, purpose: Purpose) -> Reader:
        """Find who holds a link. Raises DeadLinkError for anybody else: a removed recipient, an erased profile."""
        link = self.desk.links.read(token, purpose, self.now())
        status = profiles.status_of(connection, link.profile_id)
        profile = profiles.get(connection, self.vault, link.profile_id)
        if status is None or profile is None:
            raise DeadLinkError("a link to a profile that is gone")
        recipient = self.desk.recipient(profile.recipients, link.recipient)
        return Reader(link=link, profile=profile, status=status, recipient=recipient)

    def owner(self, connection: Connection, token: str, purpose: Purpose) -> Reader:
        """Find who holds a link that only the confirming address may use. Raises DeadLinkError for anybody else."""
        reader = self.reader(connection, token, purpose)
        if not reader.is_hers:
            raise DeadLinkError("a link that is not for this reader")
        return reader

    def hit(self, connection: Connection, reader: Reader) -> Hit:
        """Open the hit a link leads to. Raises DeadLinkError when it is gone or somebody else's."""
        hit = hits.one(connection, self.vault, reader.link.subject)
        if hit is None or hit.profile_id != reader.profile.id:
            raise DeadLinkError("a link to a hit that is gone")
        return hit

    def path(self, link: Link) -> str:
        """Where a link leads on this site."""
        return self.desk.links.path(link)
