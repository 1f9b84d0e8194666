import zipfile
from pathlib import Path

import pytest

from instantreact.domain.media import ClipInfo
from instantreact.errors import MediaError, TooLarge, UnreadableMedia, UnsupportedMedia
from instantreact.media.probe import probe_clip
from tests.media.clips import Drawing, make_clip


def probe(path: Path, *, max_pixels: int = 2_000_000, max_duration_s: float = 60.0) -> ClipInfo:
    return probe_clip(path, max_pixels=max_pixels, max_duration_s=max_duration_s)


def test_probe_clip_describes_the_clip(tmp_path: Path) -> None:
    clip = probe(make_clip(tmp_path / "clip.mp4", Drawing(width=321, height=241, pixel_format="yuv444p", sound_hz=300)))

    assert clip == ClipInfo("mov,mp4,m4a,3gp,3g2,mj2", "h264", 2.0, 321, 241, 25.0, has_audio=True)


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [(".mp4", "libx264"), (".mkv", "libx264"), (".ts", "libx264"), (".h264", "libx264"), (".avi", "mpeg4"),
     (".mp4", "libx265"), (".webm", "libvpx-vp9"), (".mov", "mjpeg")],
)  # fmt: skip
def test_probe_clip_measures_the_length_in_every_container(tmp_path: Path, suffix: str, codec: str) -> None:
    pixel_format = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    clip = probe(make_clip(tmp_path / f"clip{suffix}", Drawing(codec=codec, pixel_format=pixel_format)))

    assert clip.duration_s == pytest.approx(2.0, abs=0.05)
    assert clip.fps == pytest.approx(25, abs=0.5)
    assert not clip.has_audio


def test_probe_clip_does_not_care_about_the_name(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4").rename(tmp_path / "clip.txt")

    assert probe(clip).video_codec == "h264"


def test_probe_clip_gives_the_upright_size_when_the_clip_is_rotated(tmp_path: Path) -> None:
    clip = probe(make_clip(tmp_path / "clip.mp4", Drawing(rotation_deg=90)))

    assert (clip.width, clip.height, clip.rotation_deg) == (240, 320, 270)


def test_probe_clip_measures_what_is_there_when_the_header_promises_more(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", Drawing(duration_s=6.0))
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 6 // 10])

    assert 2.0 < probe(clip).duration_s < 5.0


def test_probe_clip_follows_the_clock_when_the_frame_rate_varies(tmp_path: Path) -> None:
    clip = probe(make_clip(tmp_path / "clip.mp4", Drawing(times_s=[0.0, 0.04, 1.0, 1.04, 4.0])))

    assert clip.duration_s == pytest.approx(4.5, abs=0.6)


def test_probe_clip_takes_a_clip_of_one_frame(tmp_path: Path) -> None:
    clip = probe(make_clip(tmp_path / "clip.avi", Drawing(codec="mpeg4", duration_s=0.04)))

    assert clip.duration_s == pytest.approx(0.04)


def write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a" * 10_000)


def write_playlist(path: Path) -> None:
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")


def write_head(path: Path) -> None:
    whole = make_clip(path).read_bytes()
    path.write_bytes(whole[: whole.index(b"mdat") + 8])


@pytest.mark.parametrize(
    "write",
    [write_zip, write_playlist, write_head, Path.touch, lambda path: path.write_text("once upon a time"),
     lambda path: path.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(2000))],
    ids=["zip", "playlist", "cut before the first frame", "empty", "text", "zeros behind a good start"],
)  # fmt: skip
def test_probe_clip_raises_unreadable_when_it_is_no_clip(tmp_path: Path, write: object) -> None:
    assert callable(write)
    write(tmp_path / "clip.mp4")

    with pytest.raises(UnreadableMedia):
        probe(tmp_path / "clip.mp4")


def test_probe_clip_raises_unsupported_when_there_is_only_sound(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMedia, match="no video track"):
        probe(make_clip(tmp_path / "clip.mp4", Drawing(codec=None, sound_hz=300)))


def test_probe_clip_raises_unsupported_when_the_codec_is_unknown(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4")
    clip.write_bytes(clip.read_bytes().replace(b"avc1", b"zzzz"))

    with pytest.raises(UnsupportedMedia, match="codec"):
        probe(clip)


def test_probe_clip_takes_av1_which_opencv_cannot_decode(tmp_path: Path) -> None:
    clip = probe(make_clip(tmp_path / "clip.mp4", Drawing(codec="libsvtav1", duration_s=0.04, width=64, height=64)))

    assert (clip.video_codec, clip.width) == ("av1", 64)


def test_probe_clip_raises_unsupported_when_it_is_a_list_of_files(tmp_path: Path) -> None:
    make_clip(tmp_path / "clip.mp4")
    path = tmp_path / "list.mp4"
    path.write_text("ffconcat version 1.0\nfile clip.mp4\n")

    with pytest.raises(UnsupportedMedia):
        probe(path)


def test_probe_clip_raises_too_large_when_frames_have_too_many_pixels(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4")

    with pytest.raises(TooLarge, match="320x240"):
        probe(clip, max_pixels=320 * 240 - 1)
    assert probe(clip, max_pixels=320 * 240).width == 320


def test_probe_clip_raises_too_large_when_the_clip_is_too_long(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4")

    with pytest.raises(TooLarge, match=r"1\.9 s"):
        probe(clip, max_duration_s=1.9)
    assert probe(clip, max_duration_s=2.0).duration_s == 2.0


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_probe_clip_answers_or_raises_a_media_error_when_bytes_are_damaged(
    tmp_path: Path, suffix: str, share: float
) -> None:
    clip = make_clip(tmp_path / f"clip{suffix}", Drawing(sound_hz=300))
    content = bytearray(clip.read_bytes())
    start = int(len(content) * share)
    content[start : start + 400] = bytes(reversed(range(200))) * 2
    clip.write_bytes(content)

    try:
        found = probe(clip)
    except MediaError:
        return
    assert 0 < found.duration_s <= 60
