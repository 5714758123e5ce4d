"""What Shouwang puts into Kibana: a data view, saved searches and one dashboard, in her helpers' language.

``python -m search.kibana.generator`` writes ``shouwang.ndjson`` anew; a stale file fails the tests.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from monitors.messages import Say, say_in
from monitors.records import Category, Severity, Stance
from search.kibana.lens import Chart, average, bars, by_value, count, distinct, number, over_time, ring, table
from search.kibana.objects import GRID_COLUMNS, JsonObject, Panel, dashboard, data_view, saved_search, words_for

FILE = Path(__file__).with_name("shouwang.ndjson")
PREFIX = "shouwang"
LANGUAGE = "zh-CN"

LOUD = "muted: false"
URGENT = 'severity: "urgent" and muted: false'
MUTED = "muted: true"
TIME = "found_at"
FIELDS = (
    *("text", "severity", "categories", "stance", "muted", "source", "method", "match_score", "probability"),
    *("found_at", "published_at", "profile_id", "has_media", "lang", "author", "model"),
)
"""Fields that get a name for people; the others are plumbing."""
COLUMNS = ("severity", "categories", "source", "text")
SHOWN_SINCE = "now-30d"


def saved_objects(prefix: str = PREFIX, language: str = LANGUAGE) -> list[JsonObject]:
    """Give every object, one that is referred to before the one that refers to it. Pure, ids follow from the prefix."""
    say = say_in(language)
    charts = _charts(say)
    searches = _searches(prefix, say)
    drawn = [chart.as_object(_id(prefix, name), _id(prefix, "hits")) for name, chart in charts.items()]
    board = dashboard(
        _id(prefix, "overview"),
        title=say("kibana.overview"),
        description=say("kibana.overview.about"),
        panels=_panels(prefix),
        since=SHOWN_SINCE,
    )
    return [_data_view(prefix, say), *searches, *drawn, board]


def render(prefix: str = PREFIX, language: str = LANGUAGE) -> str:
    """Give the objects as Kibana imports them, a line each."""
    lines = (json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in saved_objects(prefix, language))
    return "".join(f"{line}\n" for line in lines)


def _id(prefix: str, name: str) -> str:
    return f"{prefix}-{name}"


def _data_view(prefix: str, say: Say) -> JsonObject:
    # The alias and not a pattern: while an index is rebuilt a pattern would count every hit twice.
    values = {
        "categories": _words(say, "category", Category),
        "severity": _words(say, "severity", Severity),
        "stance": _words(say, "stance", Stance),
    }
    return data_view(
        _id(prefix, "hits"),
        title=f"{prefix}-hits",
        name=say("kibana.hits"),
        time_field=TIME,
        labels={field: say(f"kibana.field.{field}") for field in FIELDS},
        values=values,
    )


def _words(say: Say, group: str, ids: type[Category] | type[Severity] | type[Stance]) -> JsonObject:
    return words_for({one.value: say(f"kibana.{group}.{one.value}") for one in ids})


def _searches(prefix: str, say: Say) -> list[JsonObject]:
    queries = {"newest": "", "urgent": URGENT, "categories": "categories: *", "muted": MUTED}
    return [
        saved_search(
            _id(prefix, name),
            view_id=_id(prefix, "hits"),
            title=say(f"kibana.search.{name}"),
            description=say(f"kibana.search.{name}.about"),
            query=query,
            columns=COLUMNS,
            newest_by=TIME,
            breakdown="categories" if name == "categories" else "",
        )
        for name, query in queries.items()
    ]


def _charts(say: Say) -> Mapping[str, Chart]:
    def label(field: str) -> str:
        return say(f"kibana.field.{field}")

    hits = count(say("kibana.count"))
    by_severity = by_value("severity", label("severity"), ordered_by="height", size=len(Severity))
    by_category = by_value("categories", label("categories"), ordered_by="size", size=len(Category))
    score = average("match_score", label("match_score"))
    return {
        "total": number(say("kibana.chart.total"), hits, query=LOUD),
        "total-urgent": number(say("kibana.chart.urgent"), hits, query=URGENT),
        "total-muted": number(say("kibana.chart.muted"), hits, query=MUTED),
        "profiles": number(say("kibana.chart.profiles"), distinct("profile_id", label("profile_id"))),
        "days": bars(
            say("kibana.chart.days"),
            across=over_time(TIME, label(TIME)),
            stacked_by=by_severity,
            height=hits,
            query=LOUD,
        ),
        "kinds": ring(say("kibana.chart.kinds"), parts=by_category, size=hits, query=LOUD),
        "sources": table(
            say("kibana.chart.sources"), rows=by_value("source", label("source"), ordered_by="value0"), values=[hits]
        ),
        "methods": table(
            say("kibana.chart.methods"),
            rows=by_value("method", label("method"), ordered_by="value0", size=20),
            values=[hits, score],
        ),
    }


def _panels(prefix: str) -> list[Panel]:
    quarter, half = GRID_COLUMNS // 4, GRID_COLUMNS // 2
    totals = ("total", "total-urgent", "total-muted", "profiles")
    return [
        *(_chart_at(prefix, name, (nth * quarter, 0), (quarter, 6)) for nth, name in enumerate(totals)),
        _chart_at(prefix, "days", (0, 6), (half + 8, 14)),
        _chart_at(prefix, "kinds", (half + 8, 6), (half - 8, 14)),
        _chart_at(prefix, "sources", (0, 20), (half, 12)),
        _chart_at(prefix, "methods", (half, 20), (half, 12)),
        Panel(kind="search", object_id=_id(prefix, "newest"), x=0, y=32, width=GRID_COLUMNS, height=20),
    ]


def _chart_at(prefix: str, name: str, corner: tuple[int, int], size: tuple[int, int]) -> Panel:
    (x, y), (width, height) = corner, size
    return Panel(kind="lens", object_id=_id(prefix, name), x=x, y=y, width=width, height=height)


if __name__ == "__main__":
    FILE.write_text(render(), "utf-8")
