"""A real SMTP server on loopback (aiosmtpd), with TLS, a login, and bad manners on request."""

import asyncio
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from enum import Enum, auto
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "shouwang", "river-and-moon"


class Manner(Enum):
    """How the server treats one recipient."""

    REFUSE = auto()
    """550 at RCPT."""
    NOT_NOW = auto()
    """451 at RCPT."""
    REFUSE_WORDS = auto()
    """554 after the message."""
    TAKE_AND_HANG_UP = auto()
    """Keeps the message and drops the line before saying so."""
    SLOW = auto()
    """Answers RCPT after two seconds."""


@dataclass
class MailServer:
    """Where it listens and what it was given."""

    host: str
    port: int
    ca: Path
    manners: Mapping[str, Manner] = field(default_factory=dict)
    received: list[tuple[str, EmailMessage]] = field(default_factory=list)
    connections: int = 0
    logins: int = 0

    def mails_to(self, address: str) -> list[EmailMessage]:
        """The messages taken for one address, a message taken twice counted twice."""
        return [mail for recipient, mail in self.received if recipient == address]

    @property
    def message_ids(self) -> list[str]:
        """Message-IDs in the order they came."""
        return [str(mail["Message-ID"]) for _, mail in self.received]


class Handler:
    """The server's manners."""

    def __init__(self, server: MailServer, *, login: bool) -> None:
        self.server, self.login = server, login

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Ask for a login where one is needed."""
        if self.login and not session.authenticated:
            return "530 5.7.0 authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _smtp: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        manner = self.server.manners.get(address)
        if manner is Manner.REFUSE:
            return f"550 5.1.1 no mailbox {address}"
        if manner is Manner.NOT_NOW:
            return f"451 4.3.0 {address} later"
        if manner is Manner.SLOW:
            await asyncio.sleep(2)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, smtp: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a message, and perhaps forget to say so."""
        (recipient,) = envelope.rcpt_tos
        manner = self.server.manners.get(recipient)
        if manner is Manner.REFUSE_WORDS:
            return "554 5.7.1 looks like spam"
        assert isinstance(envelope.content, bytes)
        self.server.received.append((recipient, message_from_bytes(envelope.content, policy=default)))
        if manner is Manner.TAKE_AND_HANG_UP:
            assert isinstance(smtp.transport, asyncio.Transport)
            smtp.transport.abort()
        return "250 OK"


@contextmanager
def mail_server(
    folder: Path, *, security: str = "none", manners: Mapping[str, Manner] | None = None, login: bool = False
) -> Iterator[MailServer]:
    """Serve mail on a free port of 127.0.0.1; ``security`` is none, starttls or tls."""
    authority = trustme.CA()
    ca = folder / "mail-ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = MailServer(host="127.0.0.1", port=0, ca=ca, manners=manners or {})

    def authenticate(_smtp: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        server.logins += 1
        success = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=success, handled=False)

    options: dict[str, Any] = {"hostname": "mail.test", "enable_SMTPUTF8": True}
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if login:
        options |= {"authenticator": authenticate, "auth_require_tls": security == "starttls"}

    def protocol() -> SMTP:
        server.connections += 1
        return SMTP(Handler(server, login=login), loop=loop, **options)

    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(
        loop.create_server(protocol, server.host, 0, ssl=context if security == "tls" else None)
    )
    server.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="mail server")
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_close(listening), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


async def _close(listening: asyncio.Server) -> None:
    listening.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@pytest.fixture
def smtp(tmp_path: Path) -> Iterator[MailServer]:
    """A well-behaved server without TLS."""
    with mail_server(tmp_path) as server:
        yield server
