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
    assert len(mails) == 1
    digest = mails[0]
    html = digest.get_body(preferencelist=("html",))
    assert html is not None
    words = str(digest["Subject"]) + html.get_content()
    assert "晓月" not in words
    assert "导师" not in words
    assert digest["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    found = [json.loads(line) for line in story.run("search", "晓月").out.splitlines()]
    assert len(found) == 2, "also the one that hides it between dots"
    by_photo = [json.loads(line) for line in story.run("search", "照片").out.splitlines()]
    assert [document["method"] for document in by_photo] == ["pdq"]
    reasons = json.loads(story.run("explain", by_photo[0]["hit_id"]).out)["matches"]
    assert all(match["reason"] for match in reasons)
    story.run("evidence", "verify")

    before = end_state(story)
    story.run("run")
    story.run("digest", "--send")
    assert end_state(story) == before
    assert len(story.smtp.mails_to("lin@mail.example")) == 1


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
    assert state["hits"] == ["index"] * 3
    assert len(state["exhibits"]) == 4, "three posts and one picture"
    assert len(state["found"]) == 3
    ids = set(story.smtp.message_ids)
    assert len(ids) == 1, "a mail sent twice carries the same Message-ID"


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
