"""What passes between stages: frozen records, each wrapped by the next stage and never edited.

The way of a post and the meaning of every word here: docs/journey.md and docs/glossary.md.
All times are UTC; a ``sha256`` is 64 lower-case hex digits; a ``score`` is 0 to 1, higher is closer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256


class Stage(StrEnum):
    """The stages of a post, in their order."""

    SOURCES = "sources"
    MATCHING = "matching"
    SCORING = "scoring"
    EVIDENCE = "evidence"
    INDEX = "index"


class OutcomeKind(StrEnum):
    """What became of one post in one stage; the counts of a stage sum to what went in."""

    PASSED = "passed"
    UNMATCHED = "unmatched"
    DUPLICATE = "duplicate"
    SKIPPED = "skipped"
    HELD = "held"
    QUARANTINED = "quarantined"


class FetchKind(StrEnum):
    """How a fetch ended; ``unreachable`` is the network, ``blocked`` the platform."""

    OK = "ok"
    EMPTY = "empty"
    LIMITED = "limited"
    LOGIN_NEEDED = "login_needed"
    BLOCKED = "blocked"
    CAPTCHA = "captcha"
    SCHEMA_CHANGED = "schema_changed"
    NOT_PUBLIC = "not_public"
    BUDGET_SPENT = "budget_spent"
    UNREACHABLE = "unreachable"
    BROKEN = "broken"


class ProfileState(StrEnum):
    """Only an ``active`` profile is matched, and only after the person confirmed."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    WITHDRAWING = "withdrawing"


class Scope(StrEnum):
    """What a consent allows; each is given apart."""

    NAMES = "names"
    IMAGE_HASHES = "image_hashes"
    FACES = "faces"


class Method(StrEnum):
    """How a post was found to be about her."""

    EXACT = "exact"
    NORMALISED = "normalised"
    VARIANT = "variant"
    PINYIN = "pinyin"
    INITIALS = "initials"
    HOMOPHONE = "homophone"
    LOOKALIKE = "lookalike"
    SPLIT = "split"
    MASK = "mask"
    GIVEN_NAME = "given_name"
    TITLED = "titled"
    LATIN = "latin"
    HANDLE = "handle"
    PHASH = "phash"
    PDQ = "pdq"
    WINDOW = "window"
    LOCAL = "local"
    FACE = "face"
    SUBMITTED = "submitted"


class Category(StrEnum):
    """What a text may concern; ``disclosure`` is kept and never alerted."""

    SEXUAL_RUMOR = "sexual_rumor"
    SEXUAL_IMAGERY = "sexual_imagery"
    SEXUAL_HARASSMENT = "sexual_harassment"
    DEFAMATION = "defamation"
    INSULT = "insult"
    THREAT = "threat"
    DOXXING = "doxxing"
    DISCLOSURE = "disclosure"


class Stance(StrEnum):
    """Which side the writer stands on, judged only where a category was found."""

    SPREADS = "spreads"
    DENIES = "denies"
    REPORTS = "reports"
    SUPPORTS = "supports"


class Severity(StrEnum):
    """How soon she should hear of it; ``none`` is kept and never alerted."""

    URGENT = "urgent"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One scope of consent: by whom, with what authority, until when."""

    scope: Scope
    given_by: str
    authority: str
    given_at: datetime
    expires_at: datetime | None = None
    document: str = ""
    """What shows the authority of a guardian or representative; empty where she gave it herself."""

    def holds_at(self, moment: datetime) -> bool:
        """Whether this consent covers that moment."""
        return self.given_at <= moment and (self.expires_at is None or moment < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """One perceptual hash of one picture; ``bits`` is hex, ``version`` names the code that made it."""

    algorithm: str
    version: str
    bits: str
    quality: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoSignal:
    """A reference photo reduced to its hashes; the photo itself is not kept."""

    id: str
    label: str
    fingerprints: tuple[Fingerprint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who gets the digest, in which language."""

    address: str
    language: str = "zh-CN"
    is_self: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When the digest goes out, in her own time; ``neutral`` hides what the mail is about."""

    hour: int = 8
    timezone: str = "Asia/Shanghai"
    neutral: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchProfile:
    """Who is protected, and what she allowed."""

    id: str
    names: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    """Words that tell another of the same name: her school, her work, her films."""
    languages: tuple[str, ...] = ("zh-CN",)
    photos: tuple[PhotoSignal, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    schedule: Schedule = field(default_factory=Schedule)
    consents: tuple[Consent, ...] = ()
    state: ProfileState = ProfileState.PENDING
    was_minor: bool = True
    """True unless she said that she is an adult in every reference photo; unknown counts as yes."""

    def allows(self, scope: Scope, moment: datetime) -> bool:
        """Whether she is being watched at that moment with that scope."""
        return self.state is ProfileState.ACTIVE and any(
            consent.scope is scope and consent.holds_at(moment) for consent in self.consents
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a source is asked; it never says for whom."""

    words: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A picture or video of a post; its bytes are fetched through the guard and not kept here."""

    url: str
    kind: str = "image"
    sha256: str | None = None
    fingerprints: tuple[Fingerprint, ...] = ()
    problem: str | None = None
    """Why it has no fingerprints, as an id such as ``too_large``; None when it was read."""
    words: str = ""
    """The words in it, one line each; empty where nobody looked or there are none."""
    imagery: float | None = None
    """How likely it is sexual, 0 to 1; None where nobody looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """Bytes as they arrived: the root of all evidence."""

    sha256: str
    content: bytes
    url: str
    media_type: str
    fetched_at: datetime

    @classmethod
    def of(cls, content: bytes, *, url: str, media_type: str, fetched_at: datetime) -> "Raw":
        """The bytes with their hash."""
        return cls(
            sha256=sha256(content).hexdigest(), content=content, url=url, media_type=media_type, fetched_at=fetched_at
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A public post; ``id`` is ``source:native_id``, ``raw_sha256`` the bytes it was read from."""

    id: str
    url: str
    text: str
    fetched_at: datetime
    raw_sha256: str
    author: str = ""
    author_name: str = ""
    media: tuple[Media, ...] = ()
    links: tuple[str, ...] = ()
    lang: str | None = None
    published_at: datetime | None = None

    @property
    def source(self) -> str:
        """The source that fetched it."""
        return self.id.partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a source goes on next time; its text is the source's own business."""

    source: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOutcome:
    """How a fetch ended. ``detail`` is a short technical id or number, never post text or a query.

    ``part`` is which feed or server of the source this was, as an id that may stand in a log; empty: all of it.
    """

    kind: FetchKind
    detail: str = ""
    retry_at: datetime | None = None
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Bytes a source could not read as a post: kept, with the reason and the place."""

    content: bytes
    place: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """What is new, with the cursor that follows it: stored together or not at all."""

    posts: tuple[Post, ...]
    cursor: Cursor | None
    outcome: FetchOutcome
    raws: tuple[Raw, ...] = ()
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A spool file: all that one stage tells the next, and all that an XCom carries."""

    path: str
    count: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Why a post may be about her. ``query`` is what was looked for, ``candidate`` what was found.

    ``span`` is ``[start, end)`` in code points of the post's text, None for a picture.
    """

    post_id: str
    profile_id: str
    method: Method
    score: float
    query: str
    candidate: str
    reason: str
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a text may concern, how surely, and by which model."""

    category: Category
    probability: float
    threshold: float
    model: str
    revision: str
    stance: Stance | None = None
    stance_probability: float | None = None
    muted: bool = False
    nearest: str | None = None
    """Id of the nearest example in the project's own corpus."""
    terms: tuple[str, ...] = ()
    """Words of the post that spoke most for a category that was found; kept where the post's text is kept."""

    @property
    def is_found(self) -> bool:
        """Whether the probability reaches the threshold."""
        return self.probability >= self.threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A post about a protected person, with everything the stages said of it."""

    id: str
    profile_id: str
    post: Post
    matches: tuple[Match, ...]
    found_at: datetime
    scores: tuple[Score, ...] = ()
    severity: Severity = Severity.NONE
    earlier_scores: tuple[Score, ...] = ()
    """What earlier models said, the latest of them first."""

    @property
    def strongest(self) -> Match:
        """The match that speaks most clearly."""
        return max(self.matches, key=lambda match: match.score)

    @property
    def categories(self) -> tuple[Category, ...]:
        """Categories found, the most probable first."""
        found = sorted((score for score in self.scores if score.is_found), key=lambda score: -score.probability)
        return tuple(score.category for score in found)


def hit_id(profile_id: str, post_id: str) -> str:
    """The id of the hit of a post for a profile: the same however often it is found."""
    return sha256(f"{profile_id}\n{post_id}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One link of a profile's evidence chain.

    ``sha256`` is the hash of this link (its canonical JSON without ``sha256``), ``previous`` that of the link
    before it, ``content_sha256`` that of the bytes it keeps.
    """

    id: str
    profile_id: str
    sequence: int
    previous: str
    sha256: str
    hit_id: str
    kind: str
    content_sha256: str
    media_type: str
    url: str
    captured_at: datetime
    actor: str
    tools: Mapping[str, str]
    is_stored: bool
    """False where the bytes may not be kept (minor rule) or were gone when looked at again."""
    reason: str = ""
    """Why bytes are not kept, as an id such as ``minor``; empty where they are."""
    fingerprints: tuple[Fingerprint, ...] = ()
    """What a picture can be found again by where its bytes may not be kept."""
