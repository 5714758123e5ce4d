"""Arabic names: how the most usual ones are written in Latin letters."""

from collections.abc import Iterator, Sequence
from itertools import islice, product

from monitors.matching.names.variants.variant import Rule, Variant, variant
from monitors.records import Method

PREFIXES = ("و", "ف", "ب", "ل", "ك", "وب", "ول", "فل", "يا")
"""What may be written before a name in one token: and, so, with, to, like, o."""
# Bare letters: without vowel signs, alif and ya in one form each, ta marbuta as ha.
LATIN = {
    "ليلي": "layla leila laila", "حسن": "hassan hasan", "محمد": "mohammed muhammad mohamed mohammad", "احمد": "ahmed ahmad",
    "علي": "ali", "فاطمه": "fatima fatimah", "مريم": "maryam mariam", "نور": "nour noor nur", "ساره": "sarah sara",
    "زينب": "zainab zaynab", "عاءشه": "aisha", "عائشه": "aisha ayesha", "خديجه": "khadija", "هدي": "huda hoda", "سلمي": "salma",
    "مني": "mona muna", "دينا": "dina", "رنا": "rana", "ريم": "reem rim", "هند": "hind", "سعاد": "souad suad", "امينه": "amina",
    "ياسمين": "yasmin yasmine", "رانيا": "rania", "لينا": "lina", "دعاء": "doaa duaa", "اسماء": "asma asmaa", "ايه": "aya",
    "حسين": "hussein husayn hussain", "عمر": "omar umar", "خالد": "khaled khalid", "يوسف": "youssef yusuf yousef",
    "ابراهيم": "ibrahim", "محمود": "mahmoud mahmud", "مصطفي": "mostafa mustafa", "عبدالله": "abdullah", "سعيد": "saeed said",
    "صالح": "saleh salih", "طارق": "tariq tarek", "سمير": "samir", "كريم": "karim kareem", "رشيد": "rashid", "ناصر": "nasser nasir",
    "جمال": "jamal gamal", "عثمان": "othman uthman osman", "سليمان": "suleiman sulaiman", "منصور": "mansour mansoor",
    "الحسن": "alhassan elhassan", "المصري": "almasri elmasry", "حداد": "haddad", "خوري": "khoury khouri", "نجار": "najjar",
}  # fmt: skip


CONSONANTS = dict(
    zip(
        "بتثجحخدذرزسشصضطظعغفقكلمنهءئ",
        ["b", "t", "th", "j", "h", "kh", "d", "th", "r", "z", "s", "sh", "s", "d", "t", "z", "", "gh", "f", "q", "k", "l", "m", "n", "h", "", ""],
        strict=True,
    )
)  # fmt: skip
LONG = {"ا": ("a",), "و": ("o", "u", "w"), "ي": ("i", "ee", "y"), "ه": ("a", "ah")}
"""Letters that are long vowels where they stand after a consonant; the last one only at the end."""
UNWRITTEN = ("", "a", "i", "e")
"""What may be said between two consonants, which nobody writes in Arabic."""
MOST_OF_PART, MOST_FORMS = 16, 64


def _by_letter(part: str) -> list[str]:
    """Give the likeliest Latin spellings of a part letter by letter; its short vowels are tried, the article first."""
    article, rest = ("al", part[2:]) if part.startswith("ال") and len(part) > 4 else ("", part)
    sounds: list[tuple[str, ...]] = []
    before = ""
    for at, letter in enumerate(rest):
        is_end = at == len(rest) - 1
        if letter in LONG and at and not (letter == "ه" and not is_end):
            sounds.append(LONG[letter])
        elif letter in CONSONANTS:
            is_bare = before in CONSONANTS and not (before == "ه" and at == 0)
            sounds += [UNWRITTEN] * is_bare + [(CONSONANTS[letter],)]
        else:
            sounds.append((LONG[letter][0],) if letter in LONG else ("",))
        before = letter
    # Likeliest first: "a" or nothing between consonants, the first way to write a long vowel.
    ranked = [
        [(min(at, 1) if ways is not UNWRITTEN else at // 2, way) for at, way in enumerate(ways)] for ways in sounds
    ]
    forms = sorted(product(*ranked), key=lambda form: sum(rank for rank, _ in form))
    return list(dict.fromkeys(article + "".join(way for _, way in form) for form in forms))[:MOST_OF_PART]


def spell_arabic(parts: Sequence[str]) -> Iterator[Variant]:
    """Give the Latin spellings of a name whose every part is usual, and the given name alone."""
    if len(parts) > 1:
        yield variant(parts[0], Rule.LATIN, Method.GIVEN_NAME, 2.0, weak=True)
        if len(parts) > 2:
            yield variant(parts[0] + parts[-1], Rule.LATIN, Method.VARIANT, 1.0)
            yield from _in_latin((parts[0], parts[-1]), cost=2.0)
    yield from _in_latin(parts, cost=1.0)


def _in_latin(parts: Sequence[str], *, cost: float) -> Iterator[Variant]:
    for form in islice(product(*map(_spelled, parts)), MOST_FORMS):
        yield variant("".join(form), Rule.LATIN, Method.LATIN, cost, weak=len(form) == 1)


def _spelled(part: str) -> list[str]:
    """Give the Latin spellings of a part: the usual ones, with the article where it has one, or letter by letter."""
    bare = part.removeprefix("ال")
    articles = ("al", "el") if bare != part else ("",)
    usual = [article + known for article in articles for known in LATIN.get(bare, "").split()]
    return LATIN.get(part, "").split() or usual or _by_letter(part)
