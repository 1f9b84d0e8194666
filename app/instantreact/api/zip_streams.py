"""A ZIP file that is sent while it is made: neither memory nor disk holds it."""

import zipfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class ZipMember:
    """A file in a ZIP file, piece by piece; pictures and films, which are compressed as they are, are only stored."""

    name: str
    pieces: AsyncIterator[bytes]
    is_media: bool = False


async def stream_zip(members: AsyncGenerator[ZipMember, None]) -> AsyncIterator[bytes]:
    """The bytes of a ZIP file with these members, in their order."""
    written = _Written()
    archive = zipfile.ZipFile(written, "w")
    async with aclosing(members):
        async for member in members:
            with archive.open(_describe(member), "w", force_zip64=True) as file:  # how large it gets is not known
                async for piece in member.pieces:
                    file.write(piece)
                    if some := written.take():
                        yield some
    archive.close()
    yield written.take()


def _describe(member: ZipMember) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(member.name, date_time=datetime.now(UTC).timetuple()[:6])
    info.compress_type = zipfile.ZIP_STORED if member.is_media else zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


class _Written:
    """A file that cannot go back: what was written and is not sent yet."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """There is nothing to close."""

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
