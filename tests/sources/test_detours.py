"""Addresses that lead over somebody who counts."""

import pytest

from monitors.sources.detours import straight

DETOURS = {
    "https://www.google.com/url?rct=j&sa=t&url=https://news.example/a%3Fid%3D1&ct=ga&cd=CAEY": "https://news.example/a?id=1",
    "https://www.google.com.hk/url?q=https://news.example/b&sa=U": "https://news.example/b",
    "http://www.bing.com/news/apiclick.aspx?ref=FexRss&url=https%3a%2f%2fnews.example%2fc&c=1": "https://news.example/c",
    "https://weibo.cn/sinaurl?u=http%3A%2F%2Ft.example%2F1": "http://t.example/1",
    "https://link.zhihu.com/?target=https%3A//blog.example/x": "https://blog.example/x",
    "https://www.google.com/url?url=javascript:alert(1)": "https://www.google.com/url?url=javascript:alert(1)",
    "https://www.google.com/search?q=url": "https://www.google.com/search?q=url",
    "https://news.example/url?url=https://other.example": "https://news.example/url?url=https://other.example",
    "tag:google.com,2013:googlealerts/feed:1": "tag:google.com,2013:googlealerts/feed:1",
    "http://[::1": "http://[::1",
    "": "",
}


@pytest.mark.parametrize(("written", "page"), DETOURS.items())
def test_detours(written: str, page: str) -> None:
    """A known detour gives the page behind it; any other address stays as it is."""
    assert straight(written) == page
