"""Two who are protected by one installation: neither meets a trace of the other."""

import json
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from monitors.errors import StopRun
from monitors.ledger import exhibits
from monitors.records import Recipient
from tests.servers.smtp import MailServer
from tests.servers.web import serving
from tests.system.house import HER, MAIL, OTHER, THREAT, House, feed, house_in

OTHERS_MAIL = "chen@mail.example"
ABOUT_OTHER = "陈雨桐你给我等着，明天放学别想走出校门"
ABOUT_BOTH = "听说林晓月和陈雨桐的事了吗，两个人都不要脸"


@pytest.fixture
def house(tmp_path: Path, smtp: MailServer) -> Iterator[House]:
    """Both were watched over for a day and were told."""
    with serving() as web:
        house = house_in(tmp_path, web, smtp_host=smtp.host, smtp_port=str(smtp.port), smtp_security="none")
        house.protect()
        house.protect(id=OTHER, names=("陈雨桐",), recipients=(Recipient(address=OTHERS_MAIL),))
        web.answer("/feed.xml", feed(THREAT, ABOUT_OTHER, ABOUT_BOTH))
        house.lines("run")
        house.lines("digest", "--send")
        yield house


def texts(house: House, profile_id: str) -> set[str]:
    """What the search store has for one of them."""
    return {str(document["text"]) for document in house.lines("search", "", "--profile", profile_id)}


def words_of(mail: EmailMessage) -> str:
    """Everything a mail says, headers and both forms of the body."""
    bodies = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n".join([*map(str, mail.values()), *bodies])


def test_each_has_her_own_hits(house: House) -> None:
    """A post about both is a hit of each, for her own name alone, and its writer has two pseudonyms."""
    assert texts(house, HER) == {THREAT, ABOUT_BOTH}
    assert texts(house, OTHER) == {ABOUT_OTHER, ABOUT_BOTH}
    for hit in house.hits():
        (explained,) = house.lines("explain", hit.id)
        name, others_name = ("林晓月", "陈雨桐") if hit.profile_id == HER else ("陈雨桐", "林晓月")
        reasons = json.dumps(explained["matches"], ensure_ascii=False)
        assert name in reasons
        assert others_name not in reasons
    authors = {document.profile_id: document.author for document in house.documents("林晓月和陈雨桐")}
    assert authors[HER] != authors[OTHER]


def test_each_gets_her_own_mails(house: House, smtp: MailServer) -> None:
    """No mail names the other, her profile or a hit of hers, and each was told of nothing but her own posts."""
    ids = {
        profile: {hit.id for hit in house.hits() if hit.profile_id == profile} | {profile} for profile in (HER, OTHER)
    }

    hers, others = smtp.mails_to(MAIL), smtp.mails_to(OTHERS_MAIL)

    assert hers
    assert others
    assert not any(foreign in words_of(mail) for mail in hers for foreign in (*ids[OTHER], OTHERS_MAIL, "陈雨桐"))
    assert not any(foreign in words_of(mail) for mail in others for foreign in (*ids[HER], MAIL, "林晓月"))
    assert THREAT in house.told(HER) <= {THREAT, ABOUT_BOTH}
    assert ABOUT_OTHER in house.told(OTHER) <= {ABOUT_OTHER, ABOUT_BOTH}


def test_each_has_her_own_proof(tmp_path: Path, house: House) -> None:
    """A bundle holds what is about her alone, and her key opens no exhibit of the other."""
    house.run("evidence", "export", HER, "--to", str(tmp_path / "bundle"))

    bundle = b"".join(path.read_bytes() for path in (tmp_path / "bundle").rglob("*") if path.is_file())
    assert THREAT.encode() in bundle
    assert ABOUT_BOTH.encode() in bundle
    assert ABOUT_OTHER.encode() not in bundle
    assert OTHER.encode() not in bundle
    with house.opened() as parts:
        with parts.ledger.reading() as ledger:
            link = exhibits.chain_of(ledger, OTHER)[0]
        with pytest.raises(StopRun):
            parts.vault.open(HER, link.sealed, label=f"exhibits:{link.id}")
