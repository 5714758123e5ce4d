"""Addresses that lead over somebody who counts: the page itself is what is linked, archived and recognised again."""

from urllib.parse import parse_qs, urlsplit

_DETOURS = {
    ("www.google.com", "/url"): ("url", "q"),  # Google Alerts
    ("news.url.google.com", "/url"): ("url", "q"),
    ("www.bing.com", "/news/apiclick.aspx"): ("url",),
    ("weibo.cn", "/sinaurl"): ("u", "toasturl"),
    ("weibo.com", "/sinaurl"): ("u", "toasturl"),
    ("link.zhihu.com", "/"): ("target",),
    ("www.douban.com", "/link2/"): ("url",),
    ("t.umblr.com", "/redirect"): ("z",),
    ("l.facebook.com", "/l.php"): ("u",),
}


def straight(address: str) -> str:
    """Give the address of the page behind a search engine's or a platform's detour; any other as it is."""
    try:
        parts = urlsplit(address)
        names = _DETOURS.get(((parts.hostname or "").replace("www.google.com.hk", "www.google.com"), parts.path), ())
        asked = parse_qs(parts.query)
    except ValueError:
        return address
    behind = next((asked[name][0] for name in names if name in asked), "")
    return behind if behind.startswith(("http://", "https://")) else address
