"""Renditions, as another program reads them."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import av
import pytest

from instantreact.domain.media import ClipInfo
from instantreact.errors import TooLarge, UnreadableMedia
from instantreact.media import rendition
from instantreact.media.limits import DecodeLimits
from instantreact.media.rendition import make_rendition, plays_in_browsers
from instantreact.media.sandbox import ClipDecoder
from tests.media.clips import Drawing, grey_of, make_clip

QUIET = {"x265-params": "log-level=none"}
H265 = Drawing(codec="libx265", options=QUIET, duration_s=2.0)


def ask_ffprobe(path: Path) -> dict[str, dict[str, str]]:
    """What FFmpeg's own program says of each track."""
    command = ["ffprobe", "-v", "error", "-print_format", "json", "-show_streams", str(path)]
    said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {each["codec_type"]: each for each in said["streams"]}


@pytest.mark.parametrize(
    ("suffix", "drawing", "size"),
    [
        (".mp4", replace(H265, sound_hz=440.0, sound_starts_s=0.5), (320, 240)),
        (".mp4", replace(H265, rotation_deg=90), (240, 320)),
        (".avi", Drawing(codec="mpeg4", width=1600, height=300), (1280, 240)),
    ],
    ids=["sound", "turned", "wide"],
)
def test_rendition_plays_in_browsers_upright_and_in_time(
    tmp_path: Path, suffix: str, drawing: Drawing, size: tuple[int, int]
) -> None:
    clip = make_clip(tmp_path / f"a{suffix}", drawing)
    made = tmp_path / "made.mp4"
    with ClipDecoder(DecodeLimits(), keeps_nursery=False) as decoder:
        assert not plays_in_browsers(decoder.probe(clip))
        made.write_bytes(b"".join(decoder.render(clip)))

    tracks = ask_ffprobe(made)
    video = tracks["video"]
    assert (video["codec_name"], video["pix_fmt"]) == ("h264", "yuv420p")
    assert (int(video["width"]), int(video["height"])) == size
    assert ("audio" in tracks) == (drawing.sound_hz is not None)
    if "audio" in tracks:
        assert tracks["audio"]["codec_name"] == "aac"
        assert float(tracks["audio"]["duration"]) == pytest.approx(2.5, abs=0.1)
    with av.open(str(made)) as film:
        shown = [
            (frame.time, int(frame.to_ndarray(format="gray")[-20:, -20:].mean())) for frame in film.decode(video=0)
        ]
    assert len(shown) == 50
    assert shown[25][0] == pytest.approx(1.0, abs=0.01)
    assert all(abs(grey - grey_of(index)) < 8 for index, (_, grey) in enumerate(shown))
    with ClipDecoder(DecodeLimits(), keeps_nursery=False) as decoder:
        assert plays_in_browsers(decoder.probe(made))


def test_what_is_too_long_or_no_clip_is_not_coded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendition, "MAX_DURATION_S", 1.0)
    with pytest.raises(TooLarge, match="download it"):
        make_rendition(make_clip(tmp_path / "a.mp4", Drawing(width=64, height=64)))
    (tmp_path / "b.mp4").write_bytes(b"no clip")
    with ClipDecoder(DecodeLimits(), keeps_nursery=False) as decoder, pytest.raises(UnreadableMedia):
        list(decoder.render(tmp_path / "b.mp4"))


@pytest.mark.parametrize(
    ("container", "codec", "plays"),
    [
        ("mov,mp4,m4a,3gp,3g2,mj2", "h264", True),
        ("mov,mp4,m4a,3gp,3g2,mj2", "hevc", False),
        ("matroska,webm", "vp9", True),
        ("matroska,webm", "h264", False),
        ("mpegts", "h264", False),
    ],
)
def test_what_plays_as_it_is(container: str, codec: str, *, plays: bool) -> None:
    info = ClipInfo(container, codec, duration_s=1.0, width=64, height=64, fps=25.0, has_audio=False, rotation_deg=0)
    assert plays_in_browsers(info) is plays
