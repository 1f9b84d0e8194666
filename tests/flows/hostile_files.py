"""Files that somebody uploads to do harm, or that a broken recorder wrote; each by its name, as bytes.

Most are one real clip with one thing changed: what a container's parser believes is changed, and the rest is right.
"""

import gzip
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from tests.flows import hostile_bytes as made


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file, and whether it may be analyzed in the end (there are pictures in it that every player shows)."""

    name: str
    data: bytes
    is_clip: bool = False


def all_hostile(url: str) -> list[Hostile]:
    """All of them; `url` is that of a server which nobody may call."""
    return list(chain(_no_clips(), _that_name_others(url), _bombs(), _mp4s(), _other_containers(), _odd_pictures()))


def _no_clips() -> Iterator[Hostile]:
    plain: dict[str, bytes] = {
        "nothing": b"",
        "one byte": b"\x00",
        "text": b"I am no clip.\n" * 100,
        "a page": b"<!doctype html><script>alert(1)</script><video src=x>",
        "a drawing with a script": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "a document": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF",
        "a program": b"\x7fELF\x02\x01\x01" + bytes(200_000),
        "zeros": bytes(1_000_000),
        "0xff": b"\xff" * 1_000_000,
        "noise": random.Random(11).randbytes(1_000_000),
        "an archive": made.archive({"clip.mp4": b"x" * 1000}),
        "a clip in an archive": made.archive({"clip.mp4": made.clip()}),
        "a clip in gzip": gzip.compress(made.clip()),
        "subtitles": b"1\n00:00:01,000 --> 00:00:02,000\nhello\n\n" * 200,
    }
    for name, data in plain.items():
        yield Hostile(name, data)
    yield Hostile("sound only", made.by_ffmpeg("-f lavfi -i sine=d=2 -f wav"))
    yield Hostile("a song with a cover", made.song())


def _that_name_others(url: str) -> Iterator[Hostile]:
    """Lists and descriptions that would have the reader open other files, or call somebody."""
    texts = {
        "a playlist of an address": "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10,\n{url}/a.ts\n#EXT-X-ENDLIST\n",
        "a playlist of a file": "#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "a playlist that joins a file to an address": (
            "#EXTM3U\n#EXTINF:10,\nconcat:{url}/h.m3u8|file:///etc/passwd\n#EXT-X-ENDLIST\n"
        ),
        "a playlist with a key": (
            '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{url}/key"\n#EXTINF:10,\n{url}/a.ts\n#EXT-X-ENDLIST\n'
        ),
        "a list to be joined": "ffconcat version 1.0\nfile '/etc/passwd'\nfile '{url}/a.mp4'\n",
        "a session description": (
            "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
            "a=rtpmap:96 H264/90000\n"
        ),
        "a DASH manifest": (
            '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT9S"><Period>'
            '<AdaptationSet mimeType="video/mp4"><Representation id="1"><BaseURL>{url}/a.mp4</BaseURL>'
            "</Representation></AdaptationSet></Period></MPD>"
        ),
        "a smooth streaming manifest": '<SmoothStreamingMedia><StreamIndex Url="{url}/a"/></SmoothStreamingMedia>',
        "a QuickTime link": '<?xml version="1.0"?><?quicktime type="application/x-qtif"?><embed src="{url}/a.mov"/>',
        "a reference of Windows": "[Reference]\nRef1={url}/a.asf\n",
    }
    for name, text in texts.items():
        yield Hostile(name, text.replace("{url}", url).encode())
    yield Hostile(
        "a playlist in an AVI's subtitles",
        made.playlist_in_avi(
            made.by_ffmpeg("-i {clip} -c:v mpeg4 -an -f avi"), f"#EXTM3U\n#EXTINF:1,\n{url}/a.ts\n".encode()
        ),
        is_clip=True,
    )
    yield Hostile("an MP4 whose pictures are at an address", made.referring(made.clip(), url + "/a.mp4"), is_clip=True)
    yield Hostile(
        "an MP4 whose pictures are in another file", made.referring(made.clip(), "file:///etc/passwd"), is_clip=True
    )


def _bombs() -> Iterator[Hostile]:
    yield Hostile("an archive of 100 MB in little", made.archive({"clip.mp4": bytes(100_000_000)}))
    yield Hostile("a picture of 30,000 x 30,000", made.png(30_000, 30_000))
    yield Hostile("a GIF of 65,535 x 65,535", made.gif(65_535, 65_535, 50))
    for side in (65_500, 0):
        yield Hostile(f"MJPEG whose pictures say {side} x {side}", made.mjpeg(side, side))
        yield Hostile(f"an AVI of pictures that say {side} x {side}", made.mjpeg_avi(side, side))
    yield Hostile("an AVI of pictures that say 3000 x 3000", made.mjpeg_avi(3000, 3000))
    yield Hostile("an index of 64 MB in little", made.compressed_index(made.clip(), 64_000_000))
    yield Hostile("Y4M of 60,000 x 60,000", b"YUV4MPEG2 W60000 H60000 F25:1 C420\nFRAME\n" + bytes(9000))
    yield Hostile("IVF of 65,535 x 65,535", made.ivf(65_535, 65_535))
    yield Hostile("titles of 5 MB", made.titled("x" * 5_000_000), is_clip=True)
    yield Hostile("50,000 chapters", made.chaptered(50_000), is_clip=True)
    yield Hostile("5,000 tracks", made.with_tracks(made.clip(), 5_000))


def _mp4s() -> Iterator[Hostile]:
    yield Hostile("an MP4 without its index", made.without(made.clip(), b"moov"))
    yield Hostile("an MP4 of its index alone", made.without(made.clip(), b"mdat"))
    yield Hostile("an MP4 whose pictures are zeros", made.zeroed(made.clip()))
    yield Hostile("an MP4 cut in its index", made.index_first()[:700])
    yield Hostile("half an MP4", made.index_first()[: len(made.index_first()) // 2], is_clip=True)
    yield Hostile("a box of 0 bytes", made.box(b"ftyp", b"isom") + struct.pack(">I4s", 2, b"moov") + bytes(99))
    yield Hostile("a box of 2^63 bytes", struct.pack(">I4sQ", 1, b"moov", 2**63 - 1) + bytes(1000))
    yield Hostile("10,000 boxes one in another", made.box(b"ftyp", b"isom") + made.nested(10_000))
    for name, table, at, value in (
        ("2^32 durations", b"stts", 4, 0xFFFFFFFF),
        ("2^32 sizes", b"stsz", 8, 0xFFFFFFFF),
        ("a picture of 4 GB", b"stsz", 12, 0xFFFFFFF0),
        ("2^32 chunks", b"stsc", 4, 0xFFFFFFFF),
        ("2^32 entries", b"stsd", 4, 0xFFFFFFFF),
    ):
        change = (table, at, value)
        yield Hostile(f"an MP4 with {name}", made.changed(made.clip(), *change))
    for name, at, value in (("2^32 places", 4, 0xFFFFFFFF), ("a place beyond the end", 8, 0xFFFFFFF0)):
        place = (b"stco", at, value)
        yield Hostile(f"an MP4 with {name}", made.changed(made.clip(), *place), is_clip=True)
    yield Hostile("an MP4 without a clock", made.changed(made.clip(), b"mdhd", 12, 0), is_clip=True)
    yield Hostile("an MP4 of 2^32 ticks a second", made.changed(made.clip(), b"mdhd", 12, 0xFFFFFFFF), is_clip=True)
    yield Hostile("an MP4 that lasts 136 years", made.changed(made.clip(), b"stts", 12, 0xFFFFFFF), is_clip=True)
    yield Hostile("an MP4 whose time stands still", made.changed(made.clip(), b"stts", 12, 0), is_clip=True)
    yield Hostile("an MP4 that begins at its end", made.changed(made.clip(), b"elst", 12, 0x7FFFFFFF))
    yield Hostile("an MP4 in an unknown codec", made.clip().replace(b"avc1", b"zzz9"))
    yield Hostile("an encrypted MP4", made.clip().replace(b"avc1", b"encv"))
    yield Hostile("fragments without a beginning", made.without(made.fragments(), b"moov"))
    yield Hostile("fragments twenty times over", made.repeated_fragments(20), is_clip=True)


def _other_containers() -> Iterator[Hostile]:
    mkv = made.by_ffmpeg("-i {clip} -c copy -f matroska")
    ts = made.by_ffmpeg("-i {clip} -c copy -f mpegts")
    avi = made.by_ffmpeg("-i {clip} -c:v mpeg4 -an -f avi")
    flv = made.by_ffmpeg("-i {clip} -c copy -f flv")
    ogg = made.by_ffmpeg("-i {clip} -c:v libtheora -an -f ogg")
    yield Hostile("Matroska cut in its head", mkv[:300])
    yield Hostile("Matroska of a size unknown", mkv[:47] + b"\x01" + b"\xff" * 7 + mkv[55:], is_clip=True)
    yield Hostile(
        "EBML one in another",
        b"\x1a\x45\xdf\xa3\x80" + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" * 5000,
    )
    yield Hostile("Matroska joined 50 times", mkv * 50, is_clip=True)
    yield Hostile("a transport stream that is scrambled", made.scrambled(ts))
    yield Hostile("a transport stream of other data", made.by_ffmpeg("-f lavfi -i sine=d=1 -c:a mp2 -f mpegts"))
    yield Hostile("a transport stream out of step", ts[: len(ts) // 3] + ts[len(ts) // 3 + 77 :], is_clip=True)
    yield Hostile("an AVI with an endless rate", made.avi_rate(avi, 0, 25), is_clip=True)
    yield Hostile("an AVI without a rate", made.avi_rate(avi, 1, 0), is_clip=True)
    yield Hostile("an AVI of a picture a day", made.avi_rate(avi, 86_400, 1), is_clip=True)
    yield Hostile("an AVI whose lists say 4 GB", avi.replace(b"LIST", b"LIST\xff\xff\xff\x7f", 1))
    yield Hostile("FLV with 10,000 things one in another", made.deep_flv(10_000))
    yield Hostile("FLV whose tags say too much", flv[:14] + b"\x09\xff\xff\xff" + flv[18:])
    yield Hostile("Ogg joined 20 times", ogg * 20, is_clip=True)
    yield Hostile("Ogg cut anywhere", ogg[:5000] + ogg[9000:], is_clip=True)


def _odd_pictures() -> Iterator[Hostile]:
    sizes = {"16 x 16": "16x16", "2 x 2": "2x2", "8,192 x 2": "8192x2", "2 x 8,192": "2x8192"}
    for name, size in sizes.items():
        options = f"-f lavfi -i testsrc=s={size}:d=2 -c:v ffv1 -f matroska"
        yield Hostile(f"pictures of {name}", made.by_ffmpeg(options), is_clip=True)
    yield Hostile(
        "pictures of 8,192 x 8,192",
        made.by_ffmpeg("-f lavfi -i color=s=8192x8192:r=5:d=0.2 -c:v mjpeg -f avi"),
    )
    yield Hostile(
        "pictures of floating point",
        made.by_ffmpeg("-f lavfi -i testsrc=s=64x48:d=1 -pix_fmt gbrpf32le -c:v exr -f matroska"),
        is_clip=True,
    )
    yield Hostile(
        "pictures of 16 bits",
        made.by_ffmpeg("-f lavfi -i testsrc=s=64x48:d=1 -pix_fmt gray16le -c:v ffv1 -f matroska"),
        is_clip=True,
    )
    yield Hostile("pictures that change their size", made.growing(), is_clip=True)
    yield Hostile(
        "a thousand pictures a second",
        made.by_ffmpeg("-f lavfi -i testsrc=s=64x48:r=1000:d=2 -c:v mpeg4 -f matroska"),
        is_clip=True,
    )
    yield Hostile(
        "sound that is no number",
        made.by_ffmpeg("-i {clip} -c:v copy -af aeval=0/0 -c:a pcm_f32le -f matroska"),
        is_clip=True,
    )
    yield Hostile(
        "sound of 24 channels",
        made.by_ffmpeg("-i {clip} -c:v copy -af pan=22.2|c0=c0|c23=c0 -c:a pcm_s16le -f matroska"),
        is_clip=True,
    )
    yield Hostile("a picture before a clip", made.jpeg() + made.clip())
    yield Hostile("a clip before an archive", made.clip() + made.archive({"a.txt": b"x"}), is_clip=True)
