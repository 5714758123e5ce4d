"""Registering invented people the way real ones are: with a code, confirmed."""

from monitors.parts import Parts
from monitors.profiles import registration
from monitors.records import Consent, PhotoSignal, Recipient, Scope, WatchProfile


def register_invented(
    parts: Parts,
    profile_id: str,
    *,
    names: tuple[str, ...],
    address: str,
    aliases: tuple[str, ...] = (),
    handles: tuple[str, ...] = (),
    context: tuple[str, ...] = (),
    language: str = "zh-CN",
    photos: tuple[PhotoSignal, ...] = (),
) -> None:
    """Register a profile of somebody who does not exist, and confirm it with its code."""
    now = parts.clock.now()
    scopes = (Scope.NAMES, Scope.IMAGE_HASHES)
    draft = WatchProfile(
        id=profile_id,
        names=names,
        aliases=aliases,
        handles=handles,
        context=context,
        languages=(language,),
        photos=photos,
        recipients=(Recipient(address=address, language=language),),
        consents=tuple(Consent(scope=scope, given_by="self", authority="self", given_at=now) for scope in scopes),
        was_minor=False,
    )
    with parts.ledger.writing() as ledger:
        registered = registration.register(ledger, parts.vault, draft, now)
        registration.confirm(ledger, parts.vault, profile_id, registered.code, now)
