"""From the form to a working watch, with the mails in between."""

import re
import tempfile
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from monitors.alerts.links import Purpose
from monitors.ledger import audit, outbox, profiles
from monitors.ledger.tables import blocked_addresses
from monitors.ledger.tables import profiles as profiles_table
from monitors.records import ProfileState, Schedule, Scope, WatchProfile
from monitors.web import uploads
from tests.web.room import Served

HER = "lin@mail.example"
JPEG = b"\xff\xd8\xff" + b"river" * 40
FILLED: dict[str, str | None] = {
    "names": "周知雨\nZhou Zhiyu\n",
    "aliases": "小雨",
    "handles": "@zhou_zy",
    "context": "青河学院\n\n海城",
    "address": HER,
    "hour": "21",
    "timezone": "America/New_York",
    "language": "zh-CN",
    "neutral": "on",
    "adult": "yes",
    "is_me": "on",
    "consent_names": "on",
}


def send(site: Served, *photos: tuple[str, bytes], **changed: str | None) -> httpx.Response:
    """Open the form as a browser does, fill it in and send it."""
    form = re.search(r'name="form" value="([^"]+)"', site.client.get("/register").text)
    assert form is not None
    fields = {"form": form[1]} | {name: value for name, value in (FILLED | changed).items() if value is not None}
    # A browser sends an empty nameless file where none was chosen.
    files = [("photos", photo) for photo in photos or (("", b""),)]
    return site.client.post("/register", data=fields, files=files)


def stored(site: Served) -> list[WatchProfile]:
    with site.room.ledger.reading() as connection:
        ids = [status.id for status in profiles.statuses(connection)]
        found = [profiles.get(connection, site.room.vault, profile_id) for profile_id in ids]
    return [profile for profile in found if profile]


def mailed_links(site: Served) -> dict[str, str]:
    """The links of the newest mail in the outbox, by purpose."""
    with site.room.ledger.writing() as connection:
        mail = outbox.claim(connection, site.room.clock.now())
        assert mail is not None
        letter = outbox.open_letter(connection, site.room.vault, mail)
        outbox.mark_sent(connection, mail, site.room.clock.now())
    assert letter is not None
    body = message_from_bytes(letter.message, policy=default).get_body(("plain",))
    assert body is not None
    return {found[1]: found[0] for found in re.finditer(rf"{site.address}/([a-z-]+)/\S+", body.get_content())}


def test_form_becomes_a_pending_profile(site: Served) -> None:
    """What was typed is stored, cleaned and sealed; nothing works before she confirms."""
    answer = send(site, ("me.jpg", JPEG), consent_image_hashes="on")

    assert answer.status_code == 200
    (profile,) = stored(site)
    assert profile.state is ProfileState.PENDING
    assert (profile.names, profile.aliases, profile.handles) == (("周知雨", "Zhou Zhiyu"), ("小雨",), ("@zhou_zy",))
    assert profile.context == ("青河学院", "海城")
    assert profile.schedule == Schedule(hour=21, timezone="America/New_York", neutral=True)
    assert [recipient.address for recipient in profile.recipients] == [HER]
    assert {consent.scope for consent in profile.consents} == {Scope.NAMES, Scope.IMAGE_HASHES}
    assert (len(profile.photos), profile.was_minor) == (1, False)


def test_confirmation_mail_leaves_at_once(site: Served) -> None:
    """Registering asks for the mails to be sent after the answer."""
    send(site)

    assert site.next_call() == "send_mails"


def test_whole_way_to_a_working_watch(site: Served) -> None:
    """Form, mail, page, press: only the press makes the profile work."""
    send(site)
    confirm = mailed_links(site)["confirm"]

    page = site.client.get(confirm)
    before = stored(site)[0].state
    pressed = site.client.post(confirm)

    assert "周知雨" in page.text
    assert (before, stored(site)[0].state) == (ProfileState.PENDING, ProfileState.ACTIVE)
    assert "21 点左右" in pressed.text


def test_pressing_twice_is_no_mistake(site: Served) -> None:
    """A second press finds it confirmed."""
    send(site)
    confirm = mailed_links(site)["confirm"]

    answers = [site.client.post(confirm).status_code for _ in range(2)]

    assert answers == [200, 200]


def test_confirmation_ends(site: Served) -> None:
    """Two days later the link is over and the profile still does not work."""
    send(site)
    confirm = mailed_links(site)["confirm"]
    site.room.clock.at += timedelta(days=2)

    assert site.client.post(confirm).status_code == 410
    assert stored(site)[0].state is ProfileState.PENDING


def test_code_of_another_time_does_not_confirm(site: Served) -> None:
    """A link of ours with a wrong code confirms nothing and counts as an attempt."""
    send(site)
    path = site.path(Purpose.CONFIRM, stored(site)[0], subject="WRNGCDE2")

    assert site.client.post(path).status_code == 410
    assert stored(site)[0].state is ProfileState.PENDING


def test_not_me_deletes_and_blocks(site: Served) -> None:
    """Whoever was registered by somebody else ends it with one press, for good."""
    send(site)
    not_me = mailed_links(site)["not-me"]

    asked, pressed = site.client.get(not_me), site.client.post(not_me)

    assert (asked.status_code, pressed.status_code) == (200, 200)
    assert stored(site) == []
    with site.room.ledger.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(blocked_addresses)) == 1


def test_confirmed_watch_is_not_ended_by_not_me(site: Served) -> None:
    """Once she confirmed, an old mail's other link deletes nothing."""
    send(site)
    links = mailed_links(site)
    site.client.post(links["confirm"])

    assert site.client.post(links["not-me"]).status_code == 409
    assert stored(site)[0].state is ProfileState.ACTIVE


def test_answer_tells_nobody_who_is_known(site: Served) -> None:
    """A fresh address, one that got a mail today and a blocked one get the same page."""
    first = send(site)
    again = send(site)
    site.client.post(mailed_links(site)["not-me"])
    site.room.clock.at += timedelta(days=3)
    blocked = send(site)

    assert first.text == again.text == blocked.text
    assert stored(site) == []


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"names": ""}, "names", "缺少"),
        ({"names": "周"}, "names", "只有一个字"),
        ({"names": "周知雨\n周知雨"}, "names", "重复了"),
        ({"aliases": "!!"}, "aliases", "没有文字"),
        ({"context": "x" * 81}, "context", "最多 80 个"),
        ({"handles": "\n".join(f"name{number}" for number in range(101))}, "handles", "最多 100 个"),
        ({"address": "nobody"}, "address", "不是能收信的邮箱地址"),
        ({"address": ""}, "address", "缺少"),
        ({"hour": "24"}, "hour", "应在 0 到 23 之间"),
        ({"hour": "²"}, "hour", "应在 0 到 23 之间"),
        ({"timezone": "Mars/Olympus"}, "timezone", "没有这个时区"),
        ({"timezone": "../../etc/passwd"}, "timezone", "没有这个时区"),
        ({"language": "tlh"}, "language", "邮件只有这些语言"),
        ({"is_me": None}, "is_me", "只有本人可以登记"),
        ({"consent_names": None}, "consent_names", "没有这一项同意"),
    ],
)
def test_mistake_is_told_at_its_field(site: Served, changed: dict[str, Any], field: str, words: str) -> None:
    """A form with a mistake comes back with the mistake at its field and everything else as it was typed."""
    answer = send(site, **changed)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert words in answer.text
    assert "青河学院" in answer.text or field == "context"
    assert stored(site) == []


def test_photos_need_their_own_consent(site: Served) -> None:
    """A photo without consent to image hashes is a mistake, not an assumption."""
    answer = send(site, ("me.jpg", JPEG))

    assert answer.status_code == 422
    assert "选了照片，就需要这一项同意" in answer.text


def test_unreadable_photo_is_named(site: Served) -> None:
    """A file that is no picture is named, with what to do."""
    answer = send(site, ("me.jpg", JPEG), ("notes.txt", b"hello"), consent_image_hashes="on")

    assert answer.status_code == 422
    assert "notes.txt：不是能读的图片格式" in answer.text


@pytest.mark.parametrize(("said", "was_minor"), [("yes", False), ("no", True), ("unsure", True), (None, True)])
def test_unknown_age_counts_as_a_child(site: Served, said: str | None, was_minor: bool) -> None:
    """Only a clear yes makes every photo an adult's."""
    send(site, adult=said)

    assert stored(site)[0].was_minor is was_minor


def test_typed_markup_stays_text(site: Served) -> None:
    """What somebody types cannot become part of the page."""
    answer = send(site, names='</textarea><b>x</b>"onload=y', address="nobody")

    assert "<b>x</b>" not in answer.text
    assert "&lt;/textarea&gt;" in answer.text


def test_photos_never_touch_the_disk(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A photo larger than a parser's usual buffer is still read in memory alone."""

    def refuse(*_anything: object, **_more: object) -> None:
        raise AssertionError("a temporary file was opened")

    monkeypatch.setattr(tempfile, "_TemporaryFileWrapper", refuse)
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)

    answer = send(site, ("me.jpg", b"\xff\xd8" + b"x" * (3 << 20)), consent_image_hashes="on")

    assert answer.status_code == 200
    assert len(stored(site)[0].photos) == 1


def test_too_large_a_form_is_refused_while_it_comes(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """More bytes than a form may have get a page that says what to do."""
    monkeypatch.setattr(uploads, "LARGEST_FORM", 1 << 20)

    answer = send(site, ("me.jpg", b"\xff\xd8" + b"x" * (2 << 20)), consent_image_hashes="on")

    assert answer.status_code == 413
    assert "缩小" in answer.text


def test_too_many_photos_are_refused(site: Served) -> None:
    """More files than the form allows are no form of ours."""
    answer = send(site, *[(f"{number}.jpg", JPEG) for number in range(13)], consent_image_hashes="on")

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n--x--\r\n"),
        ("application/json", b"{}"),
        ("application/x-www-form-urlencoded", b"\xff\xfe=%zz&&&"),
        ("", b""),
    ],
)
def test_bytes_that_are_no_form_are_refused(site: Served, kind: str, content: bytes) -> None:
    """Whatever is sent instead of a form gets a page, not an error of ours."""
    answer = site.client.post("/register", content=content, headers={"Content-Type": kind})

    assert answer.status_code in {400, 403}


def test_form_without_its_mark_is_refused(site: Served) -> None:
    """A form that this site did not give out registers nobody."""
    answer = site.client.post("/register", data={**FILLED, "form": "made-up"})

    assert answer.status_code == 403
    assert stored(site) == []


def test_registering_is_limited(site: Served) -> None:
    """From one place only so many may register in an hour; reading goes on."""
    answers = [send(site, address=f"her-{number}@mail.example").status_code for number in range(7)]

    assert answers == [200] * 5 + [429] * 2
    site.room.clock.at += timedelta(hours=1)
    assert send(site, address="her-9@mail.example").status_code == 200


def test_logs_name_nobody(site: Served) -> None:
    """Registering and confirming write ids into the log, and no name, address or link."""
    with capture_logs() as lines:
        send(site)
        send(site)
        link = mailed_links(site)["confirm"]
        site.client.post(link)

    assert [line["event"] for line in lines] == ["registered", "registration_refused"]
    for secret in ("周知雨", "小雨", HER, "青河学院", link.rpartition("/")[2]):
        assert secret not in str(lines)


def test_confirmation_is_in_the_audit_log(site: Served) -> None:
    """She can see later when it was registered and confirmed."""
    send(site)
    site.client.post(mailed_links(site)["confirm"])

    with site.room.ledger.reading() as connection:
        entries = audit.entries_of(connection, connection.scalar(select(profiles_table.c.id)) or "")
    assert [entry.action for entry in entries] == ["registered", "confirmed"]
