"""X's official API v2, recent search: what its public reference says and one recorded answer shows (tweepy, MIT)."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.servers.internet import Internet
from tests.servers.web import Behaviour, Wire, answer_with

JSON = {"Content-Type": "application/json; charset=utf-8"}
EPOCH_MS = 1_288_834_974_657
PATH = "/2/tweets/search/recent"


def number_at(moment: datetime, at: int = 0) -> int:
    """The number of a post written then."""
    return (int(moment.timestamp() * 1000) - EPOCH_MS << 22) + at


def say(answer: dict[str, Any], *, status: int = 200, **headers: str) -> Behaviour:
    """Answer in JSON."""
    return answer_with(json.dumps(answer).encode(), status=status, headers=JSON | headers)


@dataclass
class X:
    """The platform. ``read`` is how many posts it has charged for."""

    internet: Internet
    page: int = 100
    read: int = 0
    posts: dict[int, dict[str, Any]] = field(default_factory=dict)
    started: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(hours=5))

    def __post_init__(self) -> None:
        self.recover()

    def recover(self) -> None:
        """Answer rightly."""
        self.internet.site("api.x.com").misbehave(PATH, self.search)

    def fail(self, behaviour: Behaviour) -> None:
        """Answer so from now on."""
        self.internet.site("api.x.com").misbehave(PATH, behaviour)

    def publish(self, *texts: str, **changed: Any) -> None:
        """Post these, a second apart."""
        for text in texts:
            moment = self.started + timedelta(seconds=len(self.posts))
            number = number_at(moment)
            self.posts[number] = {
                "id": str(number),
                "text": text,
                "author_id": "7",
                "created_at": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "lang": "zh",
                "edit_history_tweet_ids": [str(number)],
            } | changed

    def search(self, wire: Wire) -> None:
        """Answer a search."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(wire.request.path).query).items()}
        if wire.request.headers.get("authorization") != "Bearer token":
            say({"title": "Unauthorized", "status": 401}, status=401)(wire)
            return
        size = min(int(asked["max_results"]), self.page)
        before = int(asked.get("next_token", "b1" + "9" * 20).removeprefix("b1"))
        after = int(asked.get("since_id", 0))
        found = [number for number in sorted(self.posts, reverse=True) if after < number < before]
        shown = found[:size]
        self.read += len(shown)
        meta: dict[str, Any] = {"result_count": len(shown)}
        if shown:
            meta |= {"newest_id": str(shown[0]), "oldest_id": str(shown[-1])}
        if len(found) > size:
            meta["next_token"] = f"b1{shown[-1]}"
        answer: dict[str, Any] = {"meta": meta}
        if shown:
            answer |= {
                "data": [self.posts[number] for number in shown],
                "includes": {"users": [{"id": "7", "username": "passer_by", "name": "路人"}]},
            }
        say(answer)(wire)
