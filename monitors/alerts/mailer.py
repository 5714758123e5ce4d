"""Handing one mail to the mail server, and saying what became of it."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from smtplib import (
    SMTP,
    SMTP_SSL,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from typing import Protocol

from pydantic import SecretStr
from typing_extensions import override

from monitors.alerts.letters import wire_address
from monitors.settings import Settings

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class DeliveryKind(StrEnum):
    """What became of one mail; ``no_server`` would be the same for every other mail now."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    NO_SERVER = "no_server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one mail. ``problem`` is a short id with the server's number, never its words."""

    kind: DeliveryKind
    problem: str = ""


class Mailer(Protocol):
    """Sends a finished message to one address."""

    def send(self, to: str, message: bytes) -> Delivery:
        """Say what became of it. Nothing is raised for what a server or the network does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpMailer(Mailer):
    """Speaks SMTP to one server, a connection a mail."""

    host: str
    port: int
    security: str
    sender: str
    user: str | None = None
    password: SecretStr | None = None
    ca: Path | None = None
    timeout: float = 30

    @override
    def send(self, to: str, message: bytes) -> Delivery:
        """Send one message; a server that hung up half-way may have taken it, and is asked again later."""
        try:
            with self._server() as server:
                return _hand_over(server, self.sender, wire_address(to), message)
        except (OSError, SMTPException) as error:
            return Delivery(kind=DeliveryKind.NO_SERVER, problem=_connecting_problem(error))

    @contextmanager
    def _server(self) -> Iterator[SMTP]:
        context = ssl.create_default_context(cafile=self.ca) if self.security != "none" else None
        # Our own name for the greeting: asking the resolver for it is slow and tells the server the machine's name.
        name = self.sender.rpartition("@")[2]
        if self.security == "tls":
            server: SMTP = SMTP_SSL(self.host, self.port, name, timeout=self.timeout, context=context)
        else:
            server = SMTP(self.host, self.port, name, timeout=self.timeout)
        try:
            if self.security == "starttls":
                server.starttls(context=context)
            self._log_in(server)
            yield server
        finally:
            _part(server)

    def _log_in(self, server: SMTP) -> None:
        if self.user is None:
            return
        if self.security == "none" and self.host not in LOOPBACK:
            raise SMTPNotSupportedError("a password goes over an encrypted line only")
        server.login(self.user, self.password.get_secret_value() if self.password else "")


def mailer_from(settings: Settings) -> SmtpMailer | None:
    """Give the mailer of the settings; None where no mail server is set and mails stay in the outbox."""
    if settings.smtp_host is None:
        return None
    return SmtpMailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        sender=settings.mail_from,
        user=settings.smtp_user,
        password=settings.smtp_password,
        ca=settings.smtp_ca,
        timeout=settings.smtp_timeout_seconds,
    )


def _hand_over(server: SMTP, sender: str, recipient: str, message: bytes) -> Delivery:
    try:
        server.sendmail(sender, [recipient], message, mail_options=_options(recipient))
    except SMTPRecipientsRefused as error:
        ((code, _),) = error.recipients.values()
        return _refusal("recipient", code)
    except SMTPSenderRefused as error:
        # Refusing the sender is the operator's to mend, and no reason to give up on a recipient.
        return Delivery(kind=DeliveryKind.LATER, problem=f"sender {error.smtp_code}")
    except SMTPDataError as error:
        return _refusal("data", error.smtp_code)
    except SMTPNotSupportedError:
        return Delivery(kind=DeliveryKind.REFUSED, problem="address_needs_smtputf8")
    except (OSError, SMTPException):
        return Delivery(kind=DeliveryKind.LATER, problem="hung_up")
    return Delivery(kind=DeliveryKind.SENT)


def _options(recipient: str) -> list[str]:
    return [] if recipient.isascii() else ["SMTPUTF8"]


def _refusal(step: str, code: int) -> Delivery:
    kind = DeliveryKind.REFUSED if 500 <= code < 600 else DeliveryKind.LATER
    return Delivery(kind=kind, problem=f"{step} {code}")


def _connecting_problem(error: Exception) -> str:
    if isinstance(error, SMTPAuthenticationError):
        return f"login {error.smtp_code}"
    if isinstance(error, SMTPResponseException):
        return f"greeting {error.smtp_code}"
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, SMTPNotSupportedError):
        return "not_offered"
    return "unreachable"


def _part(server: SMTP) -> None:
    # What came after the server's yes cannot undo it: a lost goodbye is no failure.
    try:
        server.quit()
    except (OSError, SMTPException):
        server.close()
