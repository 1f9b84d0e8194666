"""Files over HTTP, whole or in part (RFC 9110, sections 13 and 14)."""

import os
import re
from pathlib import Path
from urllib.parse import quote

from fastapi import Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response, StreamingResponse

from instantreact.errors import NotFound
from instantreact.pipeline.renditions import Renditions
from instantreact.pipeline.services import Services
from instantreact.storage.blobs import LocalBlobs

_RANGE = re.compile(r"(?:\d{1,18}-\d{0,18}|-\d{1,18})", re.ASCII)


async def serve_blob(
    request: Request, services: Services, key: str, *, media_type: str, etag: str, filename: str | None = None
) -> Response:
    """A file of the blob store, as `serve_file` does; of several ranges of one in a bucket, the whole."""
    if isinstance(services.blobs, LocalBlobs):
        path = services.blobs.path(key)
        return serve_file(request, path, media_type=media_type, etag=etag, filename=filename)
    headers = _headers(f'"{etag}"')
    if has_it(request, f'"{etag}"'):
        return Response(status_code=304, headers=headers)
    file = await services.threads.run(services.blobs.find_file, key)
    if file is None:
        raise NotFound("file at", request.url.path)
    _resolve_range(request, file.size_bytes, f'"{etag}"')
    part = _find_part(request, file.size_bytes, f'"{etag}"')
    start, end = part or (0, file.size_bytes)
    headers |= {"Accept-Ranges": "bytes", "Content-Length": str(end - start)}
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size_bytes}"
    if filename is not None:
        headers["Content-Disposition"] = f"inline; filename*=utf-8''{quote(filename, safe='')}"
    pieces = file.read_part(start, end if request.method != "HEAD" else start)
    return StreamingResponse(
        services.threads.iterate(pieces), status_code=206 if part else 200, headers=headers, media_type=media_type
    )


async def serve_playable(request: Request, key: str, *, etag: str, filename: str) -> Response:
    """What browsers play of a file: H.264 in MP4 where the file is anything that they may not know.

    Raises NotFound, TooBusy while it is being made, and what makes it impossible.
    """
    renditions: Renditions = request.app.state.renditions
    services: Services = request.app.state.services
    played = await renditions.find(key)
    is_made = played != key
    return await serve_blob(
        request,
        services,
        played,
        media_type="video/mp4" if is_made or not key.endswith(".webm") else "video/webm",
        etag=f"{etag}-h264" if is_made else etag,
        filename=filename,
    )


def serve_file(request: Request, path: Path, *, media_type: str, etag: str, filename: str | None = None) -> Response:
    """The file, the part of it that was asked for, or 304 to those who have it.

    `etag` names these very bytes. A Range in another unit, or one that is no range, is ignored as RFC 9110 asks;
    Starlette alone would answer 400. Raises an HTTPException with 416 when no range lies inside the file, NotFound
    when there is no file.
    """
    tag = f'"{etag}"'
    headers = _headers(tag)
    if has_it(request, tag):
        return Response(status_code=304, headers=headers)
    try:
        stat = path.stat()
    except FileNotFoundError as error:
        raise NotFound("file at", request.url.path) from error
    _resolve_range(request, stat.st_size, tag)
    return FileResponse(
        path,
        headers=headers,
        media_type=media_type,
        stat_result=os.stat_result(stat),
        filename=filename,
        content_disposition_type="inline",
    )


def _headers(tag: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}


def _find_part(request: Request, size_bytes: int, tag: str) -> tuple[int, int] | None:
    """The one range that is left in the request."""
    left = Headers(scope=request.scope)  # the request itself remembers what it was sent
    given = left.get("range", "").removeprefix("bytes=")
    if not given or "," in given or left.get("if-range", tag) != tag:
        return None
    first, _, last = given.partition("-")
    if not first:
        return max(0, size_bytes - int(last)), size_bytes
    return int(first), min(size_bytes, int(last) + 1) if last else size_bytes


def has_it(request: Request, tag: str) -> bool:
    """Whether If-None-Match names the tag, which stands in quotes."""
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    return tag in known or "*" in known


def _resolve_range(request: Request, size_bytes: int, tag: str) -> None:
    """Leave in the request only ranges that lie inside the file."""
    given = request.headers.get("range")
    if given is None:
        return
    asked = _parse_ranges(given)
    wanted = [each for each in asked if _is_inside(each, size_bytes)]
    if asked and not wanted and request.headers.get("if-range", tag) == tag:
        detail = f"The file has {size_bytes} bytes."
        raise HTTPException(416, detail, headers={"Content-Range": f"bytes */{size_bytes}"})
    _replace_range(request, f"bytes={','.join(wanted)}" if wanted else None)


def _parse_ranges(given: str) -> list[str]:
    unit, _, listed = given.partition("=")
    ranges = [each.strip() for each in listed.split(",") if each.strip()]
    well_formed = unit.strip().lower() == "bytes" and all(_is_range(each) for each in ranges)
    return ranges if well_formed else []


def _is_range(text: str) -> bool:
    first, _, last = text.partition("-")
    return _RANGE.fullmatch(text) is not None and not (first and last and int(last) < int(first))


def _is_inside(text: str, size_bytes: int) -> bool:
    first, _, last = text.partition("-")
    return int(first) < size_bytes if first else int(last) > 0 and size_bytes > 0


def _replace_range(request: Request, value: str | None) -> None:
    others = [header for header in request.scope["headers"] if header[0] != b"range"]
    request.scope["headers"] = others if value is None else [*others, (b"range", value.encode())]
