"""The public sets of ``../shared/data``: train splits for learning, others for measuring; never copied into the repo."""

import gzip
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from monitors.records import Category

LEARNED: Final = {"cold": 4000, "swsr": 3000, "edos": 3000, "guest_misogyny": 300, "mlma": 400}
"""Sets whose licences let weights learned from them ship, and how many posts of each are read.

They teach ``abusive`` and what is none of our categories; the categories are learned from the project's own posts.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPost:
    """A row of a public set; ``abusive`` is None where the source does not say."""

    id: str
    text: str
    lang: str
    abusive: bool | None
    maybe: frozenset[Category]
    """Categories that it may belong to: it is no counter-example of them."""


def data_folder() -> Path:
    """``SHOUWANG_DATA``, else the project's shared folder beside the checkout."""
    return Path(os.environ.get("SHOUWANG_DATA", "../shared/data"))


def absent(sets: Iterable[str]) -> list[str]:
    """Those of the sets that are not in the data folder."""
    return [name for name in sets if not _file(name).is_file()]


def read_public(name: str, split: str, *, at_most: int | None = None) -> list[PublicPost]:
    """A split of a set; of a larger one, the same ``at_most`` rows each time, whatever their order.

    Nothing where the set is not in the data folder: who calls says so once (``absent``).
    """
    rows = list(_rows(name, split))
    if at_most is not None and len(rows) > at_most:
        rows = sorted(rows, key=lambda row: sha256(row["id"].encode()).digest())[:at_most]
    return [_to_post(row) for row in rows]


def _rows(name: str, split: str) -> Iterator[dict[str, Any]]:
    if not _file(name).is_file():
        return
    with gzip.open(_file(name), "rt", encoding="utf-8") as lines:
        yield from (row for row in map(json.loads, lines) if row["split"] == split)


def _file(name: str) -> Path:
    return data_folder() / "text" / f"{name}.jsonl.gz"


def _to_post(row: dict[str, Any]) -> PublicPost:
    labels = set(row["labels"])
    return PublicPost(
        id=row["id"],
        text=row["text"],
        lang=row["lang"],
        abusive=labels != {"benign"} if labels else None,
        maybe=_maybe(labels, is_personal=_is_personal(row)),
    )


def _maybe(labels: set[str], *, is_personal: bool) -> frozenset[Category]:
    """Sexism about a group is no harassment of a person; an insult to a group may still be worded as one."""
    ours = {Category(label) for label in labels if label in set(Category)}
    if not is_personal:
        ours.discard(Category.SEXUAL_HARASSMENT)
    return frozenset(ours | {Category.INSULT} if labels - {"benign"} else ours)


def _is_personal(row: dict[str, Any]) -> bool:
    """SWSR marks single targets with I, the misogyny set names personal attacks; the others speak of groups."""
    raw = row["label_raw"]
    return raw.get("target") == "I" or "personal_attack" in json.dumps(raw)
