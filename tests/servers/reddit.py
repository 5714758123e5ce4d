"""Reddit's API: tokens and listings, in the shape that asyncpraw recorded (BSD-2), with invented people."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.servers.internet import Internet
from tests.servers.web import Behaviour, Wire, answer_with

JSON = {"Content-Type": "application/json; charset=UTF-8"}
BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def say(answer: Mapping[str, Any], *, status: int = 200) -> Behaviour:
    """Answer in JSON, with what is left of the limit."""
    left = {"x-ratelimit-remaining": "90.0", "x-ratelimit-used": "10", "x-ratelimit-reset": "300"}
    return answer_with(json.dumps(answer).encode(), status=status, headers=JSON | left)


def named(number: int) -> str:
    """A number as Reddit writes it."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = BASE36[digit] + digits
    return digits


def a_thing(number: int, text: str, *, kind: str = "t3", **changed: Any) -> dict[str, Any]:
    """A post, or with ``t1`` a comment."""
    name = named(1_000_000 + number)
    body = {"title": text, "selftext": ""} if kind == "t3" else {"body": text, "link_title": "别处的帖子"}
    data = {
        "id": name,
        "name": f"{kind}_{name}",
        "author": "passer_by",
        "created_utc": 1_772_352_000.0 + 60 * number,
        "permalink": f"/r/campus/comments/{name}/x/",
        "subreddit": "campus",
        "is_self": True,
        "url": f"https://www.reddit.com/r/campus/comments/{name}/x/",
    }
    return {"kind": kind, "data": data | body | changed}


def listing(things: list[dict[str, Any]], after: str | None = None) -> dict[str, Any]:
    """A page of things."""
    return {"kind": "Listing", "data": {"after": after, "before": None, "dist": len(things), "children": things}}


@dataclass
class Reddit:
    """The platform, in which every search and every subreddit finds every post."""

    internet: Internet
    page: int = 100
    posts: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.internet.site("www.reddit.com").misbehave("/api/v1/access_token", self.token)
        self.recover()

    def recover(self) -> None:
        """Answer rightly."""
        self.internet.site("oauth.reddit.com").misbehave("/*", self.list)

    def fail(self, behaviour: Behaviour, path: str = "/*") -> None:
        """Answer so from now on."""
        self.internet.site("oauth.reddit.com").misbehave(path, behaviour)

    def publish(self, *texts: str, **changed: Any) -> None:
        """Post these, a minute apart."""
        for text in texts:
            self.posts.append(a_thing(len(self.posts) + 1, text, **changed))

    def token(self, wire: Wire) -> None:
        """Answer who gives the right keys with a token."""
        is_right = wire.request.headers.get("authorization") == "Basic aWQ6c2VjcmV0"  # id:secret
        is_asked_right = wire.request.method == "POST" and wire.request.body == b"grant_type=client_credentials"
        if is_right and is_asked_right:
            say({"access_token": "t0ken", "token_type": "bearer", "expires_in": 3600, "scope": "*"})(wire)
        else:
            say({"message": "Unauthorized", "error": 401}, status=401)(wire)

    def list(self, wire: Wire) -> None:
        """Answer with a page."""
        asked = parse_qs(urlsplit(wire.request.path).query)
        kind = "t1" if "/comments" in wire.request.path else "t3"
        if wire.request.headers.get("authorization") != "Bearer t0ken":
            say({"message": "Unauthorized", "error": 401}, status=401)(wire)
            return
        found = [thing for thing in reversed(self.posts) if thing["kind"] == kind]
        names = [thing["data"]["name"] for thing in found]
        start = names.index(asked["after"][0]) + 1 if "after" in asked else 0
        shown = found[start : start + self.page]
        more = shown[-1]["data"]["name"] if start + self.page < len(found) else None
        say(listing(shown, more))(wire)
