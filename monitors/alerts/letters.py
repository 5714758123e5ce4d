"""Putting a rendered mail into its envelope."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from monitors.alerts.render import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Whom mails come from; the name is what a lock screen shows."""

    address: str
    name: str

    @property
    def domain(self) -> str:
        """The domain that Message-IDs are made in."""
        return self.address.rpartition("@")[2]


def write_letter(
    mail: Rendered, *, sender: Sender, to: str, mail_id: str, at: datetime, pause: str | None = None
) -> bytes:
    """Give the message as it goes over the wire, with the Message-ID ``<mail_id@domain>``.

    With ``pause`` the mail program's own button stops the mails with one click (RFC 8058).
    """
    local, _, domain = wire_address(to).rpartition("@")
    letter = EmailMessage(policy=SMTP if local.isascii() else SMTPUTF8)
    letter["From"] = Address(sender.name, addr_spec=sender.address)
    letter["To"] = Address(username=local, domain=domain)
    letter["Subject"] = mail.subject
    letter["Date"] = format_datetime(at)
    letter["Message-ID"] = f"<{mail_id}@{sender.domain}>"
    letter["Content-Language"] = mail.language
    # No out-of-office note may answer: it would tell others that a mail came.
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Auto-Response-Suppress"] = "All"
    if pause:
        letter["List-Unsubscribe"] = f"<{pause}>"
        letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter.set_content(mail.text, cte="base64")
    letter.add_alternative(mail.html, subtype="html", cte="base64")
    return letter.as_bytes()


def wire_address(address: str) -> str:
    """Write the domain in ASCII; then only the part before the @ can need a server that speaks SMTPUTF8."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"
