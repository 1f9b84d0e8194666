"""Files over HTTP, whole or in part (RFC 9110, sections 13 and 14)."""

import os
import re
from pathlib import Path

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from instantreact.errors import NotFound

_RANGE = re.compile(r"(?:\d{1,18}-\d{0,18}|-\d{1,18})", re.ASCII)


def serve_file(request: Request, path: Path, *, media_type: str, etag: str, filename: str | None = None) -> Response:
    """The file, the part of it that was asked for, or 304 to those who have it.

    `etag` names these very bytes. A Range in another unit, or one that is no range, is ignored as RFC 9110 asks;
    Starlette alone would answer 400. Raises an HTTPException with 416 when no range lies inside the file, NotFound
    when there is no file.
    """
    tag = f'"{etag}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
    if _has_it(request, tag):
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


def _has_it(request: Request, tag: str) -> bool:
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
