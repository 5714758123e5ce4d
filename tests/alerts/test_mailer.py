import socket
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest
from pydantic import SecretStr

from monitors.alerts.letters import Sender, write_letter
from monitors.alerts.mailer import Delivery, DeliveryKind, SmtpMailer, mailer_from
from monitors.alerts.render import Rendered
from monitors.settings import Settings
from tests.builders import NOON
from tests.servers.smtp import PASSWORD, USER, MailServer, Manner, mail_server

HER = "lin@mail.example"
MAIL = Rendered(language="zh-CN", subject="每日简报 3月1日", text="您好。\n", html="<p>您好。</p>")
SENDER = Sender(address="brief@watch.example", name="每日简报")


def a_letter(to: str = HER, pause: str | None = None) -> bytes:
    return write_letter(MAIL, sender=SENDER, to=to, mail_id="m" * 32, at=NOON, pause=pause)


def a_mailer(server: MailServer, **changed: object) -> SmtpMailer:
    fields: dict[str, object] = {
        "host": server.host,
        "port": server.port,
        "security": "none",
        "sender": SENDER.address,
        "ca": server.ca,
        "timeout": 5,
    }
    return SmtpMailer(**fields | changed)  # type: ignore[arg-type] # a builder


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_mail_arrives(security: str, tmp_path: Path) -> None:
    """A mail arrives once, in plain, after STARTTLS or over TLS, with the certificate checked."""
    with mail_server(tmp_path, security=security) as server:
        delivery = a_mailer(server, security=security).send(HER, a_letter())

    assert delivery == Delivery(kind=DeliveryKind.SENT)
    (mail,) = server.mails_to(HER)
    assert mail["Subject"] == MAIL.subject
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == MAIL.text  # type: ignore[union-attr]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_login(security: str, tmp_path: Path) -> None:
    """With a user and a password the mailer logs in over the encrypted line."""
    with mail_server(tmp_path, security=security, login=True) as server:
        mailer = a_mailer(server, security=security, user=USER, password=SecretStr(PASSWORD))

        assert mailer.send(HER, a_letter()).kind is DeliveryKind.SENT
        assert server.logins == 1


def test_wrong_password_is_no_reason_to_give_up_on_her(tmp_path: Path) -> None:
    """A refused login is the same for every mail: no mail is given up for it."""
    with mail_server(tmp_path, security="starttls", login=True) as server:
        mailer = a_mailer(server, security="starttls", user=USER, password=SecretStr("wrong"))

        assert mailer.send(HER, a_letter()) == Delivery(kind=DeliveryKind.NO_SERVER, problem="login 535")


def test_password_never_goes_over_a_plain_line(tmp_path: Path) -> None:
    """Without TLS, a password is sent to nothing but this machine by name."""
    with mail_server(tmp_path, login=True) as server:
        # 127.1 leads here as well, but does not say so.
        elsewhere = a_mailer(server, host="127.1", user=USER, password=SecretStr(PASSWORD))

        assert elsewhere.send(HER, a_letter()) == Delivery(kind=DeliveryKind.NO_SERVER, problem="not_offered")
        assert server.connections == 1
        assert server.logins == 0


def test_plain_login_on_this_machine(tmp_path: Path) -> None:
    """A relay on this very machine may ask for a login without TLS."""
    with mail_server(tmp_path, login=True) as server:
        assert a_mailer(server, user=USER, password=SecretStr(PASSWORD)).send(HER, a_letter()).kind is DeliveryKind.SENT


def test_missing_login_is_the_operators_to_mend(tmp_path: Path) -> None:
    """A server that wants a login nobody set refuses the sender; no recipient is given up for it."""
    with mail_server(tmp_path, login=True) as server:
        assert a_mailer(server).send(HER, a_letter()) == Delivery(kind=DeliveryKind.LATER, problem="sender 530")


def test_unknown_certificate_is_refused(tmp_path: Path) -> None:
    """A server with a certificate nobody vouches for gets no mail."""
    with mail_server(tmp_path, security="tls") as server:
        delivery = a_mailer(server, security="tls", ca=None).send(HER, a_letter())

    assert delivery == Delivery(kind=DeliveryKind.NO_SERVER, problem="tls")
    assert server.received == []


def test_missing_starttls_is_refused(smtp: MailServer) -> None:
    """A server that does not offer the encryption we were told to use gets no mail."""
    delivery = a_mailer(smtp, security="starttls").send(HER, a_letter())

    assert delivery == Delivery(kind=DeliveryKind.NO_SERVER, problem="not_offered")
    assert smtp.received == []


@pytest.mark.parametrize(
    ("manner", "delivery"),
    [
        (Manner.REFUSE, Delivery(kind=DeliveryKind.REFUSED, problem="recipient 550")),
        (Manner.NOT_NOW, Delivery(kind=DeliveryKind.LATER, problem="recipient 451")),
        (Manner.REFUSE_WORDS, Delivery(kind=DeliveryKind.REFUSED, problem="data 554")),
        (Manner.TAKE_AND_HANG_UP, Delivery(kind=DeliveryKind.LATER, problem="hung_up")),
        (Manner.SLOW, Delivery(kind=DeliveryKind.LATER, problem="hung_up")),
    ],
)
def test_what_a_server_does(manner: Manner, delivery: Delivery, tmp_path: Path) -> None:
    """Each bad manner has its outcome; the server's own words, which may hold an address, are not in it."""
    with mail_server(tmp_path, manners={HER: manner}) as server:
        assert a_mailer(server, timeout=1).send(HER, a_letter()) == delivery


def test_nobody_listening() -> None:
    """A server that is not there is told apart from a refused recipient."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        mailer = SmtpMailer(host="127.0.0.1", port=free.getsockname()[1], security="none", sender=SENDER.address)

        assert mailer.send(HER, a_letter()) == Delivery(kind=DeliveryKind.NO_SERVER, problem="unreachable")


@pytest.mark.parametrize("address", ["晓月@mail.example", "lin@邮箱.example"], ids=["local part", "domain"])
def test_addresses_in_chinese(address: str, smtp: MailServer) -> None:
    """An address in Chinese characters is reachable where the server speaks SMTPUTF8."""
    assert a_mailer(smtp).send(address, a_letter(address)).kind is DeliveryKind.SENT
    assert len(smtp.received) == 1


def test_pause_button_of_the_mail_program() -> None:
    """The headers of RFC 8058 let a mail program stop the mails with one POST."""
    letter = message_from_bytes(a_letter(pause="https://watch.example/pause/token"), policy=SMTP)

    assert letter["List-Unsubscribe"] == "<https://watch.example/pause/token>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_letter_names_nobody() -> None:
    """The headers hold the neutral sender and the bare address, and no automatic reply is asked for."""
    letter = message_from_bytes(a_letter(), policy=SMTP)

    assert (letter["From"], letter["To"]) == ("每日简报 <brief@watch.example>", HER)
    assert letter["Message-ID"] == f"<{'m' * 32}@watch.example>"
    assert letter["Auto-Submitted"] == "auto-generated"


def test_long_link_survives_the_wire(smtp: MailServer) -> None:
    """A link is not broken by line lengths."""
    link = "https://watch.example/hits/" + "x" * 900
    mail = Rendered(language="en", subject="Brief", text=f"{link}\n", html=f'<a href="{link}">list</a>')
    letter = write_letter(mail, sender=SENDER, to=HER, mail_id="m" * 32, at=NOON)

    a_mailer(smtp).send(HER, letter)

    (got,) = smtp.mails_to(HER)
    assert link in got.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert link in got.get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_without_a_server_there_is_no_mailer() -> None:
    """Where no mail server is set, mails stay in the outbox."""
    assert mailer_from(Settings(smtp_host=None)) is None


def test_mailer_of_the_settings(tmp_path: Path) -> None:
    """The settings are the mailer's."""
    with mail_server(tmp_path, security="tls", login=True) as server:
        mailer = mailer_from(
            Settings(
                smtp_host=server.host,
                smtp_port=server.port,
                smtp_security="tls",
                smtp_user=USER,
                smtp_password=SecretStr(PASSWORD),
                smtp_ca=server.ca,
                mail_from=SENDER.address,
            )
        )

        assert mailer is not None
        assert mailer.send(HER, a_letter()).kind is DeliveryKind.SENT
