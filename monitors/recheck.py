"""Deletion watch: the posts of known hits are looked at again, and what is found is proved.

Each look is a statement of its own in the profile's chain: when, with which answer, and from when to when the post
was seen to be there. An edited post's new words and the answer that says that a post is gone are sealed beside it.
A run may be killed anywhere and repeated: a look that was not written down is made again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import groupby

from monitors.evidence.chain import canonical
from monitors.evidence.gate import ABSENCE, LOOK, POST, Capture
from monitors.evidence.seal import seal_hit
from monitors.ledger import hits as stored
from monitors.ledger import watches
from monitors.ledger.watches import Presence, Watch
from monitors.logs import log
from monitors.parts import Parts
from monitors.records import Hit, Raw
from monitors.sources.again import Found, Look, Looker

STEPS = tuple(timedelta(hours=hours) for hours in (1, 6, 24, 72, 7 * 24, 30 * 24))
"""After a post was found: most of what goes goes within a day, and a complaint is answered within weeks."""
FIRST_RETRY = timedelta(minutes=30)
MOST_TRIES = 10
"""Looks in a row without an answer after the last step; then nobody looks any more."""
MOST_LOOKS = 500
"""Of one run: at a request a second and host these are minutes."""


def recheck(parts: Parts, looker: Looker, *, until: datetime) -> Counter[Presence]:
    """Look again at every hit whose hour has come, at most until then; count what was found."""
    counts: Counter[Presence] = Counter()
    with parts.ledger.writing() as ledger:
        watches.enrol(ledger, after=STEPS[0])
    with parts.ledger.reading() as ledger:
        due = watches.due(ledger, parts.clock.now(), most=MOST_LOOKS)
        opened = {watch.hit_id: stored.one(ledger, parts.vault, watch.hit_id) for watch in due}
    pairs = [(hit, watch) for watch in due if (hit := opened[watch.hit_id]) is not None]
    # A post that is a hit of two people is asked for once.
    pairs.sort(key=lambda pair: pair[0].post.id)
    for _, group in groupby(pairs, key=lambda pair: pair[0].post.id):
        if parts.clock.now() >= until:
            break
        together = list(group)
        look = looker.look(together[0][0].post, until)
        for hit, watch in together:
            counts[_settle(parts, hit, watch, look)] += 1
    if counts:
        log.info("recheck", **{presence.value: number for presence, number in sorted(counts.items())})
    return counts


def after(watch: Watch, look: Look, now: datetime) -> Watch:
    """Give what is known after this look, and when the next one is."""
    state = Presence(look.found.value)
    is_up = look.found in {Found.UP, Found.EDITED}
    changed = replace(watch, state=state, detail=look.detail[:64], looked_at=now)
    if is_up:
        changed = replace(changed, up_at=now, gone_at=None, content_sha256=_said(look) or watch.content_sha256)
    if look.found is Found.GONE:
        changed = replace(changed, gone_at=watch.gone_at or now)
    if look.found is Found.NOT_WATCHABLE:
        return replace(changed, next_at=None, tries=0)
    if look.found is Found.UNREACHABLE:
        return _later(changed, now)
    return replace(changed, next_at=_next_step(watch, now), tries=0)


def _settle(parts: Parts, hit: Hit, watch: Watch, look: Look) -> Presence:
    now = parts.clock.now()
    changed = after(watch, look, now)
    # What was edited is proved once, and not at every look again.
    is_new = look.found is Found.GONE or (look.found is Found.EDITED and _said(look) != watch.content_sha256)
    captures = _captures(hit, changed, look, is_new=is_new)
    if captures:
        seal_hit(parts.sealer, hit, captures)
    with parts.ledger.writing() as ledger:
        watches.put(ledger, changed)
    return changed.state


def _captures(hit: Hit, watch: Watch, look: Look, *, is_new: bool) -> Sequence[Capture]:
    if look.found not in {Found.UP, Found.EDITED, Found.GONE} or watch.looked_at is None:
        return ()
    said = _statement(hit, watch, look)
    statement = Raw.of(said, url=hit.post.url, media_type="application/json", fetched_at=watch.looked_at)
    kind = ABSENCE if look.found is Found.GONE else POST
    answer = [Capture(raw=look.raw, kind=kind)] if look.raw is not None and is_new else []
    return [Capture(raw=statement, kind=LOOK), *answer]


def _statement(hit: Hit, watch: Watch, look: Look) -> bytes:
    """Say what was seen, in JSON that anybody can read: times in UTC, and the hash of the answer."""
    return canonical(
        {
            "hit_id": hit.id,
            "found": look.found.value,
            "detail": look.detail,
            "looked_at": _time(watch.looked_at),
            "was_up_from": _time(first_seen(hit)),
            "was_up_to": _time(watch.up_at),
            "gone_since": _time(watch.gone_at),
            "answer_url": look.raw.url if look.raw else None,
            "answer_sha256": look.raw.sha256 if look.raw else None,
        }
    )


def first_seen(hit: Hit) -> datetime:
    """Give when a post was first seen to be there: when we fetched it. When it was written its page says itself."""
    return min(hit.post.fetched_at, hit.found_at)


def _said(look: Look) -> str:
    if look.post is None:
        return ""
    shown = "\0".join((look.post.text, *(media.url.partition("?")[0] for media in look.post.media)))
    return sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()


def _next_step(watch: Watch, now: datetime) -> datetime | None:
    return next((watch.found_at + step for step in STEPS if watch.found_at + step > now), None)


def _later(watch: Watch, now: datetime) -> Watch:
    """Try again soon, later with every try; the steps are not waited for, nor given up before the last."""
    tries = watch.tries + 1
    again_at = now + FIRST_RETRY * float(2 ** min(tries - 1, 6))
    step = _next_step(watch, now)
    if step is None and tries >= MOST_TRIES:
        return replace(watch, next_at=None, tries=tries)
    return replace(watch, next_at=min(again_at, step) if step else again_at, tries=tries)


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
