"""What the hostile files are made of: a real clip, and the bytes of it that are changed."""

import io
import struct
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path


@cache
def clip() -> bytes:
    """Two seconds of H.264 with sound; the index comes last."""
    pictures = "-f lavfi -i testsrc=s=160x120:r=12:d=2 -f lavfi -i sine=d=2"
    return _written(f"{pictures} -c:v libx264 -pix_fmt yuv420p -g 6 -bf 0 -c:a aac -f mp4", given=None)


@cache
def by_ffmpeg(options: str) -> bytes:
    """What FFmpeg writes with these options; `{clip}` among them is the clip."""
    return _written(options, given=clip() if "{clip}" in options else None)


def _written(options: str, *, given: bytes | None) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        read, written = Path(folder, "read.mp4"), Path(folder, "written")
        if given is not None:
            read.write_bytes(given)
        said = [part.replace("{clip}", str(read)).replace("{folder}", folder) for part in options.split()]
        subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", *said, str(written)], check=True, timeout=60)
        return written.read_bytes()


def index_first() -> bytes:
    return by_ffmpeg("-i {clip} -c copy -movflags +faststart -f mp4")


def fragments() -> bytes:
    return by_ffmpeg("-i {clip} -an -c copy -movflags frag_keyframe+empty_moov+default_base_moof -f mp4")


def repeated_fragments(times: int) -> bytes:
    whole = fragments()
    start, end = whole.index(b"moof") - 4, whole.rindex(b"mfra") - 4
    return whole[:start] + whole[start:end] * times


def archive(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return written.getvalue()


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def nested(depth: int) -> bytes:
    return b"".join(struct.pack(">I4s", 8 * (depth - at), b"moov") for at in range(depth))


def _boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The outermost boxes: kind, start, end."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        yield kind, at, at + size
        at += size


def without(data: bytes, unwanted: bytes) -> bytes:
    return b"".join(data[start:end] for kind, start, end in _boxes(data) if kind != unwanted)


def zeroed(data: bytes) -> bytes:
    """With nothing but zeros for pictures and sound."""
    return b"".join(
        data[start : start + 8] + bytes(end - start - 8) if kind == b"mdat" else data[start:end]
        for kind, start, end in _boxes(data)
    )


def changed(data: bytes, table: bytes, at: int, value: int) -> bytes:
    """With another number `at` so many bytes into the first such table."""
    place = data.index(table) + 4 + at
    return data[:place] + struct.pack(">I", value) + data[place + 4 :]


def compressed_index(data: bytes, size: int) -> bytes:
    """QuickTime's compressed index, of little that becomes much."""
    packed = zlib.compress(bytes(size))
    index = box(b"cmov", box(b"dcom", b"zlib") + box(b"cmvd", struct.pack(">I", size) + packed))
    return without(data, b"moov") + box(b"moov", index)


def referring(data: bytes, address: str) -> bytes:
    """With the pictures said to be elsewhere: the `url ` of its data references is given one, and no flag "in here"."""
    place = data.index(b"url ") - 4
    given = box(b"url ", bytes(4) + address.encode() + b"\0")
    return _grown(data, place, len(given) - 12, given, replaced=12)


def _grown(data: bytes, place: int, by: int, given: bytes, *, replaced: int) -> bytes:
    """With `given` at `place`, all the boxes round it made larger. The index comes last: nothing else moves."""
    grown = bytearray(data[:place] + given + data[place + replaced :])
    for at in _round(data, 0, len(data), place):
        struct.pack_into(">I", grown, at, struct.unpack_from(">I", data, at)[0] + by)
    return bytes(grown)


_HOLDERS = {b"moov": 8, b"trak": 8, b"mdia": 8, b"minf": 8, b"dinf": 8, b"dref": 16}


def _round(data: bytes, start: int, end: int, place: int) -> Iterator[int]:
    """Where the boxes round a place begin."""
    at = start
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if at < place < at + size and kind in _HOLDERS:
            yield at
            yield from _round(data, at + _HOLDERS[kind], at + size, place)
        at += size


def with_tracks(data: bytes, count: int) -> bytes:
    """With its first track many times over."""
    start = data.index(b"trak") - 4
    track = data[start : start + struct.unpack_from(">I", data, start)[0]]
    return _grown(data, start, len(track) * count, track * count, replaced=0)


def playlist_in_avi(avi: bytes, playlist: bytes) -> bytes:
    """An AVI whose "subtitles" are a playlist, which FFmpeg once followed (GAB2, CVE-2017-9993)."""
    subtitles = b"GAB2\0\x02\0" + struct.pack("<I", 0) + b"\x04\0" + struct.pack("<I", len(playlist)) + playlist
    place = avi.index(b"movi") + 4
    return avi[:place] + struct.pack("<4sI", b"01sb", len(subtitles)) + subtitles + avi[place:]


def avi_rate(avi: bytes, scale: int, rate: int) -> bytes:
    """With another frame rate in its first stream's header, and no time per frame in the main one."""
    place = avi.index(b"strh") + 8 + 20
    main = avi.index(b"avih") + 8
    changed = avi[:place] + struct.pack("<II", scale, rate) + avi[place + 8 :]
    return changed[:main] + bytes(4) + changed[main + 4 :]


def png(width: int, height: int) -> bytes:
    """A picture of one colour, so large that its bytes are few."""
    row = zlib.compress(bytes((1 + width) * min(height, 100)))
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", row), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def gif(width: int, height: int, pictures: int) -> bytes:
    screen = struct.pack("<HH", width, height)
    picture = b"\x2c" + bytes(4) + screen + b"\x00\x02\x02\x4c\x01\x00"
    return b"GIF89a" + screen + b"\x80\x00\x00" + bytes(3) + b"\xff" * 3 + picture * pictures + b";"


def jpeg() -> bytes:
    return by_ffmpeg("-f lavfi -i testsrc=s=160x120:d=1 -frames:v 1 -c:v mjpeg -f image2pipe")


def mjpeg(width: int, height: int) -> bytes:
    """A stream of pictures that say to be of another size."""
    return _resized(jpeg(), width, height) * 20


def mjpeg_avi(width: int, height: int) -> bytes:
    """The same in a container that says nothing of it."""
    return _resized(by_ffmpeg("-i {clip} -an -c:v mjpeg -f avi"), width, height)


def _resized(pictures: bytes, width: int, height: int) -> bytes:
    changed, at = bytearray(pictures), 0
    while (at := pictures.find(b"\xff\xc0\x00\x11", at)) >= 0:
        struct.pack_into(">HH", changed, at + 5, height, width)
        at += 1
    return bytes(changed)


def ivf(width: int, height: int) -> bytes:
    head = struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, b"VP80", width, height, 25, 1, 20, 0)
    return head + b"".join(struct.pack("<IQ", 40, at) + bytes(40) for at in range(20))


def titled(title: str) -> bytes:
    return _described(f"title={title}\n")


def chaptered(count: int) -> bytes:
    chapters = (f"[CHAPTER]\nTIMEBASE=1/100000\nSTART={at}\nEND={at + 1}\ntitle={at}\n" for at in range(count))
    return _described("".join(chapters))


def _described(description: str) -> bytes:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(";FFMETADATA1\n" + description)
        file.flush()
        return _written(
            f"-i {{clip}} -f ffmetadata -i {file.name} -map 0 -map_metadata 1 -c copy -f matroska", given=clip()
        )


def song() -> bytes:
    """Sound, and one picture that is its cover."""
    cover = "-f lavfi -i testsrc=s=160x120:d=1"
    return by_ffmpeg(
        f"-f lavfi -i sine=d=2 {cover} -map 0 -map 1 -frames:v 1 -c:v mjpeg -disposition:v attached_pic -f mp3"
    )


def scrambled(ts: bytes) -> bytes:
    """With every packet said to be encrypted, and changed."""
    data = bytearray(ts)
    for at in range(0, len(data) - 187, 188):
        if (data[at + 1] & 0x1F, data[at + 2]) not in ((0, 0), (0x10, 0), (0, 0x11)):
            data[at + 3] |= 0xC0
            data[at + 12 : at + 188] = bytes(byte ^ 0x5A for byte in data[at + 12 : at + 188])
    return bytes(data)


def deep_flv(depth: int) -> bytes:
    """Data for scripts, one object in another."""
    body = b"\x02\x00\x0aonMetaData" + b"\x03\x00\x01a" * depth
    tag = b"\x12" + len(body).to_bytes(3, "big") + bytes(7) + body
    return b"FLV\x01\x05\x00\x00\x00\x09" + bytes(4) + tag + struct.pack(">I", len(tag))


def growing() -> bytes:
    """Pictures whose size changes within one transport stream."""
    sizes = ("64x48", "640x480", "1280x720", "32x32")
    made = "-f lavfi -i testsrc=s={}:r=12:d=1 -c:v libx264 -pix_fmt yuv420p -f mpegts"
    return b"".join(by_ffmpeg(made.format(size)) for size in sizes)
