"""What the speech benchmark listens to: real utterances, espeak-ng's speech, the sound of the cctv clips."""

import json
import subprocess
import wave
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from instantreact.domain.media import AudioTrack
from instantreact.media.audio import extract_audio

RATE_HZ = 16_000
VOICES = (
    ("en-us", 150, 50),
    ("en-gb", 160, 45),
    ("en-us+f3", 150, 60),
    ("en-gb-scotland", 140, 50),
    ("en-us+m3", 175, 40),
    ("en-gb+f2", 130, 55),
)
DISTRESS: Mapping[str, str] = {
    "help me": "Help me!",
    "call the police": "Please call the police now.",
    "give back my money": "Give back my money!",
    "leave me alone": "Just leave me alone.",
    "let me go": "Let me go!",
    "don't shoot": "Please don't shoot.",
    "he has a gun": "Watch out, he has a gun.",
    "call an ambulance": "We must call an ambulance.",
    "somebody help": "Somebody help!",
    "get out of here": "Get out of here!",
    "there is a fire": "Run, there is a fire in the kitchen.",
    "i will kill you": "I will kill you!",
}
NEUTRAL = (
    "The weather is nice today.",
    "Can I have two coffees, please?",
    "See you tomorrow at the office.",
    "The train to London leaves at nine.",
    "How much is this bag of apples?",
    "My sister is coming over on Sunday.",
    "Did you watch the game last night?",
    "I left my keys in the car again.",
    "Turn left after the bridge.",
    "Thank you very much, have a good day.",
)
REAL_PHRASES = (
    "of clubs",
    "queen of clubs",
    "five five",
    "eight of spades",
    "seven of hearts",
    "had then leisure",
    "in his power",
    "young man",
    "cold hearted",
    "rather selfish",
    "he might have been",
    "still more respectable",
    "amiable himself",
    "even have been made",
)


@dataclass(frozen=True)
class Spoken:
    """Sound and what is said in it."""

    name: str
    text: str
    sound: AudioTrack


def real_utterances(folder: Path) -> list[Spoken]:
    """The ten utterances of the shared speech folder."""
    lines = (folder / "transcripts.jsonl").read_text().splitlines()
    spoken = []
    for line in map(json.loads, lines):
        with wave.open(str(folder / line["file"])) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        spoken.append(Spoken(line["file"], line["text"], AudioTrack(samples, 0.0)))
    return spoken


def espeak(sentences: Iterator[str]) -> list[Spoken]:
    """Each sentence by each of `VOICES`."""
    return [Spoken(voice[0], sentence, _say(sentence, *voice)) for sentence in sentences for voice in VOICES]


def cctv_sounds(folder: Path) -> list[Spoken]:
    """The sound of every clip that has any, one peak sample above -60 dB of full scale at least."""
    spoken = []
    for path in sorted(folder.glob("*.mp4")):
        chunks = [chunk.samples for chunk in extract_audio(path)]
        if chunks and np.abs(np.concatenate(chunks).astype(np.int32)).max() >= 33:
            spoken.append(Spoken(path.stem, "", AudioTrack(np.concatenate(chunks), 0.0)))
    return spoken


def _say(text: str, voice: str, words_per_minute: int, pitch: int) -> AudioTrack:
    command = ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "-p", str(pitch), "--stdout", text]
    spoken = subprocess.run(command, check=True, capture_output=True).stdout
    frame = av.AudioFrame.from_ndarray(np.frombuffer(spoken[44:], dtype="<i2")[np.newaxis], format="s16", layout="mono")
    frame.rate = int.from_bytes(spoken[24:28], "little")
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    parts = [part.to_ndarray()[0] for source in (frame, None) for part in resampler.resample(source)]
    return AudioTrack(np.concatenate(parts), 0.0)
