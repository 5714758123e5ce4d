"""Where mails are written: keys, links, sender, and for which sources a digest answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection

from monitors.alerts.letters import Sender, write_letter
from monitors.alerts.links import DeadLinkError, Links, Purpose
from monitors.alerts.render import Rendered
from monitors.ledger import outbox
from monitors.ledger.outbox import Letter, MailKind
from monitors.messages import say_in
from monitors.profiles.registration import mac_of_address
from monitors.profiles.vault import Vault
from monitors.records import Recipient
from monitors.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What it takes to write a mail."""

    vault: Vault
    links: Links
    mail_from: str
    mail_from_name: str
    watched: tuple[str, ...]

    @classmethod
    def of(cls, vault: Vault, settings: Settings) -> "Desk":
        """Give the desk of an installation."""
        return cls(
            vault=vault,
            links=Links(vault.mac("links", "1"), settings.public_url),
            mail_from=settings.mail_from,
            mail_from_name=settings.mail_from_name,
            watched=settings.watched_sources,
        )

    def reader(self, recipient: Recipient) -> str:
        """Name a recipient in links and where the outbox tells them apart, as a keyed hash."""
        return mac_of_address(self.vault, recipient.address)[:32]

    def recipient(self, recipients: Sequence[Recipient], reader: str) -> Recipient:
        """Find whom a link was made for. Raises DeadLinkError when that address gets no mail any more."""
        for recipient in recipients:
            if self.reader(recipient) == reader:
                return recipient
        raise DeadLinkError("a link of somebody who is no recipient any more")

    def address(self, purpose: Purpose, profile_id: str, reader: str, now: datetime, subject: str = "") -> str:
        """Make a link for a mail."""
        return self.links.address(self.links.new(purpose, profile_id, reader, now, subject))

    def sender(self, language: str) -> Sender:
        """Whom a mail in this language comes from; neutral unless the operator chose a name."""
        return Sender(address=self.mail_from, name=self.mail_from_name or say_in(language)("mail.sender"))

    def post(
        self,
        connection: Connection,
        mail: Rendered,
        *,
        profile_id: str,
        recipient: Recipient,
        kind: MailKind,
        key: str,
        now: datetime,
        digest_id: str | None = None,
        pause: str | None = None,
    ) -> None:
        """Put a mail into the outbox; ``key`` and the recipient make its Message-ID, which never changes."""
        reader = self.reader(recipient)
        mail_id = sha256(f"{key}\n{reader}".encode()).hexdigest()[:32]
        message = write_letter(
            mail, sender=self.sender(mail.language), to=recipient.address, mail_id=mail_id, at=now, pause=pause
        )
        outbox.queue(
            connection,
            self.vault,
            Letter(address=recipient.address, recipient=reader, message=message),
            mail_id=mail_id,
            profile_id=profile_id,
            kind=kind,
            now=now,
            digest_id=digest_id,
        )
