import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from instantreact.domain.media import GlancePlan, SamplingPlan
from instantreact.errors import TooLarge, UnreadableMedia, UnsupportedMedia
from instantreact.media.frames import decode_windows
from instantreact.media.limits import DecodeLimits
from instantreact.media.sandbox import ClipDecoder
from tests.conftest import list_children
from tests.media.clips import Drawing, make_clip
from tests.media.plans import PLAN

LARGE_PLAN = SamplingPlan(window_s=2.0, stride_s=1.0, rate_hz=25.0, gaps_s=(), image_size=512)
"""Windows of 39 MB, so that a child is still at work, waiting for its parent, after the first."""


def open_fds() -> int:
    return psutil.Process().num_fds()


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def wait_until(holds: Callable[[], bool], *, timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def list_decoding() -> list[psutil.Process]:
    """The children that decode, and what they started, without nurseries."""
    return [each for each in list_children() if each.ppid() != os.getpid() or not is_nursery(each)]


def list_nurseries() -> set[psutil.Process]:
    return {each for each in psutil.Process().children() if is_nursery(each)}


@contextmanager
def own_decoder() -> Iterator[tuple[ClipDecoder, psutil.Process]]:
    """One whose nursery may be harmed, and the nursery."""
    others = list_nurseries()
    with ClipDecoder(DecodeLimits()) as decoder:
        wait_until(lambda: bool(list_nurseries() - others))  # its command line comes a moment after it
        (nursery,) = list_nurseries() - others
        yield decoder, nursery


def is_nursery(process: psutil.Process) -> bool:
    return "instantreact.media.nursery_process" in process.cmdline()


@pytest.fixture(autouse=True)
def _leaves_nothing_behind(decoder: ClipDecoder) -> Iterator[None]:
    before, fds = set(list_children()), open_fds()
    yield
    wait_until(lambda: set(list_children()) <= before)  # a nursery's children end right after it
    assert open_fds() <= fds


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "clip.mp4", Drawing(duration_s=5.0, sound_hz=440))


@pytest.fixture(scope="module")
def decoder() -> Iterator[ClipDecoder]:
    """For tests in which no child dies of itself, after which there would be another nursery."""
    with ClipDecoder(DecodeLimits()) as decoder:
        with pytest.raises(UnreadableMedia):
            decoder.probe(Path("/nowhere"))  # its nursery has started
        yield decoder


@pytest.fixture(params=[True, False], ids=["forked", "started"])
def any_decoder(request: pytest.FixtureRequest) -> Iterator[ClipDecoder]:
    with ClipDecoder(DecodeLimits(), keeps_nursery=request.param) as decoder:
        yield decoder


def test_clip_decoder_probes_a_clip(decoder: ClipDecoder, clip: Path) -> None:
    found = decoder.probe(clip)

    assert (found.video_codec, found.duration_s, found.width, found.has_audio) == ("h264", 5.0, 320, True)


def test_clip_decoder_gives_the_windows_that_decoding_in_this_process_gives(decoder: ClipDecoder, clip: Path) -> None:
    for inside, outside in zip(decode_windows(clip, PLAN), decoder.decode(clip, PLAN), strict=True):
        assert outside.sample.window == inside.sample.window
        assert np.array_equal(outside.sample.images, inside.sample.images)
        assert np.array_equal(outside.sample.earlier, inside.sample.earlier)
        assert np.array_equal(outside.sample.times_s, inside.sample.times_s)
        assert outside.snapshot_jpeg == inside.snapshot_jpeg
        assert outside.warning is None


def test_clip_decoder_tells_where_a_clip_breaks_off(decoder: ClipDecoder, clip: Path) -> None:
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 6 // 10])

    *_, last = decoder.decode(clip, PLAN)

    assert last.warning is not None
    assert "breaks off" in last.warning


def test_clip_decoder_gives_the_sound(decoder: ClipDecoder, clip: Path) -> None:
    (track,) = decoder.sound(clip)

    assert track.duration_s == pytest.approx(5.0, abs=0.1)
    assert np.abs(track.samples).max() > 5000


def test_clip_decoder_gives_no_sound_when_there_is_no_track(decoder: ClipDecoder, tmp_path: Path) -> None:
    assert list(decoder.sound(make_clip(tmp_path / "clip.mp4"))) == []


def test_clip_decoder_raises_what_probing_raises(tmp_path: Path) -> None:
    silent = make_clip(tmp_path / "sound.mp4", Drawing(codec=None, sound_hz=300))
    (tmp_path / "text.mp4").write_text("once upon a time")

    with ClipDecoder(DecodeLimits(max_duration_s=1.0)) as decoder:
        with pytest.raises(UnsupportedMedia, match="no video track"):
            decoder.probe(silent)
        with pytest.raises(UnreadableMedia, match="not a clip"):
            decoder.probe(tmp_path / "text.mp4")
        with pytest.raises(TooLarge, match="longer than 1 s"):
            decoder.probe(make_clip(tmp_path / "long.mp4"))


def test_clip_decoder_stops_when_a_clip_goes_on_for_longer_than_allowed(clip: Path) -> None:
    with (
        ClipDecoder(DecodeLimits(max_duration_s=1.5)) as decoder,
        pytest.raises(TooLarge, match=r"1\.5 s"),
    ):
        list(decoder.decode(clip, PLAN))


@pytest.mark.parametrize(
    ("name", "playlist"),
    [
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{clip}\n#EXT-X-ENDLIST\n"),
        ("list.mp4", "ffconcat version 1.0\nfile '{clip.name}'\n"),
    ],
)
def test_clip_decoder_opens_no_file_that_a_clip_names(
    decoder: ClipDecoder, clip: Path, tmp_path: Path, name: str, playlist: str
) -> None:
    path = tmp_path / name
    path.write_text(playlist.format(clip=clip))

    with pytest.raises((UnreadableMedia, UnsupportedMedia)):
        next(decoder.decode(path, PLAN))


def test_clip_decoder_decodes_each_clip_in_a_child_of_its_own(decoder: ClipDecoder, clip: Path) -> None:
    (nursery,) = list_nurseries()
    with closing(decoder.decode(clip, LARGE_PLAN)) as one, closing(decoder.decode(clip, LARGE_PLAN)) as other:
        next(one)
        (first,) = list_decoding()
        next(other)
        (second,) = (each for each in list_decoding() if each != first)
        assert first.ppid() == second.ppid() == nursery.pid
        assert {os.getpgid(first.pid), os.getpgid(second.pid)} == {first.pid, second.pid}
        assert [Path(file.path) for file in first.open_files()] == [clip]
        assert nursery.open_files() == []
    assert list_decoding() == []

    with closing(decoder.decode(clip, LARGE_PLAN)) as another:
        next(another)
        (third,) = list_decoding()
    assert third not in (first, second)


def test_clip_decoder_confines_forked_children_as_started_ones(clip: Path) -> None:
    limits = DecodeLimits(cpu_s=50, memory_bytes=700 << 20)
    found = []
    for keeps_nursery in (True, False):
        with (
            ClipDecoder(limits, keeps_nursery=keeps_nursery) as decoder,
            closing(decoder.decode(clip, LARGE_PLAN)) as windows,
        ):
            next(windows)
            (child,) = list_decoding()
            cpu_s, _ = child.rlimit(psutil.RLIMIT_CPU)
            address_space, _ = child.rlimit(psutil.RLIMIT_AS)
            assert 50 <= cpu_s <= 52
            assert 700 << 20 < address_space < 2 << 30
            found.append((child.rlimit(psutil.RLIMIT_CORE), child.rlimit(psutil.RLIMIT_FSIZE), child.environ()))

    assert found[0] == found[1]
    assert found[0][:2] == ((0, 0), (0, 0))


def test_clip_decoder_forks_from_another_nursery_when_a_child_has_crashed(clip: Path) -> None:
    with own_decoder() as (decoder, nursery):
        with closing(decoder.decode(clip, LARGE_PLAN)) as going_on:
            next(going_on)
            (neighbour,) = list_decoding()
            crashing = decoder.decode(clip, LARGE_PLAN)
            next(crashing)
            next(each for each in list_decoding() if each != neighbour).send_signal(signal.SIGSEGV)
            with pytest.raises(UnreadableMedia):
                list(crashing)
            assert decoder.probe(clip).video_codec == "h264"
            next(going_on)
        assert is_gone(nursery.pid)


def test_clip_decoder_goes_on_when_its_nursery_is_killed(clip: Path) -> None:
    with own_decoder() as (decoder, nursery):
        windows = decoder.decode(clip, LARGE_PLAN)
        next(windows)
        (child,) = list_decoding()
        nursery.kill()

        with pytest.raises(UnreadableMedia, match="killed"):
            list(windows)
        assert is_gone(child.pid)
        assert decoder.probe(clip).video_codec == "h264"


def test_clip_decoder_kills_the_child_when_the_iterator_is_closed_early(any_decoder: ClipDecoder, clip: Path) -> None:
    windows = any_decoder.decode(clip, LARGE_PLAN)
    next(windows)
    (child,) = list_decoding()

    windows.close()

    assert not psutil.pid_exists(child.pid)


def test_clip_decoder_kills_ffmpeg_too_when_the_sound_is_closed_early(decoder: ClipDecoder, tmp_path: Path) -> None:
    tracks = decoder.sound(make_clip(tmp_path / "clip.mkv", Drawing(duration_s=70, fps=1, sound_hz=440)))
    next(tracks)
    assert len(list_decoding()) > 0

    tracks.close()

    assert list_decoding() == []


@pytest.mark.parametrize(
    ("death", "told"), [(signal.SIGSEGV, "crashed the decoder .SIGSEGV."), (signal.SIGKILL, "killed")]
)
def test_clip_decoder_calls_the_clip_unreadable_when_its_child_dies(
    any_decoder: ClipDecoder, clip: Path, death: signal.Signals, told: str
) -> None:
    windows = any_decoder.decode(clip, LARGE_PLAN)
    next(windows)
    (child,) = list_decoding()
    child.send_signal(death)

    with pytest.raises(UnreadableMedia, match=told):
        list(windows)


def test_clip_decoder_calls_the_clip_unreadable_when_its_child_hangs(clip: Path) -> None:
    with ClipDecoder(DecodeLimits(stall_s=3.0)) as decoder:
        windows = decoder.decode(clip, LARGE_PLAN)
        next(windows)
        (child,) = list_decoding()
        child.suspend()

        with pytest.raises(UnreadableMedia, match="hangs: no answer within 3 s"):
            list(windows)


def test_clip_decoder_calls_the_clip_unreadable_when_opening_it_never_ends(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "clip.mp4")

    with (
        ClipDecoder(DecodeLimits(stall_s=60.0, wall_s=2.0)) as decoder,
        pytest.raises(UnreadableMedia, match="hangs"),
    ):
        decoder.probe(tmp_path / "clip.mp4")


def test_clip_decoder_calls_the_clip_unreadable_when_it_takes_too_much_processor_time(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", Drawing(duration_s=12.0))
    plan = replace(LARGE_PLAN, image_size=1024)

    with (
        ClipDecoder(DecodeLimits(cpu_s=1)) as decoder,
        pytest.raises(UnreadableMedia, match="more than 1 s of processor time"),
    ):
        list(decoder.decode(clip, plan))


@pytest.mark.parametrize("side", [15_000, 20_000])
def test_clip_decoder_survives_a_picture_that_would_fill_the_memory(tmp_path: Path, side: int) -> None:
    path = tmp_path / "clip.gif"
    path.write_bytes(make_gif(side, side))

    with ClipDecoder(DecodeLimits(memory_bytes=300 << 20)) as decoder:
        with pytest.raises((UnreadableMedia, TooLarge)):
            decoder.probe(path)
        with pytest.raises(UnreadableMedia):
            list(decoder.decode(path, PLAN))


def test_clip_decoder_tells_its_children_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESSENGER_APP_SECRET", "tell nobody")

    with own_decoder() as (_, child):
        assert "tell nobody" not in child.environ().values()
        assert "PATH" in child.environ()


def test_clip_decoder_writes_nothing_to_standard_error(
    decoder: ClipDecoder, clip: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 6 // 10])
    capfd.readouterr()

    list(decoder.decode(clip, PLAN))
    list(decoder.sound(clip))

    assert capfd.readouterr() == ("", "")


_SERVICE = """
import sys
from pathlib import Path
from instantreact.media.limits import DecodeLimits
from instantreact.media.sandbox import ClipDecoder
from tests.conftest import list_children
from tests.media.test_sandbox import LARGE_PLAN
decoder = ClipDecoder(DecodeLimits())
windows = decoder.decode(Path(sys.argv[1]), LARGE_PLAN)
next(windows)
print(*(child.pid for child in list_children()), flush=True)
sys.stdin.read()
"""


def test_clip_decoder_leaves_no_child_when_the_service_is_killed(clip: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _SERVICE, str(clip)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as service:
        assert service.stdout is not None
        pids = [int(pid) for pid in service.stdout.readline().split()]
        service.kill()

    assert len(pids) >= 1
    wait_until(lambda: all(is_gone(pid) for pid in pids))


@pytest.mark.data
def test_clip_decoder_gives_a_real_clip(decoder: ClipDecoder, data_dir: Path) -> None:
    (window,) = decoder.decode(data_dir / "cctv" / "clips" / "fi001.mp4", PLAN)

    assert window.sample.images.std() > 10


def make_gif(width: int, height: int) -> bytes:
    """A GIF of one black picture in a few bytes, however large it says it is."""
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    picture = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00"
    return screen + picture + b";"


def test_clip_decoder_gives_each_glance_once_in_order_and_the_picture_is_among_them(
    decoder: ClipDecoder, clip: Path
) -> None:
    plan = GlancePlan(0.25, 96, 96)
    windows = list(decoder.decode(clip, PLAN, plan))
    glances = [glance for window in windows for glance in window.glances]
    times = [glance.time_s for glance in glances]
    assert len(times) >= 3
    assert times == sorted(set(times))
    assert all(max(glance.image.shape[:2]) == 96 and glance.aspect > 1 for glance in glances)
    assert {window.pictured_s for window in windows} <= set(times)
    assert all(window.glances == () for window in decoder.decode(clip, PLAN))
