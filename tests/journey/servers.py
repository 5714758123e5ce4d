"""The real servers of the story, and what stands on them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from monitors.cli.demo.pictures import copy_badly, draw_picture
from tests.cli_runs import Said, shouwang
from tests.servers.elasticsearch import ElasticsearchNode
from tests.servers.mastodon import mastodon_running
from tests.servers.postgres import Postgres
from tests.servers.smtp import MailServer
from tests.servers.web import Web, serving

FEED = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>wall</title>
<item><guid>w1</guid><link>{url}/w1</link><pubDate>Fri, 20 Nov 2026 12:00:00 +0000</pubDate>
<description><![CDATA[<p>听说设计系的林·晓·月是靠陪导师吃饭保研的</p>]]></description></item>
<item><guid>w2</guid><link>{url}/w2</link><pubDate>Fri, 20 Nov 2026 12:10:00 +0000</pubDate>
<description><![CDATA[<p>这照片是谁，有更多吗</p><img src="{url}/copy.jpg">]]></description></item>
<item><guid>w3</guid><link>{url}/w3</link><pubDate>Fri, 20 Nov 2026 12:20:00 +0000</pubDate>
<description><![CDATA[<p>食堂的糖醋排骨又涨价了</p>]]></description></item>
<item><guid>w4</guid><link>{url}/w4</link><pubDate>Fri, 20 Nov 2026 12:30:00 +0000</pubDate>
<description><![CDATA[<p>别再传林晓月的谣言了，都是假的</p>]]></description></item>
</channel></rss>"""
PROFILE = """names: [林晓月]
context: [青河学院]
recipients:
  - {address: lin@mail.example, language: zh-CN, self: true}
schedule: {hour: 0, timezone: Asia/Shanghai}
photos:
  - {file: photo.jpg, label: 毕业照}
adult_in_all_photos: true
consents:
  - {scope: names, given_by: self, authority: self}
  - {scope: image_hashes, given_by: self, authority: self}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An installation over real servers."""

    env: dict[str, str]
    smtp: MailServer
    web: Web
    database: str
    profile: Path

    def run(self, *arguments: str) -> Said:
        """Run a command that has to work."""
        said = shouwang(*arguments, env=self.env)
        assert said.code == 0, said.err
        return said

    def register(self) -> str:
        """Register her and give the profile's id."""
        return self.run("profile", "add", str(self.profile)).out.strip()

    def code(self) -> str:
        """The code of the confirmation mail."""
        (mail,) = self.smtp.mails_to("lin@mail.example")
        body = mail.get_body(preferencelist=("plain",))
        assert body is not None
        (code,) = re.findall(r"\b([2-9A-Z]{4} [2-9A-Z]{4})\b", body.get_content())
        return str(code)

    def start_watch(self) -> str:
        """Register and confirm; as if that had been two days ago, so that a digest is due today."""
        profile_id = self.register()
        self.run("profile", "confirm", profile_id, "--code", self.code())
        self.set_back(profile_id)
        self.smtp.received.clear()
        return profile_id

    def mails_of_kind(self, kind: str) -> int:
        """How many mails of a kind were sent, by the ledger."""
        engine = create_engine(self.database)
        with engine.connect() as connection:
            asked = text("SELECT COUNT(*) FROM outbox WHERE kind = :kind AND state = 'sent'")
            sent = connection.execute(asked, {"kind": kind}).scalar_one()
        engine.dispose()
        return int(sent)

    def set_back(self, profile_id: str) -> None:
        """Let two days pass since she confirmed."""
        engine = create_engine(self.database)
        with engine.begin() as connection:
            moved = text("UPDATE profiles SET confirmed_at = confirmed_at - INTERVAL '2 days' WHERE id = :id")
            connection.execute(moved, {"id": profile_id})
        engine.dispose()


@pytest.fixture
def story(
    tmp_path: Path, postgres: Postgres, elasticsearch_node: ElasticsearchNode, index_prefix: str, smtp: MailServer
) -> Iterator[Story]:
    """Mastodon and feed server, PostgreSQL, Elasticsearch and SMTP, all real, and a profile file."""
    photo = draw_picture("lin")
    (tmp_path / "photo.jpg").write_bytes(photo)
    profile = tmp_path / "profile.yaml"
    profile.write_text(PROFILE, encoding="utf-8")
    database = postgres.new_database()
    with serving() as web, mastodon_running(tmp_path) as mastodon:
        mastodon.post("恭喜 #林晓月 的作品入选年度展", media_ids=[mastodon.upload(draw_picture("tree"))])
        mastodon.post("今天天气很好 #散步")
        web.answer("/feed.xml", FEED.format(url=web.url("")).encode(), headers={"Content-Type": "application/rss+xml"})
        web.answer("/copy.jpg", copy_badly(photo), headers={"Content-Type": "image/jpeg"})
        env = {
            "SHOUWANG_HOME": str(tmp_path / "home"),
            "SHOUWANG_DATABASE_URL": database,
            "SHOUWANG_ELASTICSEARCH_URL": elasticsearch_node.url,
            "SHOUWANG_INDEX_PREFIX": index_prefix,
            "SHOUWANG_SMTP_HOST": smtp.host,
            "SHOUWANG_SMTP_PORT": str(smtp.port),
            "SHOUWANG_SMTP_SECURITY": "none",
            "SHOUWANG_FEEDS": web.url("/feed.xml"),
            "SHOUWANG_MASTODON_SERVERS": mastodon.url,
            "SHOUWANG_RUN_SOURCES": "rss,mastodon",
            "SHOUWANG_ALLOW_HOSTS": f"127.0.0.1:{web.port} {mastodon.host}",
        }
        yield Story(env=env, smtp=smtp, web=web, database=database, profile=profile)
    postgres.drop(database)
