import pytest

from monitors.matching.names.matcher import NameMatcher
from tests.builders import NOON, a_profile

HANDLES = ("283746551", "lxy_0312", "@moon.lin", "marisol__")


def find(text: str) -> list[str]:
    """The accounts found in a text, as they are written there."""
    profile = a_profile(handles=HANDLES)
    return [finding.candidate for finding in NameMatcher([profile], now=NOON).find(text)]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("加QQ283746551，她自己的号", "283746551", id="after the platform, without a space"),
        pytest.param("qq 2837 46551 验证写约", "2837 46551", id="a number in groups"),
        pytest.param("vxlxy_0312", "lxy_0312", id="after the platform's short name"),
        pytest.param("微信lxy_0312", "lxy_0312", id="after Chinese"),
        pytest.param("VX:LXY0312", "LXY0312", id="its sign left out"),
        pytest.param("l x y _ 0 3 1 2", "l x y _ 0 3 1 2", id="every letter alone"),
        pytest.param("https://instagram.com/moon.lin/", "moon.lin", id="in a link"),
        pytest.param("report @marisol__ now", "marisol", id="with signs at its end"),
    ],
)
def test_an_account_is_found(text: str, written: str) -> None:
    """A handle is found wherever it stands as an account of its own."""
    assert find(text) == [written]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("订单2837465510号", id="a longer number"),
        pytest.param("xq283746551", id="after letters that are no platform"),
        pytest.param("amoon.lin", id="the end of another"),
        pytest.param("moon.lin.backup", id="the beginning of another"),
        pytest.param("marisol__x", id="signs and another letter"),
        pytest.param("marisol is a name", id="without the signs at its end"),
        pytest.param("a moon lin park", id="words"),
    ],
)
def test_another_account_is_not(text: str) -> None:
    """What is only a part of another account, or its words, is not hers."""
    assert find(text) == []
