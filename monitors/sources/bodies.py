"""Bytes of an answer, never more of them than asked for, however they are packed."""

import zlib
from collections.abc import Iterable, Mapping


class TooLargeError(Exception):
    """The answer has, or says that it has, more bytes than the cap."""


class BadBodyError(Exception):
    """The answer is not packed as it says."""


def read_body(chunks: Iterable[bytes], headers: Mapping[str, str], *, cap: int) -> bytes:
    """Give the unpacked bytes. Raises TooLargeError and BadBodyError.

    The cap is checked in the header, while streaming and while unpacking, so that neither a lie about the length
    nor a bomb (200 MB of zeros are 200 kB of gzip) ever takes more memory than the cap.
    """
    if _announced(headers) > cap:
        raise TooLargeError
    packing = headers.get("content-encoding", "").strip().lower()
    if packing in {"", "identity"}:
        return _gather(chunks, cap)
    if packing in {"gzip", "x-gzip", "deflate"}:
        return _gather(_unpack(chunks, cap), cap)
    raise BadBodyError


def _announced(headers: Mapping[str, str]) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() else 0


def _gather(chunks: Iterable[bytes], cap: int) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > cap:
            raise TooLargeError
    return bytes(content)


def _unpack(chunks: Iterable[bytes], cap: int) -> Iterable[bytes]:
    unpacker = None
    for chunk in chunks:
        rest = chunk
        while rest:
            if unpacker is None or unpacker.eof:  # a gzip file may have several members
                unpacker = _unpacker_for(rest)
            try:
                yield unpacker.decompress(rest, cap + 1)
            except zlib.error as error:
                raise BadBodyError from error
            # What the cap held back stays in unconsumed_tail; the gatherer has stopped by then.
            rest = unpacker.unused_data
    if unpacker is not None and not unpacker.eof:
        raise BadBodyError


def _unpacker_for(start: bytes) -> "zlib._Decompress":
    # WORKAROUND: some servers send bare deflate without its zlib wrapper (https://www.rfc-editor.org/rfc/rfc9110#name-deflate-coding).
    is_wrapped = start[:1] in {b"\x1f", b"\x78", b"\x08", b"\x18", b"\x28", b"\x38", b"\x48", b"\x58", b"\x68"}
    return zlib.decompressobj(wbits=47 if is_wrapped else -15)
