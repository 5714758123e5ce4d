"""What matching by names promises of any text at all; `make fuzz` looks for one that breaks it.

``python tests/fuzz/names.py -max_total_time=60`` runs libFuzzer under atheris (the group ``fuzz``); the properties of
tests/matching/names/test_properties.py check the same promises with hypothesis, and in CI.
"""

import sys
from functools import cache
from types import FunctionType

from monitors.matching.names.match_lines import EPOCH, as_watched
from monitors.matching.names.matcher import THRESHOLD, Finding, NameMatcher
from monitors.matching.names.normalise import normalise
from monitors.records import WatchProfile

LIN = as_watched(
    WatchProfile(
        id="lin",
        names=("林晓月", "Lin Xiaoyue"),
        aliases=("小雾灯",),
        handles=("lin_xy",),
        context=("青河学院",),
        others=("平原大学",),
    )
)
OTHERS = tuple(
    as_watched(WatchProfile(id=f"other-{number}", names=names, context=context, languages=(language,)))
    for number, (language, names, context) in enumerate(
        (
            ("en", ("Emily Carter", "安宁"), ("Westfield High",)),
            ("ja", ("高橋美咲", "たかはしみさき"), ("青葉高校",)),
            ("ko", ("김민지", "남궁민서"), ("한빛고",)),
            ("ru", ("Екатерина Соколова",), ("филфак",)),
            ("ar", ("ليلى حسن",), ("الزرقاء",)),
            ("vi", ("Nguyễn Thị Mai Anh",), ("Hội An",)),
        )
    )
)
NEIGHBOURS = ("", "林晓月 lxy 青河学院", "\ud83d", "Emily Carter's")


@cache
def matchers() -> tuple[NameMatcher, NameMatcher]:
    """Give one that watches for her alone, and one that watches for everybody."""
    return NameMatcher([LIN], now=EPOCH), NameMatcher([*OTHERS, LIN], now=EPOCH)


def check(text: str) -> None:
    """Check every promise on one text. Raises AssertionError where one is broken."""
    alone, everybody = matchers()
    found = list(everybody.find(text))
    for finding in found:
        check_place(text, finding)
    assert found == sorted(found, key=lambda one: (-one.score, one.span))
    # Neither the posts beside it nor the other profiles change what is found.
    assert list(everybody.find_all([NEIGHBOURS[1], text, *NEIGHBOURS])[1]) == found
    assert [one for one in found if one.profile_id == LIN.id] == list(alone.find(text))
    check_plain(text)


def check_place(text: str, finding: Finding) -> None:
    """Check that what was found stands where it is said to stand."""
    start, end = finding.span
    assert 0 <= start < end <= len(text)
    assert finding.candidate == text[start:end]
    assert THRESHOLD <= finding.score <= 1
    assert finding.reason


def check_plain(text: str) -> None:
    """Check that each letter of the plain text comes from a place of the original, in order, and that plain is plain."""
    (plain,) = normalise([text])
    offsets = plain.offsets.tolist()
    assert len(offsets) == len(plain.text)
    assert offsets == sorted(offsets)
    assert all(0 <= offset < len(text) for offset in offsets)
    assert normalise([plain.text])[0].text == plain.text


PIECES = (
    "林晓月lxyLIN🌙*某 ·.-_@#\n\u200b\u0301\u202e%&;\\uxX1",
    ("林曉月", "xiao", "yue", "l1n", "双木", "&#26519;", "%E6%9E%97", "青河学院", "老师", "同学", "Emily", "Carter"),
    (
        "김민지",
        "ㄱㅁㅈ",
        "가",
        "高橋",
        "美咲",
        "さん",
        "Соколова",
        "Катя",
        "ليلى",
        "حسن",
        "Nguyễn",
        "mai anh",
        "\ud83d",
    ),
)
"""What texts are made of: single signs, and parts of names and of what hides them."""


def text_of(content: bytes) -> str:
    """Read bytes as a text: most stand for a piece, the others begin any code point at all."""
    pieces = [piece for part in PIECES for piece in part]
    text, rest = [], iter(content)
    for byte in rest:
        if byte < len(pieces):
            text.append(pieces[byte])
        else:
            text.append(chr(int.from_bytes((byte & 16, next(rest, 0), next(rest, 0)), "big") % 0x110000))
    return "".join(text)


def main() -> None:
    """Run the fuzzer; only our own modules are watched for new ways through them."""
    import atheris

    matchers()
    for name in [name for name in sys.modules if name.startswith("monitors.matching.names")]:
        for part in vars(sys.modules[name]).values():
            if isinstance(part, FunctionType) and part.__module__ == name:
                atheris.instrument_func(part)
    atheris.Setup(sys.argv, lambda content: check(text_of(content)))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
