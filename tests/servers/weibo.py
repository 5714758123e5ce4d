"""m.weibo.cn, as far as its answers are known: no licensed recording exists.

The shape is what crawl4weibo 0.5.2 and snscrape 0.7 read (both looked at, neither copied), with invented people.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.servers.internet import Internet
from tests.servers.web import Behaviour, Wire, answer_with

JSON = {"Content-Type": "application/json; charset=utf-8"}
START = datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=8)))
FIRST = 5_270_000_000_000_000
NOTHING = {"ok": 0, "msg": "这里还没有内容", "data": {"cards": []}}
LOGIN_WALL = {"ok": -100, "url": "https://passport.weibo.com/sso/signin?entry=wapsso"}
CAPTCHA = "<html><body><div id='captcha'>请完成验证</div></body></html>"


def say(answer: Mapping[str, Any], *, status: int = 200) -> Behaviour:
    """Answer in JSON."""
    return answer_with(json.dumps(answer).encode(), status=status, headers=JSON)


def an_mblog(number: int, text: str, *, minutes: float | None = None, **changed: Any) -> dict[str, Any]:
    """One post, written so many minutes after eight o'clock."""
    written = START + timedelta(minutes=number if minutes is None else minutes)
    return {
        "visible": {"type": 0, "list_id": 0},
        "created_at": written.strftime("%a %b %d %H:%M:%S %z %Y"),
        "id": str(FIRST + number),
        "mid": str(FIRST + number),
        "bid": f"Qx{number:05d}",
        "text": text,
        "source": "iPhone客户端",
        "isLongText": False,
        "pic_num": 0,
        "region_name": "发布于 北京",
        "user": {
            "id": 1000000001,
            "screen_name": "青河路人",
            "verified": False,
            "description": "",
            "statuses_count": 3,
            "followers_count": "12",
            "follow_count": 1,
            "avatar_hd": "https://tvax1.sinaimg.cn/hd.jpg",
        },
        "reposts_count": 1,
        "comments_count": 2,
        "attitudes_count": 3,
    } | changed


def cards(mblogs: Sequence[Mapping[str, Any]], **info: Any) -> dict[str, Any]:
    """A list of posts, every other one inside of a group, as search gives them."""
    shown = [{"card_type": 9, "mblog": mblog} for mblog in mblogs]
    grouped = [{"card_type": 11, "card_group": [card]} if at % 2 else card for at, card in enumerate(shown)]
    return {"ok": 1, "data": {"cardlistInfo": {"total": 99, **info}, "cards": grouped}}


@dataclass
class Weibo:
    """The platform; ``most_pages`` is what one search shows at most, ``knows_slices`` whether it keeps to a slice of time."""

    internet: Internet
    page: int = 10
    most_pages: int = 1000
    knows_slices: bool = True
    posts: dict[int, dict[str, Any]] = field(default_factory=dict)
    long: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.recover()

    def recover(self) -> None:
        """Answer rightly."""
        site = self.internet.site("m.weibo.cn")
        site.misbehave("/api/container/getIndex", self.list)
        site.misbehave("/statuses/show", self.show)

    def fail(self, behaviour: Behaviour) -> None:
        """Answer every list so from now on."""
        self.internet.site("m.weibo.cn").misbehave("/api/container/getIndex", behaviour)

    def publish(self, *texts: str, **changed: Any) -> None:
        """Post these, a minute apart."""
        for text in texts:
            number = max(self.posts, default=0) + 1
            self.posts[number] = an_mblog(number, text, **changed)

    def list(self, wire: Wire) -> None:
        """Answer a search, or a user's timeline."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(wire.request.path).query).items()}
        if "SUB=" not in wire.request.headers.get("cookie", ""):
            say(LOGIN_WALL)(wire)
            return
        container = asked["containerid"]
        found = sorted(self.posts, reverse=True)
        if container.startswith("100103type="):
            self._search(wire, found, parse_qs(container, keep_blank_values=True), int(asked.get("page", 1)))
        else:
            self._timeline(wire, found, int(asked.get("since_id", 0)))

    def _search(self, wire: Wire, found: Sequence[int], asked: Mapping[str, Sequence[str]], number: int) -> None:
        word = asked["q"][0]
        numbers = [number for number in found if word in self.posts[number]["text"]]
        if self.knows_slices and "timescope" in asked:
            until = datetime.strptime(asked["timescope"][0].rpartition(":")[2], "%Y-%m-%d-%H").replace(
                tzinfo=START.tzinfo
            )
            numbers = [
                number
                for number in numbers
                if datetime.strptime(self.posts[number]["created_at"], "%a %b %d %H:%M:%S %z %Y") < until
            ]
        shown = numbers[(number - 1) * self.page : number * self.page] if number <= self.most_pages else []
        more = {"page": number + 1} if len(numbers) > number * self.page else {"page": None}
        say(cards([self.posts[number] for number in shown], **more) if shown else NOTHING)(wire)

    def _timeline(self, wire: Wire, found: Sequence[int], since: int) -> None:
        older = [number for number in found if not since or number < since]
        shown = older[: self.page]
        more = {"since_id": shown[-1]} if len(older) > self.page else {}
        say(cards([self.posts[number] for number in shown], **more) if shown else NOTHING)(wire)

    def show(self, wire: Wire) -> None:
        """Answer with one whole post."""
        bid = parse_qs(urlsplit(wire.request.path).query)["id"][0]
        mblog = next((mblog for mblog in self.posts.values() if mblog["bid"] == bid), None)
        if mblog is None or bid not in self.long:
            say({"ok": 0, "msg": "微博不存在或暂无查看权限!"}, status=200)(wire)
        else:
            say({"ok": 1, "data": mblog | {"text": self.long[bid]}})(wire)
