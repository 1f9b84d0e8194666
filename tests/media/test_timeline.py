"""Clips as people have them: what was recorded in parts, joined, cut, or timed by a clock that was set."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from instantreact.domain.media import ClipInfo
from instantreact.errors import TooLarge
from instantreact.media.audio import extract_audio
from instantreact.media.decoded import DecodedWindow
from instantreact.media.frames import decode_windows, sample_frames
from instantreact.media.probe import probe_clip
from tests.media.clips import Drawing, index_of, make_clip
from tests.media.dhav import write_dhav
from tests.media.plans import PLAN

SMALL = Drawing(width=160, height=120)


def probe(path: Path, *, max_duration_s: float = 3600.0) -> ClipInfo:
    return probe_clip(path, max_pixels=2_000_000, max_duration_s=max_duration_s)


def starts_s(windows: Sequence[DecodedWindow]) -> list[float]:
    return [round(each.sample.window.start_s, 1) for each in windows]


def run_s(start_s: float, seconds: float = 1.0, fps: float = 10.0) -> list[float]:
    """The times of pictures that follow on one another."""
    return [start_s + index / fps for index in range(round(seconds * fps))]


def draw(path: Path, times_s: Sequence[float], *, options: dict[str, str] | None = None) -> Path:
    return make_clip(path, Drawing(width=160, height=120, times_s=times_s, options=options or {}))


def join(path: Path, *parts: Path) -> Path:
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def copy_packets(source: Path, target: Path, *, shift_s: float = 0.0, keep: slice = slice(None)) -> Path:
    """The packets of a clip in a container, some of them, later."""
    with av.open(str(source)) as container, av.open(str(target), "w") as copied:
        tracks = {track.index: copied.add_stream_from_template(track) for track in container.streams}
        for packet in [packet for packet in container.demux() if packet.dts is not None][keep]:
            shift = round(shift_s / packet.time_base)
            packet.pts, packet.dts = (packet.pts or 0) + shift, (packet.dts or 0) + shift
            packet.stream = tracks[packet.stream_index]
            copied.mux(packet)
    return target


@pytest.mark.parametrize(("suffix", "gap_s"), [(".mp4", 50.0), (".mkv", 300.0), (".mp4", 20_000.0), (".ts", 900.0)])
def test_decode_windows_describes_both_sides_of_a_gap_and_nothing_in_between(
    tmp_path: Path, suffix: str, gap_s: float
) -> None:
    clip = draw(tmp_path / f"clip{suffix}", run_s(0.0, 2.0) + run_s(gap_s, 2.0))

    first, second = decode_windows(clip, PLAN)

    assert starts_s([first, second]) == [0.0, gap_s]
    assert (first.sample.window.end_s, second.sample.window.end_s) == pytest.approx((2.0, gap_s + 2.0), abs=0.11)
    assert [first.sample.window.index, second.sample.window.index] == [0, 1]
    assert index_of(second.sample.images[0]) == 20
    assert index_of(second.sample.earlier[0, 1]) == 20
    assert second.warning is None
    assert probe(clip).duration_s == pytest.approx(gap_s + 2.0, abs=0.11)
    assert probe(clip).fps == pytest.approx(10.0, abs=0.1)


@pytest.mark.parametrize("step_s", [20.0, 60.0, 200.0, 3600.0])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_decode_windows_describes_each_picture_once_when_they_are_far_apart(
    tmp_path: Path, suffix: str, step_s: float
) -> None:
    clip = draw(tmp_path / f"clip{suffix}", [index * step_s for index in range(6)], options={"bf": "2"})

    windows = list(decode_windows(clip, PLAN))

    assert starts_s(windows) == [index * step_s for index in range(6)]
    assert [index_of(each.sample.images[0]) for each in windows] == list(range(6))
    assert all(each.snapshot_jpeg and each.sample.window.end_s - each.sample.window.start_s <= 1 for each in windows)


@pytest.mark.parametrize("step_s", [2.5, 4.5])
def test_decode_windows_holds_a_picture_for_some_seconds_and_shows_it(tmp_path: Path, step_s: float) -> None:
    windows = list(decode_windows(draw(tmp_path / "clip.mp4", [index * step_s for index in range(4)]), PLAN))

    assert all(each.snapshot_jpeg for each in windows)
    for each in windows:
        shown = [index_of(image) for image in each.sample.images]
        asked_s = [each.sample.window.start_s + at / PLAN.rate_hz for at in range(len(shown))]
        assert all(abs(index * step_s - time_s) <= step_s for index, time_s in zip(shown, asked_s, strict=True))


def test_probe_clip_counts_footage_not_gaps_against_the_limit(tmp_path: Path) -> None:
    clip = draw(tmp_path / "clip.mp4", run_s(0.0, 3.0) + run_s(7200.0, 3.0))

    assert probe(clip, max_duration_s=6.2).duration_s == pytest.approx(7203.0, abs=0.2)
    with pytest.raises(TooLarge, match="longer than 5 s"):
        probe(clip, max_duration_s=5.0)


def test_probe_clip_counts_a_second_for_each_picture_that_stands_alone(tmp_path: Path) -> None:
    clip = draw(tmp_path / "clip.mp4", [index * 20.0 for index in range(6)])

    assert probe(clip, max_duration_s=6.0).fps == pytest.approx(0.05)
    with pytest.raises(TooLarge):
        probe(clip, max_duration_s=5.0)


@pytest.mark.parametrize("times", [2, 3])
def test_decode_windows_reads_recordings_that_were_joined_one_after_the_other(tmp_path: Path, times: int) -> None:
    part = make_clip(tmp_path / "part.ts", Drawing(width=160, height=120, duration_s=2.0, sound_hz=440))
    clip = join(tmp_path / "clip.ts", *[part] * times)

    *_, last = decode_windows(clip, PLAN)

    assert last.sample.window.end_s == pytest.approx(2.0 * times, abs=0.1)
    assert last.warning is None
    assert probe(clip).duration_s == pytest.approx(2.0 * times, abs=0.1)
    (track,) = extract_audio(clip)
    assert (track.start_s, track.duration_s) == pytest.approx((0.0, 2.0 * times), abs=0.3)


@pytest.mark.parametrize("bframes", [0, 2, 8])
@pytest.mark.parametrize("sound_hz", [None, 440.0])
def test_decode_windows_reads_joined_matroska_whose_pictures_come_out_of_order(
    tmp_path: Path, bframes: int, sound_hz: float | None
) -> None:
    options = {"bf": str(bframes), "b-pyramid": "normal"}
    part = make_clip(
        tmp_path / "part.mkv", Drawing(width=160, height=120, duration_s=6.0, options=options, sound_hz=sound_hz)
    )
    clip = join(tmp_path / "clip.mkv", part, part)

    windows = list(decode_windows(clip, PLAN))

    times_s = np.concatenate([each.sample.times_s for each in windows])
    assert times_s.max() == pytest.approx(12.0, abs=0.2)
    assert [each.sample.window.end_s for each in windows] == sorted(each.sample.window.end_s for each in windows)
    assert windows[-1].sample.window.end_s == pytest.approx(12.0, abs=0.1)
    assert windows[-1].warning is None


@pytest.mark.parametrize("suffix", [".mkv", ".ts", ".mp4"])
@pytest.mark.parametrize("hole_s", [0.5, 1.5, 4.0])
def test_decode_windows_tells_of_pictures_that_are_missing_where_they_come_regularly_else(
    tmp_path: Path, suffix: str, hole_s: float
) -> None:
    times_s = run_s(0.0, 3.0) + run_s(3.0 + hole_s, 3.0)
    holes = list(decode_windows(draw(tmp_path / f"hole{suffix}", times_s), PLAN))
    whole = list(decode_windows(draw(tmp_path / f"whole{suffix}", run_s(0.0, 6.0)), PLAN))

    assert f"{hole_s:.1f} s of the picture are missing, most of it at 2.9 s." in str(holes[-1].warning)
    assert whole[-1].warning is None


@pytest.mark.parametrize("gap_s", [6.0, 300.0])
def test_decode_windows_takes_a_long_gap_for_a_camera_that_records_on_motion(tmp_path: Path, gap_s: float) -> None:
    clip = draw(tmp_path / "clip.mkv", run_s(0.0, 3.0) + run_s(3.0 + gap_s, 3.0))

    assert list(decode_windows(clip, PLAN))[-1].warning is None


def test_decode_windows_misses_nothing_where_pictures_come_at_any_rate(tmp_path: Path) -> None:
    steps_s = [0.04, 0.04, 0.5, 0.1, 2.0, 0.04, 0.3, 0.04, 1.0, 0.2] * 4
    clip = draw(tmp_path / "clip.mkv", [sum(steps_s[:at]) for at in range(len(steps_s))])

    assert list(decode_windows(clip, PLAN))[-1].warning is None


@pytest.mark.parametrize(("late_first", "expected_s"), [(False, [0.0, 300.0]), (True, [0.0])])
def test_decode_windows_reads_joined_recordings_by_their_own_clocks(
    tmp_path: Path, late_first: bool, expected_s: list[float]
) -> None:
    early = make_clip(tmp_path / "early.ts", Drawing(width=160, height=120, duration_s=1.0))
    late = copy_packets(early, tmp_path / "late.ts", shift_s=300.0)
    parts = (late, early) if late_first else (early, late)

    windows = list(decode_windows(join(tmp_path / "clip.ts", *parts), PLAN))

    assert starts_s(windows) == expected_s
    assert windows[-1].sample.window.end_s == pytest.approx(expected_s[-1] + (2.0 if late_first else 1.0), abs=0.1)


@pytest.mark.parametrize("ticks_s", [95_443.0, 95_441.5])
def test_decode_windows_reads_on_when_the_clock_of_mpeg_ts_starts_over(tmp_path: Path, ticks_s: float) -> None:
    whole = make_clip(tmp_path / "whole.ts", Drawing(width=160, height=120, duration_s=4.0, sound_hz=440))
    clip = copy_packets(whole, tmp_path / "clip.ts", shift_s=ticks_s)

    *_, last = decode_windows(clip, PLAN)

    assert last.sample.window.end_s == pytest.approx(4.0, abs=0.1)
    (track,) = extract_audio(clip)
    assert (track.start_s, track.duration_s) == pytest.approx((0.0, 4.0), abs=0.2)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_probe_clip_measures_a_clip_of_variable_rate_whose_pictures_come_out_of_order(
    tmp_path: Path, suffix: str
) -> None:
    times_s = [0.0]
    for index in range(60):
        times_s.append(round(times_s[-1] + (0.04, 0.2, 1.5)[index % 3 if index % 7 else 2], 2))
    clip = draw(tmp_path / f"clip{suffix}", times_s, options={"bf": "3", "preset": "fast"})

    *_, last = decode_windows(clip, PLAN)

    assert probe(clip).duration_s == pytest.approx(times_s[-1], abs=1.6)
    assert probe(clip).duration_s >= times_s[-1]
    assert last.warning is None
    assert last.sample.times_s[-1] == pytest.approx(times_s[-1], abs=1e-3)


@pytest.mark.parametrize(("codec", "suffix"), [("libx264", ".avi"), ("mpeg4", ".avi"), ("libx264", ".h264")])
def test_sample_frames_gives_pictures_in_order_when_the_file_has_no_stamps(
    tmp_path: Path, codec: str, suffix: str
) -> None:
    drawing = Drawing(width=160, height=120, duration_s=1.6, codec=codec, options={"bf": "2", "preset": "fast"})

    (sample,) = sample_frames(make_clip(tmp_path / f"clip{suffix}", drawing), PLAN)

    shown = [index_of(image) for image in sample.images]
    assert shown == sorted(shown)
    assert shown[:4] == [0, 3, 6, 9]
    assert sample.window.end_s == pytest.approx(1.6, abs=0.05)


@pytest.mark.parametrize("suffix", [".mkv", ".ts", ".mp4", ".avi"])
def test_decode_windows_tells_no_break_when_the_sound_outlasts_the_picture(tmp_path: Path, suffix: str) -> None:
    drawing = Drawing(width=160, height=120, sound_hz=300, sound_duration_s=3.5)

    *_, last = decode_windows(make_clip(tmp_path / f"clip{suffix}", drawing), PLAN)

    assert last.warning is None


@pytest.mark.parametrize("suffix", [".mkv", ".ts", ".mp4"])
def test_decode_windows_tells_no_break_when_the_picture_comes_late(tmp_path: Path, suffix: str) -> None:
    drawing = Drawing(width=160, height=120, times_s=run_s(2.0, 2.0), sound_hz=300, duration_s=4.0)

    *_, last = decode_windows(make_clip(tmp_path / f"clip{suffix}", drawing), PLAN)

    assert last.warning is None
    assert last.sample.window.end_s == pytest.approx(2.0, abs=0.11)


@pytest.mark.parametrize("cut_s", [0.6, 1.2])
def test_decode_windows_begins_where_an_edit_list_says(tmp_path: Path, cut_s: float) -> None:
    whole = make_clip(tmp_path / "whole.mp4", Drawing(width=160, height=120, duration_s=4.0, options={"g": "250"}))
    clip = copy_packets(whole, tmp_path / "clip.mp4", shift_s=-cut_s)

    windows = list(decode_windows(clip, PLAN))

    assert index_of(windows[0].sample.images[0]) == round(cut_s * 25)
    assert windows[-1].sample.window.end_s == pytest.approx(4.0 - cut_s, abs=0.05)
    assert windows[-1].warning is None


def test_decode_windows_tells_what_cannot_be_decoded_at_the_start(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.ts", Drawing(width=160, height=120, duration_s=3.0, options={"g": "40"}))
    clip = copy_packets(whole, tmp_path / "clip.ts", keep=slice(10, None))

    windows = list(decode_windows(clip, PLAN))

    assert windows[-1].warning == "1.2 s of the picture cannot be decoded."
    assert windows[0].sample.window.start_s == pytest.approx(1.2, abs=0.01)


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_extract_audio_hears_a_clip_with_a_timecode_track(tmp_path: Path, suffix: str) -> None:
    drawing = Drawing(width=160, height=120, sound_hz=440, timecode="01:00:00:00")
    clip = make_clip(tmp_path / f"clip{suffix}", drawing)
    with av.open(str(clip)) as container:
        assert [track.type for track in container.streams][-1] == "data"

    (track,) = extract_audio(clip)

    assert (track.start_s, track.duration_s) == pytest.approx((0.0, 2.0), abs=0.1)


@pytest.mark.parametrize("holes_s", [[(1.0, 2.0)], [(0.5, 1.5), (2.0, 3.0)], [(0.0, 1.0)]])
@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
def test_extract_audio_leaves_holes_in_the_sound_where_they_are(
    tmp_path: Path, suffix: str, holes_s: list[tuple[float, float]]
) -> None:
    drawing = Drawing(width=160, height=120, duration_s=4.0, sound_hz=440, sound_holes_s=holes_s)

    tracks = list(extract_audio(make_clip(tmp_path / f"clip{suffix}", drawing)))

    begins_s = [end_s for _, end_s in holes_s] if holes_s[0][0] == 0 else [0.0, *(end_s for _, end_s in holes_s)]
    assert [track.start_s for track in tracks] == pytest.approx(begins_s, abs=0.1)
    assert sum(track.duration_s for track in tracks) == pytest.approx(
        4.0 - sum(end_s - begin_s for begin_s, end_s in holes_s), abs=0.25
    )


def test_decode_windows_reads_dahuas_container(tmp_path: Path) -> None:
    clip = write_dhav(make_clip(tmp_path / "clip.mp4", SMALL), tmp_path / "clip.dav")

    (window,) = decode_windows(clip, PLAN)

    assert window.sample.window.end_s == pytest.approx(2.0, abs=0.1)
    assert [index_of(image) for image in window.sample.images[:4]] == [0, 3, 6, 9]


@pytest.mark.parametrize(("codec", "suffix"), [("mpeg2video", ".mxf"), ("libx265", ".hevc"), ("mjpeg", ".mjpeg")])
def test_decode_windows_reads_what_recorders_and_professional_cameras_write(
    tmp_path: Path, codec: str, suffix: str
) -> None:
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    drawing = Drawing(width=160, height=120, codec=codec, pixel_format=pixels, options=options)

    (window,) = decode_windows(make_clip(tmp_path / f"clip{suffix}", drawing), PLAN)

    assert [index_of(image) for image in window.sample.images[:3]] == [0, 3, 6]


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video", "dvvideo"])
def test_decode_windows_reads_interlaced_pictures_like_any(tmp_path: Path, codec: str) -> None:
    options = {"flags": "+ildct+ilme"} | ({"x264-params": "tff=1"} if codec == "libx264" else {})
    if codec == "dvvideo":
        drawing = Drawing(width=720, height=576, codec=codec, pixel_format="yuv420p", duration_s=1.0)
    else:
        drawing = Drawing(codec=codec, options=options, duration_s=1.0)
    clip = make_clip(tmp_path / ("clip.avi" if codec == "dvvideo" else "clip.mkv"), drawing)
    with av.open(str(clip)) as container:
        assert codec == "mpeg2video" or next(container.decode(video=0)).interlaced_frame

    (window,) = decode_windows(clip, PLAN)

    assert [index_of(image) for image in window.sample.images[:4]] == [0, 3, 6, 9]
    assert window.warning is None


def test_probe_clip_survives_any_pixel_aspect(tmp_path: Path) -> None:
    drawing = Drawing(width=160, height=120, duration_s=0.2, pixel_aspect=Fraction(255, 1))

    assert probe(make_clip(tmp_path / "clip.mp4", drawing)).width == 160
