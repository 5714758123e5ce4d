"""The whole story, told once with real processes and real servers."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import create_engine, text

from tests.cli_runs import ROOT, settings_env
from tests.journey.servers import Story

pytestmark = [pytest.mark.needs_elasticsearch, pytest.mark.needs_postgres, pytest.mark.timeout(600)]


def end_state(story: Story) -> dict[str, list[str]]:
    """What is left of a run that must not depend on how it got there."""
    engine = create_engine(story.database)
    with engine.connect() as ledger:
        state = {
            "hits": [row[0] for row in ledger.execute(text("SELECT stage FROM hits ORDER BY id"))],
            "exhibits": [
                str(row[0]) for row in ledger.execute(text("SELECT sequence FROM exhibits ORDER BY sequence"))
            ],
            "outcomes": [
                f"{row[0]} {row[1]} {row[2]}"
                for row in ledger.execute(
                    text("SELECT stage, kind, SUM(count) FROM outcomes GROUP BY stage, kind ORDER BY stage, kind")
                )
            ],
        }
    engine.dispose()
    found = [json.loads(line) for line in story.run("search", "").out.splitlines()]
    return {**state, "found": sorted(document["text"] for document in found)}


def test_the_whole_story(story: Story) -> None:
    """She registers, confirms, is told once and calmly, can find and prove it; a second run tells nothing new."""
    profile_id = story.register()
    story.run("run")
    assert story.web.asked("/feed.xml") == 0, "nothing is crawled before she confirms"
    story.run("profile", "confirm", profile_id, "--code", story.code())
    story.set_back(profile_id)
    story.smtp.received.clear()

    story.run("run")
    story.run("digest", "--send")

    mails = story.smtp.mails_to("lin@mail.example")
    assert story.mails_of_kind("digest") == 1
    assert len(mails) == 1 + story.mails_of_kind("urgent")
    for mail in mails:
        html = mail.get_body(preferencelist=("html",))
        assert html is not None
        words = str(mail["Subject"]) + html.get_content()
        assert not any(word in words for word in ("晓月", "导师", "照片是谁"))
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    found = [json.loads(line) for line in story.run("search", "晓月").out.splitlines()]
    assert {document["source"] for document in found} == {"rss", "mastodon"}
    assert len(found) == 3, "also the one that hides it between dots"
    by_photo = [json.loads(line) for line in story.run("search", "照片").out.splitlines()]
    assert [document["method"] for document in by_photo] == ["pdq"]
    reasons = json.loads(story.run("explain", by_photo[0]["hit_id"]).out)["matches"]
    assert all(match["reason"] for match in reasons)
    story.run("evidence", "verify")

    before = end_state(story)
    story.run("run")
    story.run("digest", "--send")
    assert end_state(story) == before
    assert story.smtp.mails_to("lin@mail.example") == mails


def test_killed_anywhere_it_ends_the_same(story: Story) -> None:
    """A run that is killed with -9 again and again, then left alone, ends where one that never was ends."""
    story.start_watch()

    for seconds in (1.2, 2.0, 2.6, 3.2, 4.0):
        kill_after(seconds, story, "run")
    story.run("run")
    for seconds in (1.5, 2.5):
        kill_after(seconds, story, "digest", "--send")
    story.run("digest", "--send")

    state = end_state(story)
    assert state["hits"] == ["index"] * 4
    assert len(state["exhibits"]) == 6, "four posts and two pictures"
    assert len(state["found"]) == 4
    told = story.mails_of_kind("digest") + story.mails_of_kind("urgent")
    assert story.mails_of_kind("digest") == 1
    assert len(set(story.smtp.message_ids)) == told, "a mail sent twice carries the same Message-ID"


def kill_after(seconds: float, story: Story, *arguments: str) -> None:
    """Start a command and kill it like a power cut would."""
    process = subprocess.Popen(
        [sys.executable, "-m", "monitors.cli", *arguments],
        cwd=ROOT,
        env=settings_env(story.env),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
