import json
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from instantreact.domain.media import AudioTrack
from instantreact.domain.observation import Hearing
from instantreact.speech.phrase_spotter import PhraseSpotter, missing_words
from instantreact.speech.vad import cut_utterances
from instantreact.threads import WorkerThreads
from tests.speech.sounds import make_tone, say

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


def read_wav(path: Path) -> AudioTrack:
    with wave.open(str(path)) as file:
        return AudioTrack(np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16), 0.0)


async def test_spotter_finds_a_phrase_and_its_time(threads: WorkerThreads) -> None:
    spotter = PhraseSpotter(["Call the police!", "give back my money"], threads=threads)
    transcript = await spotter.transcribe(AudioTrack(POLICE.samples, 60.0))
    assert (transcript.hearing, transcript.engine, transcript.language) == (Hearing.HEARD, "phrase_spotter", "en")
    assert [word.text for word in transcript.words] == ["call", "the", "police"]
    half_s = POLICE.duration_s / 2
    assert 60.0 + half_s - 0.5 < transcript.words[0].start_s < transcript.words[2].end_s < 60.0 + 2 * half_s + 0.1


def test_spotter_hears_the_same_however_often_it_is_asked(threads: WorkerThreads) -> None:
    spotter = PhraseSpotter(["call the police"], threads=threads)
    first = spotter.spot(POLICE)
    spotter.spot(say("The weather is nice today."))
    assert spotter.spot(POLICE) == first


def test_spotter_heard_somebody_but_no_phrase_when_other_words_were_said(threads: WorkerThreads) -> None:
    transcript = PhraseSpotter(["call the police"], threads=threads).spot(say("The weather is nice today."))
    assert (transcript.hearing, transcript.text, transcript.words) == (Hearing.HEARD, "", ())


async def test_spotter_leaves_out_what_it_cannot_spell(threads: WorkerThreads) -> None:
    spotter = PhraseSpotter(["call the police", "call the xyzzy"], threads=threads)
    assert spotter.spot(POLICE).text == "call the police"
    assert "1 phrases" in await spotter.check()
    assert "xyzzy" in await spotter.check()


@pytest.mark.parametrize("phrases", [[], ["xyzzy"], ["!"]])
def test_spotter_finds_nothing_without_a_phrase_it_can_spell(phrases: list[str], threads: WorkerThreads) -> None:
    assert PhraseSpotter(phrases, threads=threads).spot(make_tone(1.0)).words == ()


def test_missing_words_names_each_unknown_word_once() -> None:
    assert missing_words(["Call the police!", "call 911", "xyzzy 911"]) == ("911", "xyzzy")


@pytest.mark.data
def test_spotter_finds_phrases_in_real_speech_and_nothing_else(data_dir: Path, threads: WorkerThreads) -> None:
    spotter = PhraseSpotter([*REAL_PHRASES, "call the police", "leave me alone"], threads=threads)
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
