"""All variants of an entry: each script has its own ways."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitors.matching.names.kinds import Kind
from monitors.matching.names.normalise import read_batch, to_text
from monitors.matching.names.plausibility import people
from monitors.matching.names.tables import load_tables
from monitors.matching.names.variants.arabic import spell_arabic
from monitors.matching.names.variants.chinese import part_name, spell_chinese
from monitors.matching.names.variants.cyrillic import spell_cyrillic
from monitors.matching.names.variants.japanese import spell_japanese, spell_kana
from monitors.matching.names.variants.korean import spell_korean
from monitors.matching.names.variants.latin import part_latin, spell_latin
from monitors.matching.names.variants.variant import Rule, Variant, variant
from monitors.records import Method

LONGEST_CHINESE = 4
TRADITIONAL_LANGUAGES = ("zh-tw", "zh-hk", "zh-mo", "zh-hant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A name, alias or handle in the forms that are compared.

    ``letters`` are bare, without anything between them; ``parts`` and ``plain_parts`` the tokens of the bare and the
    plain form; ``kind`` its one script, ``LETTER`` when it mixes several.
    """

    text: str
    letters: str
    plain: str
    bare: str
    parts: tuple[str, ...]
    plain_parts: tuple[str, ...]
    kind: Kind
    is_handle: bool = False
    is_alias: bool = False
    is_traditional: bool = False
    is_japanese: bool = False

    @property
    def pieces(self) -> tuple[str, ...]:
        """Tokens of the bare form, also those within a hyphened one."""
        return tuple(re.findall(r"\w+", self.bare))

    @property
    def is_chinese(self) -> bool:
        """Whether it is a Chinese name of a usual length."""
        return self.kind is Kind.HAN and not self.is_japanese and 2 <= len(self.letters) <= LONGEST_CHINESE

    @property
    def is_full_name(self) -> bool:
        """Whether it can be taken for a full name: an alias must begin with a surname and have three letters."""
        return not self.is_alias or (len(self.letters) > 2 and self.letters[0] in people().surnames)

    @property
    def groups(self) -> tuple[str, ...]:
        """``surname:林`` and ``pet:月``."""
        if not (self.is_chinese and self.is_full_name):
            return ()
        name = part_name(self.letters)
        pets = dict.fromkeys((name.given[-1], name.given[0]))
        return (f"surname:{name.surname}", *(f"pet:{letter}" for letter in pets))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A text to be read as an entry."""

    text: str
    is_handle: bool = False
    is_alias: bool = False
    language: str = ""


def read_entries(asked: Sequence[Asked]) -> list[Entry]:
    """Read names, aliases and handles, all at once; the letters of one may be none."""
    batch = read_batch([ask.text for ask in asked])
    plain, bare, kinds = to_text(batch.codes), to_text(load_tables().bare[batch.codes]), batch.kinds.tobytes()
    bounds = batch.starts.tolist()
    return [
        _read_entry(ask, plain[start : end - 1], bare[start : end - 1], kinds[start : end - 1])
        for ask, start, end in zip(asked, bounds[:-1], bounds[1:], strict=True)
    ]


def _read_entry(ask: Asked, plain: str, bare: str, kinds: bytes) -> Entry:
    scripts = {kind for kind in kinds if kind >= Kind.HAN}
    return Entry(
        text=ask.text,
        letters="".join(letter for letter, kind in zip(bare, kinds, strict=True) if kind >= Kind.HAN),
        plain=plain,
        bare=bare,
        parts=_tokens(bare),
        plain_parts=_tokens(plain),
        kind=Kind(min(scripts)) if len(scripts) == 1 else Kind.LETTER,
        is_handle=ask.is_handle,
        is_alias=ask.is_alias,
        is_traditional=ask.language.startswith(TRADITIONAL_LANGUAGES) or plain != ask.text.casefold(),
        is_japanese=ask.language.startswith("ja"),
    )


def _tokens(text: str) -> tuple[str, ...]:
    pieces = (re.sub(r"[\W_]", "", piece) for piece in re.split(r"[\s,_]+", text))
    return tuple(piece for piece in pieces if piece)


def spell_entry(entry: Entry) -> Iterator[Variant]:
    """Give every way to write an entry, the plain one first."""
    if entry.letters:
        yield _plain(entry)
        if not entry.is_handle:
            yield from _other_ways(entry)


def _other_ways(entry: Entry) -> Iterator[Variant]:
    if entry.is_chinese and entry.is_full_name:
        yield from spell_chinese(part_name(entry.letters), traditional=entry.is_traditional)
    elif entry.kind is Kind.LATIN:
        yield from spell_latin(part_latin(entry.bare))
    elif entry.kind is Kind.CYRILLIC:
        yield from spell_cyrillic(entry.parts, entry.plain_parts)
    elif entry.is_japanese and entry.kind in {Kind.HAN, Kind.LETTER}:
        yield from spell_japanese(entry.parts, entry.letters)
    elif entry.kind is Kind.KANA:
        yield from spell_kana(list(entry.parts))
    elif entry.kind is Kind.HANGUL and 2 <= len(entry.letters) <= LONGEST_CHINESE:
        yield from spell_korean(entry.letters)
    elif entry.kind is Kind.ARABIC:
        yield from spell_arabic(entry.parts)


def _plain(entry: Entry) -> Variant:
    if entry.is_handle:
        return variant(entry.letters, Rule.HANDLE, Method.HANDLE, 0.0)
    if entry.kind in {Kind.HAN, Kind.KANA, Kind.HANGUL}:
        is_pet = entry.is_alias and len(entry.letters) == 2
        is_doubled = is_pet and entry.letters[0] == entry.letters[1]
        return variant(entry.letters, Rule.LETTERS, Method.EXACT, 2.0 if is_pet else 0.0, weak=is_doubled)
    return variant(entry.letters, Rule.LATIN, Method.EXACT, 0.0)
