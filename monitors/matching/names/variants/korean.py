"""Korean names: initial consonants, and how they are written in Latin letters."""

from collections.abc import Iterator
from itertools import islice, product

from monitors.matching.names.variants.japanese import spell_masked
from monitors.matching.names.variants.variant import Rule, Variant, variant
from monitors.records import Method

CONSONANTS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
STARTS = ["g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "-", "j", "jj", "ch", "k", "t", "p", "h"]
VOWELS = [
    "a",
    "ae",
    "ya",
    "yae",
    "eo",
    "e",
    "yeo",
    "ye",
    "o",
    "wa",
    "wae",
    "oe",
    "yo",
    "u",
    "wo",
    "we",
    "wi",
    "yu",
    "eu",
    "ui",
    "i",
]
ENDS = [
    "-",
    "k",
    "k",
    "k",
    "n",
    "n",
    "n",
    "t",
    "l",
    "k",
    "m",
    "l",
    "l",
    "l",
    "p",
    "l",
    "m",
    "p",
    "p",
    "t",
    "t",
    "ng",
    "t",
    "t",
    "k",
    "t",
    "p",
    "t",
]
SURNAMES = {
    "김": "kim", "이": "lee yi", "박": "park pak", "최": "choi", "정": "jung chung", "강": "kang", "조": "cho", "윤": "yoon",
    "장": "jang chang", "임": "lim im", "오": "oh", "서": "seo suh", "신": "shin", "권": "kwon", "황": "hwang", "안": "ahn",
    "류": "ryu", "전": "jeon jun", "고": "ko", "문": "moon", "손": "son sohn", "배": "bae", "백": "baek paik", "허": "heo hur",
    "유": "yoo yu", "심": "shim", "노": "noh roh", "곽": "kwak", "성": "sung", "주": "joo", "우": "woo", "구": "koo", "천": "chun",
}  # fmt: skip
DOUBLE_SURNAMES = frozenset(["남궁", "황보", "제갈", "선우", "독고", "사공", "서문", "동방"])
AFTER_VOWEL = ["는", "가", "를", "와", "랑", "로", "야", "여", "라고", "라는", "네", "예요", "라서", "라도", "한테"]
AFTER_CONSONANT = [
    "은",
    "이",
    "을",
    "과",
    "이랑",
    "으로",
    "아",
    "이라고",
    "이라는",
    "이네",
    "이에요",
    "이는",
    "이가",
    "이를",
    "이의",
    "이도",
    "이한테",
    "이라서",
    "이라도",
]
AFTER_ANY = [
    "의",
    "에",
    "에게",
    "께",
    "한테",
    "도",
    "만",
    "까지",
    "부터",
    "처럼",
    "보다",
    "씨",
    "님",
    "양",
    "군",
    "선배",
    "언니",
    "누나",
    "오빠",
    "형",
    "쌤",
    "선생",
    "선생님",
    "학생",
    "기자",
    "배우",
    "가수",
    "교수",
    "팀장",
    "대리",
    "사진",
    "영상",
    "인",
    "이다",
    "입니다",
    "씨가",
    "씨는",
    "씨를",
    "씨의",
    "님이",
    "님은",
    "님의",
]


def may_follow(name: str, follows: str) -> bool:
    """Whether what is written on without a space is a particle or a title: 김민지가, but 김민지은 is another name."""
    has_final = "가" <= name[-1] <= "힣" and (ord(name[-1]) - 0xAC00) % 28 > 0
    return not follows or follows in AFTER_ANY or follows in (AFTER_CONSONANT if has_final else AFTER_VOWEL)


def spell_korean(letters: str) -> Iterator[Variant]:
    """Give the initial consonants of a name in Hangul, its given name and its Latin spellings."""
    yield variant("".join(map(_initial, letters)), Rule.INITIALS, Method.INITIALS, 1.5, weak=True)
    length = 2 if len(letters) > 3 or letters[:2] in DOUBLE_SURNAMES else 1
    yield variant(letters[length:], Rule.LETTERS, Method.GIVEN_NAME, 2.0, weak=True)
    yield from spell_masked(letters)
    given = [_romanised(letter) for letter in letters[length:]]
    for surname in (*SURNAMES.get(letters[:length], "").split(), "".join(map(_romanised, letters[:length]))):
        for spelled in islice(product(*given_forms(given)), 4):
            name = "".join(spelled)
            yield variant(surname + name, Rule.LATIN, Method.LATIN, 1.0, weak=len(letters) == 2)
            yield variant(name + surname, Rule.LATIN_TURNED, Method.LATIN, 1.0, weak=len(letters) == 2)


def given_forms(given: list[str]) -> list[tuple[str, ...]]:
    """Give each syllable as the rules have it and as passports often do."""
    return [tuple(dict.fromkeys((part, part.replace("eo", "u").replace("yeo", "you")))) for part in given]


def _initial(letter: str) -> str:
    return CONSONANTS[(ord(letter) - 0xAC00) // 588] if "가" <= letter <= "힣" else letter


def _romanised(letter: str) -> str:
    if not "가" <= letter <= "힣":
        return ""
    code = ord(letter) - 0xAC00
    return (STARTS[code // 588] + VOWELS[code % 588 // 28] + ENDS[code % 28]).replace("-", "")
