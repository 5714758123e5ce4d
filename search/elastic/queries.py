"""A search as Elasticsearch asks it."""

from typing import Any

from search.index import Search
from search.page import Question


def query_of(search: Search, question: Question) -> dict[str, Any]:
    """Give the query: every phrase and every facet must hold. Words are data here, never a query language."""
    facets = {"profile_id": search.profile_id, "severity": search.severity, "categories": search.category}
    conditions: list[dict[str, Any]] = [{"term": {name: value}} for name, value in facets.items() if value is not None]
    if search.since is not None:
        conditions.append({"range": {"found_at": {"gte": search.since.isoformat()}}})
    # The words are folded and parted already, as those in the index are: they only have to be cut at the spaces.
    conditions += [
        {"match_phrase": {"words": {"query": " ".join(phrase), "analyzer": "whitespace"}}}
        for phrase in question.phrases or ()
    ]
    return {"bool": {"filter": conditions}}


def page_request_of(search: Search, question: Question) -> dict[str, Any]:
    """Give the request for one page and one document more, in the order of all pages."""
    request: dict[str, Any] = {
        "query": query_of(search, question),
        "sort": [{"found_at": "desc"}, {"hit_id": "desc"}],
        "size": question.limit + 1,
        "track_total_hits": True,
    }
    if question.after:
        nanoseconds = question.after.found_at * 1000
        request["search_after"] = [nanoseconds, question.after.hit_id]
    return request
