"""An uploaded file on its way from the socket to the blob store, hashed as it passes, never whole in memory."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from instantreact.api.multipart import FILE_FIELD, Form, FormReader, find_boundary
from instantreact.api.schemas.clips import ClipDraft
from instantreact.errors import InvalidInput, TooLarge, UnsupportedMedia
from instantreact.pipeline.intake import Upload
from instantreact.pipeline.services import Services
from instantreact.storage.blobs import BlobWriter

WRITE_BYTES = 1024 * 1024
"""So much is gathered before it is hashed and written, which takes a trip to a thread each time."""


def _describe_body() -> dict[str, Any]:
    file = {"type": "string", "format": "binary", "description": "The clip. What it is, its content says."}
    fields = ClipDraft.model_json_schema(ref_template="#/components/schemas/{model}")["properties"]
    properties = {FILE_FIELD: file, **{name: _without_null(each) for name, each in fields.items()}}
    schema = {"type": "object", "required": [FILE_FIELD], "properties": properties, "additionalProperties": False}
    encoding = {FILE_FIELD: {"contentType": "video/*, application/octet-stream"}}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema, "encoding": encoding}}}


def _without_null(field: Mapping[str, Any]) -> dict[str, Any]:
    """A form cannot say null: what is not meant is left out, or empty."""
    kinds = [kind for kind in field.get("anyOf", ()) if kind != {"type": "null"}]
    left = {name: each for name, each in field.items() if name not in ({"anyOf", "default"} if kinds else ())}
    return left | (kinds[0] if kinds else {})


UPLOAD_BODY = _describe_body()
"""How the body of /analyze is documented: FastAPI does not see it, because it is read by hand."""


async def receive_upload(request: Request, services: Services, *, max_bytes: int) -> tuple[Upload, ClipDraft]:
    """The file of a multipart request, stored, and the fields beside it.

    Nothing is left behind when it raises: InvalidInput for a malformed or empty form, TooLarge beyond `max_bytes`
    (without reading on), UnsupportedMedia for another kind of body, StorageFull, and ClientDisconnect when the
    client goes away.
    """
    boundary = find_boundary(request.headers.get("content-type", ""))
    if boundary is None:
        raise UnsupportedMedia(f"Send the clip as multipart/form-data, in the field {FILE_FIELD!r}.")
    reader = FormReader(boundary, field_names=tuple(ClipDraft.model_fields))
    key = services.blobs.new_key("clips", "")
    async with _writing(services, key) as writer:
        sink = _Sink(writer)
        async for piece in _gather(request, reader, max_bytes=max_bytes):
            await services.threads.run(sink.take, piece)
        form = reader.finish()
        draft = _read_fields(form)
        if sink.size_bytes == 0:
            raise InvalidInput("The file is empty.")
    return Upload(key, sink.digest.hexdigest(), sink.size_bytes, form.filename), draft


class _Sink:
    """Writes and hashes."""

    def __init__(self, writer: BlobWriter) -> None:
        self._writer = writer
        self.digest = hashlib.sha256()
        self.size_bytes = 0

    def take(self, piece: bytes) -> None:
        self._writer.write(piece)
        self.digest.update(piece)
        self.size_bytes += len(piece)


async def _gather(request: Request, reader: FormReader, *, max_bytes: int) -> AsyncIterator[bytes]:
    """The file's bytes in pieces worth a trip to a thread."""
    gathered, total_bytes = bytearray(), 0
    async for received in request.stream():
        found = reader.feed(received)
        gathered += found
        total_bytes += len(found)
        if total_bytes > max_bytes:
            raise TooLarge(f"The file is larger than {max_bytes} bytes, the most that is taken.")
        if len(gathered) >= WRITE_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


@asynccontextmanager
async def _writing(services: Services, key: str) -> AsyncIterator[BlobWriter]:
    """`blobs.writing(key)` that keeps the reserve, its blocking parts in a thread."""
    block = services.blobs.writing(key, keep_reserve=True)
    writer = await services.threads.run(block.__enter__)
    try:
        yield writer
    except BaseException as error:
        # Shielded, so that a request that is cancelled cleans up all the same.
        await asyncio.shield(services.threads.run(block.__exit__, type(error), error, error.__traceback__))
        raise
    await services.threads.run(block.__exit__, None, None, None)


def _read_fields(form: Form) -> ClipDraft:
    given = {name: value for name, value in form.fields.items() if value}  # a form sends what is left out as empty
    try:
        return ClipDraft.model_validate(given)
    except ValidationError as error:
        found = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(found) from error
