"""Lists of PDQ hashes as others write them: ThreatExchange and HMA's text files, StopNCII's JSON. Hashes only.

What a case worker exports here can be given to a platform or a hash bank, and a list from there can be watched for,
without a picture ever changing hands.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from monitors.errors import BadInputError
from monitors.matching.images.fingerprint import PDQ, PDQ_VERSION
from monitors.matching.images.verdicts import MIN_QUALITY
from monitors.records import Fingerprint, PhotoSignal

OnError = Callable[[BadInputError], None]
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_GONE: Final = {"Withdrawn", "Deleted"}
"""What its owner took back is not watched for (StopNCII asks this of everyone)."""


def write_threatexchange(photos: Iterable[PhotoSignal]) -> str:
    """Write one ``pdq <hash>`` a line, as ThreatExchange's local file exchange and HMA read it."""
    return "".join(f"{PDQ} {bits}\n" for bits in _worth_sharing(photos))


def write_stopncii(photos: Iterable[PhotoSignal], *, now: datetime) -> str:
    """Write the JSON of StopNCII's hash records."""
    moment = int(now.timestamp())
    records = [
        {"lastModtimestamp": moment, "signalType": "ImagePDQ", "hashValue": bits, "hashStatus": "Active",
         "caseNumbers": {}, "CSPFeedbacks": []}
        for bits in _worth_sharing(photos)
    ]  # fmt: skip
    page = {"count": len(records), "nextPageToken": "", "nextSetTimestamp": moment, "hasMoreRecords": False}
    return json.dumps(page | {"hashRecords": records}, indent=1)


def read_signals(text: str, *, name: str, on_error: OnError) -> tuple[PhotoSignal, ...]:
    """Read a list of either kind; bare hashes and ``hash,quality,…`` lines too. Each hash becomes a photo, once.

    What cannot be read is told with file and line; the rest goes on. Only PDQ is read: other kinds are passed over.
    """
    hashes = (
        _read_stopncii(text, name, on_error) if text.lstrip().startswith("{") else _read_lines(text, name, on_error)
    )
    return tuple(_to_photo(bits) for bits in dict.fromkeys(hashes))


def _worth_sharing(photos: Iterable[PhotoSignal]) -> Iterator[str]:
    """Give the hash of each photo that is not too plain: a plain one would match other people's pictures."""
    for photo in photos:
        for one in photo.fingerprints:
            if one.algorithm == PDQ and one.version == PDQ_VERSION and (one.quality or 0) >= MIN_QUALITY:
                yield one.bits


def _read_lines(text: str, name: str, on_error: OnError) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        kind, _, bits = line.partition(",")[0].strip().lower().rpartition(" ")
        if kind not in {"", PDQ} or not bits:
            continue
        if _HASH.fullmatch(bits):
            yield bits
        else:
            on_error(BadInputError("not a PDQ hash: 64 hexadecimal digits", file=name, line=number))


def _read_stopncii(text: str, name: str, on_error: OnError) -> Iterator[str]:
    try:
        records: Any = json.loads(text)["hashRecords"]
    except (ValueError, KeyError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        on_error(BadInputError("not a list of hash records", file=name, line=line))
        return
    for number, record in enumerate(records if isinstance(records, list) else [None]):
        bits = _bits_of(record)
        if bits is None:
            on_error(BadInputError("not a hash record", file=name, field=f"hashRecords[{number}]"))
        elif bits:
            yield bits


def _bits_of(record: Any) -> str | None:
    """Give the hash of a record; nothing for one that is not for us, None for one that cannot be read."""
    if not isinstance(record, dict):
        return None
    if record.get("signalType") != "ImagePDQ" or record.get("hashStatus") in _GONE:
        return ""
    bits = str(record.get("hashValue")).lower()
    return bits if _HASH.fullmatch(bits) else None


def _to_photo(bits: str) -> PhotoSignal:
    known = Fingerprint(algorithm=PDQ, version=PDQ_VERSION, bits=bits)
    return PhotoSignal(id=sha256(bits.encode()).hexdigest()[:32], label="", fingerprints=(known,))
