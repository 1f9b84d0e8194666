import warnings
from pathlib import Path

import numpy as np
import psutil
import pytest

from instantreact.domain.media import AudioTrack
from instantreact.errors import UnreadableMedia
from instantreact.media.audio import LONG_S, extract_audio
from tests.media.clips import Drawing, make_clip


@pytest.fixture(params=[0.0, LONG_S], ids=["moviepy", "pyav"])
def long_s(request: pytest.FixtureRequest) -> float:
    length_s: float = request.param
    return length_s


def pitch_hz(track: AudioTrack) -> float:
    spectrum = np.abs(np.fft.rfft(track.samples))
    return float(np.argmax(spectrum) * track.rate_hz / len(track.samples))


def test_extract_audio_gives_chunks_in_a_row_when_the_sound_is_long(tmp_path: Path, long_s: float) -> None:
    clip = make_clip(tmp_path / "clip.mp4", Drawing(duration_s=2.5, sound_hz=440))

    tracks = list(extract_audio(clip, chunk_s=1.0, long_s=long_s))

    assert [len(track.samples) for track in tracks[:2]] == [16_000, 16_000]
    assert [track.start_s for track in tracks] == pytest.approx([0, 1, 2], abs=0.03)
    assert sum(track.duration_s for track in tracks) == pytest.approx(2.5, abs=0.1)
    assert tracks[0].samples.dtype == np.int16
    assert pitch_hz(tracks[0]) == pytest.approx(440, abs=2)


def test_extract_audio_gives_nothing_when_there_is_no_track(tmp_path: Path) -> None:
    assert list(extract_audio(make_clip(tmp_path / "clip.mp4"))) == []


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".mov"])
@pytest.mark.parametrize("starts_s", [0.7, 7.0])
def test_extract_audio_tells_when_the_sound_starts_later_than_the_picture(
    tmp_path: Path, suffix: str, starts_s: float, long_s: float
) -> None:
    drawing = Drawing(duration_s=8.0, sound_hz=440, sound_starts_s=starts_s, sound_duration_s=1.0)
    clip = make_clip(tmp_path / f"clip{suffix}", drawing)

    first = next(iter(extract_audio(clip, long_s=long_s)))

    assert first.start_s == pytest.approx(starts_s, abs=0.06)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_extract_audio_gives_what_sounds_before_the_first_picture_a_time_before_zero(
    tmp_path: Path, suffix: str, long_s: float
) -> None:
    times_s = [0.5 + index / 25 for index in range(40)]
    clip = make_clip(tmp_path / f"clip{suffix}", Drawing(times_s=times_s, sound_hz=440, duration_s=2.0))

    (track,) = extract_audio(clip, long_s=long_s)

    assert track.start_s == pytest.approx(-0.5, abs=0.06)
    assert track.duration_s == pytest.approx(2.0, abs=0.1)


def test_extract_audio_gives_the_sound_when_the_container_has_no_length(tmp_path: Path, long_s: float) -> None:
    clip = make_clip(tmp_path / "clip.mkv", Drawing(sound_hz=440))
    content = clip.read_bytes()
    at = content.index(b"\x44\x89\x88")  # the length's element: replaced by a void one of the same size
    clip.write_bytes(content[:at] + b"\xec\x89" + bytes(9) + content[at + 11 :])

    tracks = list(extract_audio(clip, long_s=long_s))

    assert sum(track.duration_s for track in tracks) == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_extract_audio_gives_what_is_there_without_a_warning_when_the_tail_is_broken(
    tmp_path: Path, suffix: str, long_s: float, capfd: pytest.CaptureFixture[str]
) -> None:
    clip = make_clip(tmp_path / f"clip{suffix}", Drawing(duration_s=6.0, sound_hz=440))
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 6 // 10])
    capfd.readouterr()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tracks = list(extract_audio(clip, chunk_s=1.0, long_s=long_s))

    assert 2.0 < sum(track.duration_s for track in tracks) < 5.0
    assert tracks[-1].samples.any()
    assert capfd.readouterr().err == ""


def test_extract_audio_raises_when_the_file_is_no_clip(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("once upon a time")

    with pytest.raises(UnreadableMedia):
        next(extract_audio(tmp_path / "clip.mp4"))


def test_extract_audio_leaves_no_process_when_it_is_closed_early(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", Drawing(duration_s=4.0, sound_hz=440))
    before = set(psutil.Process().children(recursive=True))

    tracks = extract_audio(clip, chunk_s=0.1, long_s=0.0)
    next(tracks)
    assert set(psutil.Process().children(recursive=True)) > before
    tracks.close()

    assert set(psutil.Process().children(recursive=True)) <= before


def test_extract_audio_works_when_no_ffmpeg_is_installed(
    tmp_path: Path, long_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    clip = make_clip(tmp_path / "clip.mp4", Drawing(sound_hz=440))

    assert sum(track.duration_s for track in extract_audio(clip, long_s=long_s)) == pytest.approx(2.0, abs=0.1)


def test_extract_audio_gives_the_same_samples_by_both_readers_when_the_clip_is_a_real_one(data_dir: Path) -> None:
    clip = data_dir / "cctv" / "clips" / "fi002.mp4"

    by_moviepy, by_pyav = (
        np.concatenate([track.samples for track in extract_audio(clip, long_s=long_s)]) for long_s in (0.0, 60.0)
    )

    shared = min(len(by_moviepy), len(by_pyav))
    assert shared == pytest.approx(len(by_pyav), rel=0.02)
    np.testing.assert_array_equal(by_moviepy[:shared], by_pyav[:shared])
