"""A multipart/form-data body with one file, read as it arrives (RFC 7578)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from instantreact.errors import InvalidInput

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FILE_FIELD = "file"
MAX_FIELD_BYTES = 4096
MAX_FILENAME_CHARACTERS = 255


@dataclass(frozen=True)
class Form:
    """What a form held beside the bytes of its file."""

    filename: str
    fields: Mapping[str, str]


class FormReader:
    """Takes a body in pieces, gives back the file's bytes, and at the end the rest of the form.

    Nothing but the current piece and the (small) text fields is held in memory.
    """

    def __init__(self, boundary: bytes, *, field_names: Collection[str]) -> None:
        """`field_names`: what the form may hold beside its file. Raises InvalidInput for too long a boundary."""
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin_part,
            "on_header_field": self._add_header_name,
            "on_header_value": self._add_header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._add_data,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks)
        except FormParserError as error:
            raise InvalidInput("The boundary of the multipart body is too long.") from error
        self._field_names = field_names
        self._header_name = b""
        self._header_value = b""
        self._disposition = b""
        self._name: str | None = None
        self._text = bytearray()
        self._file_bytes = bytearray()
        self._filename: str | None = None
        self._fields: dict[str, str] = {}
        self._is_complete = False

    def feed(self, piece: bytes) -> bytes:
        """The file's bytes in this piece of the body. Raises InvalidInput."""
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise InvalidInput("The body is not well-formed multipart/form-data.") from error
        found = bytes(self._file_bytes)
        self._file_bytes.clear()
        return found

    def finish(self) -> Form:
        """The form, once the whole body was fed. Raises InvalidInput when it broke off or held no file."""
        if not self._is_complete:
            raise InvalidInput("The body broke off before the end of its multipart form.")
        if self._filename is None:
            raise InvalidInput(f"The form has no file in the field {FILE_FIELD!r}.")
        return Form(self._filename, self._fields)

    def _begin_part(self) -> None:
        self._disposition = b""
        self._text.clear()

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._disposition.decode("latin-1"))
        if b"name" not in options:
            raise InvalidInput("A part of the form has no name.")
        name = options[b"name"].decode("utf-8", "replace")
        if name == FILE_FIELD:
            self._begin_file(options.get(b"filename"))
        elif name not in self._field_names:
            known = ", ".join([FILE_FIELD, *self._field_names])
            raise InvalidInput(f"The form has a field {name[:80]!r}; it may have {known}.")
        elif name in self._fields:
            raise InvalidInput(f"The form has the field {name!r} twice.")
        self._name = name

    def _begin_file(self, filename: bytes | None) -> None:
        if filename is None:
            raise InvalidInput(
                f"The field {FILE_FIELD!r} holds text, not a file (with curl: -F {FILE_FIELD}=@clip.mp4)."
            )
        if self._filename is not None:
            raise InvalidInput("The form holds two files; send one at a time.")
        self._filename = _label(filename)

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._name == FILE_FIELD:
            self._file_bytes += data[start:end]
        elif len(self._text) + end - start > MAX_FIELD_BYTES:
            raise InvalidInput(f"The field {self._name!r} is longer than {MAX_FIELD_BYTES} bytes.")
        else:
            self._text += data[start:end]

    def _end_part(self) -> None:
        if self._name is not None and self._name != FILE_FIELD:
            self._fields[self._name] = self._text.decode("utf-8", "replace")

    def _end(self) -> None:
        self._is_complete = True


def find_boundary(content_type: str) -> bytes | None:
    """The boundary of a multipart/form-data body; None for a body of another type. Raises InvalidInput without one."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        return None
    if not options.get(b"boundary"):
        raise InvalidInput("The Content-Type multipart/form-data comes without a boundary.")
    return options[b"boundary"]


def _label(filename: bytes) -> str:
    """A file name as a line of text: it is shown, and never used as a path."""
    text = filename.decode("utf-8", "replace")
    return "".join(letter for letter in text if letter.isprintable())[:MAX_FILENAME_CHARACTERS]
