"""Reading forms into memory: a reference photo must not touch the disk, not even for a moment."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from fastapi import Request
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

LARGEST_FORM = 48 << 20
"""Bytes of a form with its photos: a dozen pictures of a phone."""
LARGEST_TEXT = 64 << 10
MOST_PHOTOS = 12
MOST_FIELDS = 60


class TooLargeError(Exception):
    """More bytes than a form may have."""


class BrokenFormError(Exception):
    """Bytes that are no form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file somebody chose; ``name`` is what they call it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a form was filled in with."""

    fields: FormData
    photos: tuple[Upload, ...]

    def text(self, name: str) -> str:
        """What was typed into a field; empty where it is missing."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def has(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self.text(name))


class _MemoryParser(MultiPartParser):
    # Starlette would write a part of more than 1 MiB to a temporary file.
    spool_max_size = LARGEST_FORM


async def read_form(request: Request) -> Typed:
    """Read a form. Raises TooLargeError before a larger one is in memory, BrokenFormError for what is none."""
    has_files = request.headers.get("content-type", "").startswith("multipart/form-data")
    stream = _bounded(request, LARGEST_FORM if has_files else LARGEST_TEXT)
    try:
        if has_files:
            limits = {"max_files": MOST_PHOTOS, "max_fields": MOST_FIELDS}
            fields = await _MemoryParser(request.headers, stream, **limits).parse()
        else:
            fields = await FormParser(request.headers, stream).parse()
    except (MultiPartException, FormParserError, UnicodeDecodeError, KeyError) as error:
        raise BrokenFormError from error
    try:
        chosen = [one for one in fields.getlist("photos") if isinstance(one, UploadFile)]
        photos = [Upload(name=one.filename or "", content=await one.read()) for one in chosen]
        # A file field left empty comes as a nameless file of no bytes.
        return Typed(fields=fields, photos=tuple(photo for photo in photos if photo.name or photo.content))
    finally:
        await fields.close()


async def _bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > most:
            raise TooLargeError
        yield chunk
