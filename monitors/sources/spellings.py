"""How a name may be written where people search for it: only what is worth a request of its own."""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencc import OpenCC

_CHINESE = re.compile(r"[\u4e00-\u9fff]{2,}")
LONG_ENOUGH = 3
"""Characters. The pinyin of two is that of thousands of people (``wangfang``); of three it is rarely another's."""


def spell(name: str) -> tuple[str, ...]:
    """Give other spellings of a Chinese name: in the other script's characters, and joined pinyin where it is telling.

    Everything else that may stand for her (masks, sounds, initials) is found in what these bring, not asked for.
    """
    if not _CHINESE.fullmatch(name):
        return ()
    spelled = [_converter(way).convert(name) for way in ("s2t", "t2s")]
    if len(name) >= LONG_ENOUGH:
        spelled.append(_pinyin(name))
    return tuple(dict.fromkeys(other for other in spelled if other != name))


@cache
def _converter(way: str) -> "OpenCC":
    from opencc import OpenCC

    return OpenCC(way)


def _pinyin(name: str) -> str:
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(name))
