"""Links in mails and pages: signed, expiring, made for one recipient and one purpose."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from itsdangerous import BadData, URLSafeSerializer

from monitors.errors import MonitorError
from monitors.profiles import registration, withdrawal


class Purpose(StrEnum):
    """What a link is for; one made for one purpose opens nothing else."""

    HITS = "hits"
    HIT = "hit"
    PAUSE = "pause"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"
    NOT_ME = "not-me"
    CONFIRM_WITHDRAWAL = "confirm-withdrawal"
    WITHDRAWN = "withdrawn"
    ACTIVITY = "activity"
    EXPORT = "export"


LIFETIMES = {
    Purpose.HITS: timedelta(days=14),
    Purpose.HIT: timedelta(days=14),
    # The way out must work in a mail found months later.
    Purpose.PAUSE: timedelta(days=400),
    Purpose.WITHDRAW: timedelta(days=14),
    Purpose.CONFIRM: registration.CONFIRM_WITHIN,
    Purpose.NOT_ME: registration.CONFIRM_WITHIN,
    Purpose.CONFIRM_WITHDRAWAL: withdrawal.CONFIRM_WITHIN,
    Purpose.WITHDRAWN: withdrawal.GRACE,
    Purpose.ACTIVITY: timedelta(days=14),
    Purpose.EXPORT: timedelta(days=14),
}


NOT_LEADING_ON = frozenset({Purpose.PAUSE, Purpose.CONFIRM, Purpose.NOT_ME})
"""Links that may lie in a mail for long, or with a stranger: their pages have links to nothing else."""


class DeadLinkError(MonitorError):
    """A link that opens nothing: changed, made up, or for another purpose."""


class ExpiredLinkError(DeadLinkError):
    """A link of ours whose time is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link says once its signature is checked.

    ``recipient`` is the keyed hash of an address, ``subject`` the id of a hit or the code that the link spares typing.
    """

    purpose: Purpose
    profile_id: str
    recipient: str
    expires_at: datetime
    subject: str = ""

    def to(self, purpose: Purpose, subject: str = "") -> "Link":
        """Another link for the same reader; it lives no longer than this one, or clicking would renew it forever.

        Raises ValueError for a link that leads nowhere else: the way out of a mail of last year must not lead in.
        """
        if self.purpose in NOT_LEADING_ON:
            raise ValueError("a link that leads nowhere else")
        return Link(
            purpose=purpose,
            profile_id=self.profile_id,
            recipient=self.recipient,
            expires_at=self.expires_at,
            subject=subject,
        )

    def _claims(self) -> list[str | int]:
        return [self.profile_id, self.recipient, self.subject, int(self.expires_at.timestamp())]


class Links:
    """Makes and reads links under one secret key."""

    def __init__(self, key: str, public_url: str) -> None:
        self._key, self._public_url = key, public_url.rstrip("/")

    def new(self, purpose: Purpose, profile_id: str, recipient: str, now: datetime, subject: str = "") -> Link:
        """Give a link that lives as long as its purpose allows."""
        # Whole seconds, so that a link reads back as it was made.
        expires_at = (now + LIFETIMES[purpose]).replace(microsecond=0)
        return Link(purpose=purpose, profile_id=profile_id, recipient=recipient, expires_at=expires_at, subject=subject)

    def address(self, link: Link) -> str:
        """Where the link leads, in full."""
        return self._public_url + self.path(link)

    def path(self, link: Link) -> str:
        """Where the link leads on this site."""
        return f"/{link.purpose.value}/{self._signer(link.purpose).dumps(link._claims())}"  # noqa: SLF001 - same module

    def read(self, token: str, purpose: Purpose, now: datetime) -> Link:
        """Check a token. Raises DeadLinkError, or ExpiredLinkError for one of ours that is too old."""
        try:
            profile_id, recipient, subject, expires = self._signer(purpose).loads(token)
        except BadData as error:
            raise DeadLinkError("a link that is not ours") from error
        link = Link(
            purpose=purpose,
            profile_id=profile_id,
            recipient=recipient,
            expires_at=datetime.fromtimestamp(expires, UTC),
            subject=subject,
        )
        if link.expires_at <= now:
            raise ExpiredLinkError("a link whose time is over")
        return link

    def _signer(self, purpose: Purpose) -> URLSafeSerializer:
        options = {"key_derivation": "hmac", "digest_method": sha256}
        return URLSafeSerializer(self._key, salt=f"shouwang.link.{purpose.value}", signer_kwargs=options)
