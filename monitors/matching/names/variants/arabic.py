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


def spell_arabic(parts: Sequence[str]) -> Iterator[Variant]:
    """Give the Latin spellings of a name whose every part is usual, and the given name alone."""
    if len(parts) > 1:
        yield variant(parts[0], Rule.LATIN, Method.GIVEN_NAME, 2.0, weak=True)
    spelled = [LATIN.get(part, "").split() for part in parts]
    for form in islice(product(*spelled), 24):
        yield variant("".join(form), Rule.LATIN, Method.LATIN, 1.0, weak=len(form) == 1)
