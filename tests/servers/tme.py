"""A public channel as ``t.me/s`` shows it, in the markup of pages recorded in 2023 (Apkawa/rust-any2feed, MIT).

Twenty messages a page, the oldest first, ``?before=`` and ``?q=``, numbers that are missing where a post was deleted.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from urllib.parse import parse_qs, urlsplit

from tests.servers.internet import Internet
from tests.servers.web import Behaviour, Wire, answer_with, redirect_to

HTML = {"Content-Type": "text/html; charset=utf-8"}
PAGE = 20
START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def a_message(
    channel: str, number: int, text: str = "", *, inside: str = "", album: int = 1, service: bool = False
) -> str:
    """One message; ``inside`` is further markup of its bubble, ``album`` how many numbers it takes up."""
    written = (START + timedelta(minutes=number)).isoformat()
    pictures = "".join(
        f'<a class="tgme_widget_message_photo_wrap grouped_media_wrap js-message_photo" style="width:217px;'
        f"background-image:url('https://cdn4.telesco.pe/file/{channel}{at}.jpg')\" "
        f'href="https://t.me/{channel}/{at}?single"></a>'
        for at in range(number, number + album)
        if album > 1
    )
    said = f'<div class="tgme_widget_message_text js-message_text" dir="auto">{escape(text)}</div>' if text else ""
    kind = "service_message " if service else ""
    return (
        f'<div class="tgme_widget_message_wrap js-widget_message_wrap"><div class="tgme_widget_message {kind}'
        f'text_not_supported_wrap js-widget_message" data-post="{channel}/{number}"><div class="tgme_widget_message_bubble">'
        '<div class="tgme_widget_message_author accent_color"><a class="tgme_widget_message_owner_name" '
        f'href="https://t.me/{channel}"><span dir="auto">青河夜话</span></a></div>{pictures}{inside}{said}'
        '<div class="tgme_widget_message_footer compact js-message_footer"><div class="tgme_widget_message_info short">'
        '<span class="tgme_widget_message_views">1.1K</span><span class="tgme_widget_message_meta">'
        f'<a class="tgme_widget_message_date" href="https://t.me/{channel}/{number}">'
        f'<time datetime="{written}" class="time">08:00</time></a></span></div></div></div></div></div>'
    )


def a_page(messages: list[str], *, more: str = "") -> bytes:
    """A channel's page with these messages."""
    return (
        '<!DOCTYPE html><html><head><title>青河夜话</title></head><body class="widget_frame_base"><main class="tgme_main">'
        f'<section class="tgme_channel_history js-message_history">{more}{"".join(messages)}</section></main></body></html>'
    ).encode()


NO_PREVIEW = (
    '<html><body><div class="tgme_page"><div class="tgme_page_extra">1 234 subscribers</div></div></body></html>'
)


@dataclass
class Channel:
    """A channel of that internet; ``has_link`` says whether its pages link to older ones, as they often do."""

    internet: Internet
    name: str = "qinghe_night"
    has_link: bool = True
    messages: dict[int, str] = field(default_factory=dict)
    page: int = PAGE

    def __post_init__(self) -> None:
        self.internet.site("t.me").misbehave(f"/s/{self.name}", self.behave)

    def publish(self, *texts: str) -> None:
        """Post these, one after the other."""
        for text in texts:
            number = max(self.messages, default=0) + 1
            self.messages[number] = a_message(self.name, number, text)

    def fail(self, behaviour: Behaviour) -> None:
        """Do this from now on."""
        self.internet.site("t.me").misbehave(f"/s/{self.name}", behaviour)

    def recover(self) -> None:
        """Answer rightly again."""
        self.internet.site("t.me").misbehave(f"/s/{self.name}", self.behave)

    def hide(self) -> None:
        """Show nothing to the web any more."""
        self.internet.site("t.me").answer(f"/{self.name}", NO_PREVIEW.encode(), headers=HTML)
        self.fail(redirect_to(f"/{self.name}"))

    def behave(self, wire: Wire) -> None:
        """Answer as t.me does."""
        asked = parse_qs(urlsplit(wire.request.path).query)
        before = int(asked.get("before", ["999999999"])[0])
        word = escape(asked.get("q", [""])[0])
        numbers = [number for number in sorted(self.messages) if number < before and word in self.messages[number]]
        shown = numbers[-self.page :]
        older = len(numbers) > self.page and self.has_link
        link = (
            f'<a href="/s/{self.name}?before={{0}}" class="tme_messages_more js-messages_more" data-before="{{0}}"></a>'
        )
        more = link.format(shown[0]) if older else ""
        answer_with(a_page([self.messages[number] for number in shown], more=more), headers=HTML)(wire)
