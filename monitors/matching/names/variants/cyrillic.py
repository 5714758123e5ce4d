"""Russian names: their cases, and how they are written in Latin letters."""

from collections.abc import Iterator, Sequence
from itertools import product

from monitors.matching.names.variants.variant import Rule, Variant, variant
from monitors.records import Method

# Endings by case (nominative, genitive, dative, accusative, instrumental, prepositional); the longest that fits wins.
ENDINGS = {
    "ова": ("ова", "овой", "овой", "ову", "овой", "овой"),
    "ева": ("ева", "евой", "евой", "еву", "евой", "евой"),
    "ина": ("ина", "иной", "иной", "ину", "иной", "иной"),
    "ая": ("ая", "ой", "ой", "ую", "ой", "ой"),
    "яя": ("яя", "ей", "ей", "юю", "ей", "ей"),
    "ов": ("ов", "ова", "ову", "ова", "овым", "ове"),
    "ев": ("ев", "ева", "еву", "ева", "евым", "еве"),
    "ин": ("ин", "ина", "ину", "ина", "иным", "ине"),
    "скии": ("скии", "ского", "скому", "ского", "ским", "ском"),
    "цкии": ("цкии", "цкого", "цкому", "цкого", "цким", "цком"),
    "ои": ("ои", "ого", "ому", "ого", "ым", "ом"),
    "ии": ("ии", "ия", "ию", "ия", "ием", "ии"),
    "ыи": ("ыи", "ого", "ому", "ого", "ым", "ом"),
    "ия": ("ия", "ии", "ии", "ию", "иеи", "ии"),
    "я": ("я", "и", "е", "ю", "еи", "е"),
    "а": ("а", "ы", "е", "у", "ои", "е"),
    "и": ("и", "я", "ю", "я", "ем", "е"),
    "ь": ("ь", "и", "и", "ь", "ью", "и"),
}
OF_SURNAMES = ("ова", "ева", "ина", "ая", "яя", "ов", "ев", "ин", "скии", "цкии", "ои")
SOFT_MEN = ("орь", "арь", "ель", "оль")
"""Ends of soft names of men and of such surnames: Игорь, Король."""
FLEETING = {"павел": "павл", "лев": "льв", "петр": "петр", "яков": "яков"}
"""Names that lose a letter when declined, or end like a surname and are none."""
UNDECLINED = ("о", "е", "у", "ю", "э", "ы", "их", "ых", "ко")
LATIN = (
    dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", ["a", "b", "v", "g", "d", "e", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "-", "y", "-", "e", "yu", "ya"], strict=True)),
    dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", ["a", "b", "v", "g", "d", "e", "yo", "j", "z", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "h", "c", "ch", "sh", "sch", "-", "y", "-", "e", "iu", "ia"], strict=True)),
)  # fmt: skip


def decline(word: str, *, is_surname: bool = True) -> tuple[str, ...]:
    """Give the six cases of a name in bare letters (й is и, ё is е), by its ending alone.

    Алина is declined otherwise as a given name than Калинина as a surname.
    """
    if word.endswith(UNDECLINED):
        return (word,) * 6
    if word in FLEETING:
        return (word, *(FLEETING[word] + case for case in ("а", "у", "а", "ом", "е")))
    if word.endswith(SOFT_MEN):
        return (word, *(word[:-1] + case for case in ("я", "ю", "я", "ем", "е")))
    for ending, cases in ENDINGS.items():
        if word.endswith(ending) and len(word) > len(ending) and (is_surname or ending not in OF_SURNAMES):
            return tuple(word.removesuffix(ending) + case.replace("й", "и") for case in cases)
    return tuple(word + case for case in ("", "а", "у", "а", "ом", "е"))


def spell_cyrillic(parts: Sequence[str], plain_parts: Sequence[str]) -> Iterator[Variant]:
    """Give cases, orders, initials, given name with patronymic, and Latin spellings.

    ``plain_parts`` still tell й from и.
    """
    declined = [decline(part, is_surname=at == len(parts) - 1 > 0) for at, part in enumerate(parts)]
    cases = list(dict.fromkeys(zip(*declined, strict=True)))
    for case in cases[1:]:
        yield variant("".join(case), Rule.LATIN, Method.VARIANT, 0.0)
    if len(parts) > 1:
        for case in cases:
            yield from _shortened(case)
    yield from _in_latin(plain_parts)


def _shortened(case: Sequence[str]) -> Iterator[Variant]:
    """Give other orders and shorter forms of a name in one case, its surname last."""
    *names, surname = case
    initials = "".join(part[0] for part in names)
    yield variant(surname + "".join(names), Rule.LATIN_TURNED, Method.VARIANT, 0.5)
    yield variant(initials + surname, Rule.LATIN, Method.INITIALS, 2.0, weak=True)
    yield variant(surname + initials, Rule.LATIN_TURNED, Method.INITIALS, 2.0, weak=True)
    yield variant(names[0], Rule.LATIN, Method.GIVEN_NAME, 2.0, weak=True)
    if len(names) > 1:
        yield variant(names[0] + surname, Rule.LATIN, Method.VARIANT, 1.0)
        yield variant(surname + names[0], Rule.LATIN_TURNED, Method.VARIANT, 1.0)
        yield variant("".join(names), Rule.LATIN, Method.GIVEN_NAME, 1.0, weak=True)


def _in_latin(parts: Sequence[str]) -> Iterator[Variant]:
    forms = {
        tuple("".join(table.get(letter, "") for letter in part).replace("-", "") for part in parts) for table in LATIN
    }
    for spelled, is_turned in product(sorted(forms), (False, True)):
        pattern = "".join((spelled[-1], *spelled[:-1]) if is_turned else spelled)
        if pattern and not (is_turned and len(spelled) == 1):
            rule = Rule.LATIN_TURNED if is_turned else Rule.LATIN
            yield variant(pattern, rule, Method.LATIN, 1.0, weak=len(spelled) == 1)
