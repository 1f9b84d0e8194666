import asyncio
import json
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

from instantreact.domain.media import AudioTrack
from instantreact.domain.observation import Hearing
from instantreact.errors import SpeechTimeout, SpeechUnavailable
from instantreact.speech.phrase_spotter import PhraseSpotter
from instantreact.speech.spotter_process import SpotterProcess
from instantreact.speech.spotting import missing_words
from instantreact.speech.vad import cut_utterances
from instantreact.threads import WorkerThreads
from tests.speech.sounds import make_tone, say

MakeSpotter = Callable[[Sequence[str]], PhraseSpotter]
POLICE = say("Help me, call the police!")
REAL_PHRASES = {
    "of clubs": {"001.wav", "002.wav", "003.wav", "005.wav"},
    "seven of hearts": {"005.wav"},
    "young man": {"librivox_0880.wav"},
    "cold hearted": {"librivox_0890.wav"},
    "amiable himself": {"librivox_0930.wav"},
}


@pytest.fixture
def threads() -> Iterator[WorkerThreads]:
    pool = WorkerThreads(1)
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def process() -> Iterator[SpotterProcess]:
    process = SpotterProcess()
    yield process
    process.close()


@pytest.fixture
def make_spotter(threads: WorkerThreads, process: SpotterProcess) -> MakeSpotter:
    return partial(PhraseSpotter, threads=threads, process=process)


def list_spotters() -> set[psutil.Process]:
    return {child for child in psutil.Process().children() if "spotter_child" in " ".join(child.cmdline())}


def read_wav(path: Path) -> AudioTrack:
    with wave.open(str(path)) as file:
        return AudioTrack(np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16), 0.0)


async def test_spotter_finds_a_phrase_and_its_time(make_spotter: MakeSpotter) -> None:
    spotter = make_spotter(["Call the police!", "give back my money"])
    transcript = await spotter.transcribe(AudioTrack(POLICE.samples, 60.0))
    assert (transcript.hearing, transcript.engine, transcript.language) == (Hearing.HEARD, "phrase_spotter", "en")
    assert [word.text for word in transcript.words] == ["call", "the", "police"]
    half_s = POLICE.duration_s / 2
    assert 60.0 + half_s - 0.5 < transcript.words[0].start_s < transcript.words[2].end_s < 60.0 + 2 * half_s + 0.1


def test_spotter_hears_the_same_however_often_it_is_asked(make_spotter: MakeSpotter) -> None:
    spotter = make_spotter(["call the police"])
    first = spotter.spot(POLICE)
    spotter.spot(say("The weather is nice today."))
    assert spotter.spot(POLICE) == first


def test_spotter_heard_somebody_but_no_phrase_when_other_words_were_said(make_spotter: MakeSpotter) -> None:
    transcript = make_spotter(["call the police"]).spot(say("The weather is nice today."))
    assert (transcript.hearing, transcript.text, transcript.words) == (Hearing.HEARD, "", ())


async def test_spotter_leaves_out_what_it_cannot_spell(make_spotter: MakeSpotter) -> None:
    spotter = make_spotter(["call the police", "call the xyzzy"])
    assert spotter.spot(POLICE).text == "call the police"
    assert "1 phrases" in await spotter.check()
    assert "xyzzy" in await spotter.check()


@pytest.mark.parametrize("phrases", [[], ["xyzzy"], ["!"]])
def test_spotter_finds_nothing_without_a_phrase_it_can_spell(phrases: list[str], make_spotter: MakeSpotter) -> None:
    assert make_spotter(phrases).spot(make_tone(1.0)).words == ()


async def test_spotter_leaves_the_event_loop_free_while_it_listens(make_spotter: MakeSpotter) -> None:
    spotter = make_spotter(["call the police"])
    await spotter.transcribe(POLICE)  # its process has started
    long = AudioTrack(np.tile(POLICE.samples, 8), 0.0)
    begun_s = time.monotonic()
    listening = asyncio.create_task(spotter.transcribe(long))
    longest_s, last_s = 0.0, time.monotonic()
    while not listening.done():
        await asyncio.sleep(0.001)
        longest_s, last_s = max(longest_s, time.monotonic() - last_s), time.monotonic()
    assert (await listening).text.count("call the police") == 8
    assert longest_s < (time.monotonic() - begun_s) / 3


def test_spotter_is_unavailable_when_its_process_dies_and_works_again_after_that(threads: WorkerThreads) -> None:
    process = SpotterProcess()
    spotter = PhraseSpotter(["call the police"], threads=threads, process=process)
    before = list_spotters()
    spotter.spot(POLICE)
    (child,) = list_spotters() - before
    child.kill()
    child.wait()
    with pytest.raises(SpeechUnavailable):
        spotter.spot(POLICE)
    assert spotter.spot(POLICE).text == "call the police"
    process.close()


def test_spotter_gives_up_a_process_that_hangs(threads: WorkerThreads) -> None:
    process = SpotterProcess(patience_s=0.01)
    before = list_spotters()
    with pytest.raises(SpeechTimeout):
        PhraseSpotter(["call the police"], threads=threads, process=process).spot(POLICE)
    assert list_spotters() == before


def test_process_ends_with_its_parent_even_when_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import numpy, time; from instantreact.speech.spotter_process import SpotterProcess; p = SpotterProcess();"
        "p.spot(['help'], numpy.zeros(16000, numpy.int16)); print(p._child.pid, flush=True); time.sleep(100)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_missing_words_names_each_unknown_word_once() -> None:
    assert missing_words(["Call the police!", "call 911", "xyzzy 911"]) == ("911", "xyzzy")


@pytest.mark.data
def test_spotter_finds_phrases_in_real_speech_and_nothing_else(data_dir: Path, make_spotter: MakeSpotter) -> None:
    spotter = make_spotter([*REAL_PHRASES, "call the police", "leave me alone"])
    lines = (data_dir / "speech" / "transcripts.jsonl").read_text().splitlines()
    for name in (json.loads(line)["file"] for line in lines):
        found = " ".join(
            spotter.spot(utterance).text for utterance in cut_utterances([read_wav(data_dir / "speech" / name)])
        )
        assert {phrase for phrase in REAL_PHRASES if phrase in found} == {
            phrase for phrase, files in REAL_PHRASES.items() if name in files
        }
        assert "police" not in found
        assert "alone" not in found
