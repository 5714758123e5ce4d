"""Reading what was sealed: a profile's chain, where it ends, and the files it speaks of."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection

from monitors.codec import from_json, to_json
from monitors.evidence.chain import START, ChainEnd, canonical, kept_contents, link_of
from monitors.evidence.files import ExhibitFiles
from monitors.ledger import exhibits
from monitors.ledger.cipher import Cipher
from monitors.ledger.exhibits import SealedLink
from monitors.records import Exhibit


def open_link(cipher: Cipher, row: SealedLink) -> Exhibit:
    """Open one link. Raises SealBrokenError when the row was changed."""
    return link_of(cipher.open(row.profile_id, row.sealed, label=f"exhibits:{row.id}"))


def read_chain(connection: Connection, cipher: Cipher, profile_id: str) -> tuple[Exhibit, ...]:
    """Open a profile's chain from its first link. Raises SealBrokenError at the first row that was changed."""
    return tuple(open_link(cipher, row) for row in exhibits.chain_of(connection, profile_id))


def exhibits_of_hit(connection: Connection, cipher: Cipher, profile_id: str, hit_id: str) -> tuple[Exhibit, ...]:
    """Open the links that prove one hit."""
    return tuple(open_link(cipher, row) for row in exhibits.of_hit(connection, profile_id, hit_id))


def end_of(connection: Connection, cipher: Cipher, profile_id: str) -> ChainEnd:
    """Give where the next link goes: after the last that ever was, also when somebody removed it.

    So a chain that was cut goes on with a gap that ``verify`` finds, instead of growing over it.
    """
    remembered = remembered_end(connection, cipher, profile_id) or START
    head = exhibits.head_of(connection, profile_id)
    if head is not None and head.sequence > remembered.count:
        return ChainEnd(count=head.sequence, sha256=head.sha256)
    return remembered


def remembered_end(connection: Connection, cipher: Cipher, profile_id: str) -> ChainEnd | None:
    """Give where the chain ended when it last grew; None where nothing was ever sealed."""
    sealed = exhibits.sealed_head(connection, profile_id)
    return (
        None if sealed is None else from_json(ChainEnd, json.loads(cipher.open(profile_id, sealed, label="chain-end")))
    )


def put_end(connection: Connection, cipher: Cipher, profile_id: str, link: Exhibit) -> None:
    """Remember, sealed, that the chain ends with this link."""
    end = canonical(to_json(ChainEnd(count=link.sequence, sha256=link.sha256)))
    exhibits.put_head(connection, profile_id, cipher.seal(profile_id, end, label="chain-end"), link.captured_at)


def unreferenced(files: ExhibitFiles, profile_id: str, links: Sequence[Exhibit]) -> tuple[str, ...]:
    """Name the files that no link speaks of: left by a crash, or of links that somebody removed."""
    kept = kept_contents(links)
    return tuple(name for name in files.names(profile_id) if name not in kept)
