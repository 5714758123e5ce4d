"""Hits in one SQLite file: FTS5 over words of our own, the original text beside them."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from monitors.codec import from_json, to_json
from monitors.errors import StopRun
from search.embedded.schema import (
    VERSION,
    is_sound,
    make_tables,
    opened,
    remove_files,
    require_tables,
    version_of,
    wipe,
    writing,
)
from search.index import Document, Found, Search, StoreUnavailableError
from search.page import Question, microseconds_of, page_of, question_of
from search.words import folded

_PUT = """
INSERT INTO documents (hit_id, profile_id, severity, categories, found_at, body)
VALUES (:hit_id, :profile_id, :severity, :categories, :found_at, :body)
ON CONFLICT (hit_id) DO UPDATE SET profile_id = excluded.profile_id, severity = excluded.severity,
    categories = excluded.categories, found_at = excluded.found_at, body = excluded.body
RETURNING id
"""
_MEETING = """
FROM documents
WHERE (:words IS NULL OR id IN (SELECT rowid FROM words WHERE words MATCH :words))
  AND (:profile_id IS NULL OR profile_id = :profile_id)
  AND (:severity IS NULL OR severity = :severity)
  AND (:category IS NULL OR EXISTS (SELECT 1 FROM json_each(categories) WHERE value = :category))
  AND (:since IS NULL OR found_at >= :since)
"""
_FORGET_HIT = (
    "DELETE FROM words WHERE rowid IN (SELECT id FROM documents WHERE hit_id = ?)",
    "DELETE FROM documents WHERE hit_id = ?",
)
_FORGET_PROFILE = (
    "DELETE FROM words WHERE rowid IN (SELECT id FROM documents WHERE profile_id = ?)",
    "DELETE FROM documents WHERE profile_id = ?",
)
_COUNT = f"SELECT count(*) {_MEETING}"
_PAGE = f"""
SELECT body {_MEETING} AND (:after_time IS NULL OR (found_at, hit_id) < (:after_time, :after_id))
ORDER BY found_at DESC, hit_id DESC LIMIT :limit
"""


class EmbeddedIndex:
    """The ``Index`` of one machine. Any number of threads and processes may use the same file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, documents: Sequence[Document]) -> None:
        """Store all of them or none."""
        with opened(self._path) as connection:
            require_tables(connection)
            with writing(connection):
                _put(connection, documents)

    def delete(self, hit_ids: Sequence[str]) -> None:
        """Forget these hits."""
        with opened(self._path) as connection:
            require_tables(connection)
            with writing(connection):
                for statement in _FORGET_HIT:
                    connection.executemany(statement, [(hit_id,) for hit_id in hit_ids])
            wipe(connection)

    def delete_profile(self, profile_id: str) -> None:
        """Forget this profile's hits and overwrite their bytes.

        Raises StoreUnavailableError where a reader kept the last bytes from going; then it is to be called again.
        """
        with opened(self._path) as connection:
            require_tables(connection)
            with writing(connection):
                for statement in _FORGET_PROFILE:
                    connection.execute(statement, (profile_id,))
            if not wipe(connection):
                raise StoreUnavailableError(
                    "the search index is being read: bytes of what was deleted are still in its log",
                    advice="Do the same again when nobody searches.",
                )

    def find(self, search: Search) -> Found:
        """Give one page."""
        question = question_of(search)
        if question.phrases is None:
            return page_of(question, [], 0)
        asked = _as_parameters(search, question)
        with opened(self._path) as connection:
            require_tables(connection)
            connection.execute("BEGIN")
            total = connection.execute(_COUNT, asked).fetchone()[0]
            bodies = connection.execute(_PAGE, asked).fetchall()
        return page_of(question, [from_json(Document, json.loads(body)) for (body,) in bodies], total)

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Replace everything in one transaction: readers see the old documents until the new ones are all there.

        Others that want to write wait until it is through. A damaged file is made anew.
        """
        if self._path.exists() and not self._is_sound():
            remove_files(self._path)
        with opened(self._path) as connection:
            with writing(connection):
                make_tables(connection)
                _put(connection, documents)
                number = connection.execute("SELECT count(*) FROM documents").fetchone()[0]
            wipe(connection)
        return int(number)

    def check(self) -> list[str]:
        """Give ``missing``, ``damaged``, ``outdated``, ``words_differ``, or nothing."""
        if not self._path.exists():
            return ["missing"]
        if not self._is_sound():
            return ["damaged"]
        with opened(self._path) as connection:
            if version_of(connection) != VERSION:
                return ["outdated"]
            without = "SELECT count(*) FROM documents WHERE id NOT IN (SELECT rowid FROM words)"
            beyond = "SELECT count(*) FROM words WHERE rowid NOT IN (SELECT id FROM documents)"
            differing = sum(connection.execute(query).fetchone()[0] for query in (without, beyond))
        return ["words_differ"] if differing else []

    def _is_sound(self) -> bool:
        try:
            with opened(self._path) as connection:
                return is_sound(connection)
        except StopRun:
            return False


def _put(connection: sqlite3.Connection, documents: Iterable[Document]) -> None:
    for document in documents:
        (row,) = connection.execute(_PUT, _as_row(document)).fetchone()
        connection.execute("INSERT OR REPLACE INTO words (rowid, text) VALUES (?, ?)", (row, folded(document.text)))


def _as_row(document: Document) -> dict[str, str | int]:
    return {
        "hit_id": document.hit_id,
        "profile_id": document.profile_id,
        "severity": document.severity,
        "categories": json.dumps(document.categories),
        "found_at": microseconds_of(document.found_at),
        "body": json.dumps(to_json(document)),
    }


def _as_parameters(search: Search, question: Question) -> dict[str, str | int | None]:
    """Phrases stand in quotation marks, and no word holds one: nothing typed is ever read as a query language."""
    phrases = (" ".join(phrase) for phrase in question.phrases or ())
    return {
        "words": " ".join(f'"{phrase}"' for phrase in phrases) or None,
        "profile_id": search.profile_id,
        "severity": search.severity,
        "category": search.category,
        "since": microseconds_of(search.since) if search.since else None,
        "after_time": question.after.found_at if question.after else None,
        "after_id": question.after.hit_id if question.after else None,
        "limit": question.limit + 1,
    }
