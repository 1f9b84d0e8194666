"""Keyset pages over HTTP: `{"items": [...], "next": cursor}`, where the cursor is opaque to everybody else."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field

from instantreact.storage.paging import PAGE_SIZE, Cursor

MAX_PAGE_SIZE = 200
Row = TypeVar("Row")
View = TypeVar("View")


class Page(BaseModel, Generic[View]):
    """Some of the rows, newest first, and how to ask for more."""

    items: list[View]
    next: str | None = Field(description="Pass it as `after` to get the next page; null on the last one.")


@dataclass(frozen=True)
class PageRequest:
    """Which page is asked for."""

    after: Cursor | None
    limit: int

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than asked for shows whether a next page exists."""
        return self.limit + 1

    def cut(self, rows: Sequence[Row], view: Callable[[Row], View], at: Callable[[Row], Cursor]) -> Page[View]:
        """The page of these rows, which were read with `fetch`."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        return Page(items=[view(row) for row in shown], next=encode_cursor(at(shown[-1])) if more else None)


def encode_cursor(cursor: Cursor) -> str:
    """A cursor as text that goes into a URL as it is."""
    return base64.urlsafe_b64encode(f"{cursor.at.isoformat()} {cursor.id}".encode()).decode().rstrip("=")


def decode_cursor(text: str) -> Cursor:
    """The cursor again. Raises ValueError for text that `encode_cursor` did not make."""
    try:
        at, row_id = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii").split(" ")
        cursor = Cursor(datetime.fromisoformat(at), row_id)
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise ValueError("not a cursor that came as `next`") from error
    if encode_cursor(cursor) != text or cursor.at.utcoffset() != timedelta(0) or not row_id.isalnum():
        raise ValueError("not a cursor that came as `next`")
    return cursor


async def _ask_page(
    after: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Continue after this cursor, the `next` of another page.",
            json_schema_extra={"format": "cursor"},
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="At most so many items.")] = PAGE_SIZE,
) -> PageRequest:
    try:
        return PageRequest(after=None if after is None else decode_cursor(after), limit=limit)
    except ValueError as error:
        found = {"type": "value_error", "loc": ("query", "after"), "msg": str(error), "input": after}
        raise RequestValidationError([found]) from error


PageDep = Annotated[PageRequest, Depends(_ask_page)]
