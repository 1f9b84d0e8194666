"""Prints the figures of docs/speech.md: `python -m benchmarks.speech ../shared/data`.

Engines that run here without an account or a download: the phrase spotter, and pocketsphinx's free dictation as a
baseline of word error rate. Wit.ai needs an account, Whisper a model; neither is measured.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pocketsphinx
from rapidfuzz.distance import Levenshtein

from benchmarks.speech_sets import DISTRESS, NEUTRAL, REAL_PHRASES, Spoken, cctv_sounds, espeak, real_utterances
from instantreact.domain.media import AudioTrack
from instantreact.domain.mention import tokenize
from instantreact.speech.listen import listen
from instantreact.speech.phrase_spotter import PhraseSpotter
from instantreact.speech.vad import cut_utterances
from instantreact.threads import WorkerThreads


@dataclass(frozen=True)
class Heard:
    """One sound after voice activity: its utterances."""

    spoken: Spoken
    utterances: tuple[AudioTrack, ...]


def main() -> None:
    """Measure everything; prints Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of real footage ($INSTANTREACT_DATA)")
    data = parser.parse_args().data
    sounds = {
        "ten real utterances": real_utterances(data / "speech"),
        "espeak-ng, distress": espeak(iter(DISTRESS.values())),
        "espeak-ng, neutral": espeak(iter(NEUTRAL)),
        "cctv clips": cctv_sounds(data / "cctv" / "clips"),
    }
    threads = WorkerThreads(1)
    heard = {name: _report_vad(name, spoken) for name, spoken in sounds.items()}
    _report_words(heard["ten real utterances"], heard["espeak-ng, distress"] + heard["espeak-ng, neutral"])
    _report_phrases(heard, threads)
    asyncio.run(_report_latency(sounds["cctv clips"], threads))
    threads.close()


def _report_vad(name: str, spoken: Sequence[Spoken]) -> list[Heard]:
    begun_s = time.perf_counter()
    heard = [Heard(one, tuple(cut_utterances([one.sound]))) for one in spoken]
    took_s = time.perf_counter() - begun_s
    total_s = sum(one.sound.duration_s for one in spoken)
    sent_s = sum(utterance.duration_s for one in heard for utterance in one.utterances)
    voiced = sum(bool(one.utterances) for one in heard)
    print(
        f"voice activity | {name} | {len(spoken)} sounds, {total_s:.0f} s | speech in {voiced}, {sent_s:.0f} s"
        f" | real-time factor {took_s / total_s:.3f}"
    )
    return heard


def _report_words(*groups: Sequence[Heard]) -> None:
    decoder = pocketsphinx.Decoder(loglevel="FATAL")
    for name, heard in zip(("ten real utterances", "espeak-ng"), groups, strict=True):
        wrong, words = 0, 0
        begun_s = time.perf_counter()
        for one in heard:
            said = tokenize(one.spoken.text)
            found = tokenize(" ".join(_dictate(decoder, utterance) for utterance in one.utterances))
            wrong += Levenshtein.distance(said, found)
            words += len(said)
        factor = (time.perf_counter() - begun_s) / sum(one.spoken.sound.duration_s for one in heard)
        rate = wrong / words
        print(f"free dictation (baseline) | {name} | WER {rate:.2f} of {words} words | real-time factor {factor:.2f}")


def _dictate(decoder: pocketsphinx.Decoder, utterance: AudioTrack) -> str:
    decoder.start_utt()
    decoder.process_raw(utterance.samples.tobytes(), no_search=False, full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return str(found.hypstr) if found else ""


def _report_phrases(heard: dict[str, list[Heard]], threads: WorkerThreads) -> None:
    real, distress = PhraseSpotter(REAL_PHRASES, threads=threads), PhraseSpotter(DISTRESS, threads=threads)
    _report_recall("ten real utterances", real, REAL_PHRASES, heard["ten real utterances"])
    _report_recall("espeak-ng, distress", distress, DISTRESS, heard["espeak-ng, distress"])
    for name in ("espeak-ng, neutral", "ten real utterances", "cctv clips"):
        _report_false_alarms(name, f"{len(DISTRESS)} distress phrases", distress, heard[name])
    _report_false_alarms("cctv clips", f"{len(REAL_PHRASES)} other phrases", real, heard["cctv clips"])


def _report_recall(name: str, spotter: PhraseSpotter, phrases: Iterable[str], heard: Sequence[Heard]) -> None:
    hits = said = wrong = 0
    begun_s = time.perf_counter()
    for one in heard:
        found = _spot(spotter, one)
        for phrase in phrases:
            is_said = f" {phrase} " in f" {' '.join(tokenize(one.spoken.text))} "
            said += is_said
            hits += is_said and phrase in found
            wrong += not is_said and phrase in found
    took_s = time.perf_counter() - begun_s
    factor = took_s / sum(utterance.duration_s for one in heard for utterance in one.utterances)
    print(f"phrase spotter | {name} | recall {hits}/{said} | wrong phrases {wrong} | real-time factor {factor:.3f}")


def _report_false_alarms(name: str, what: str, spotter: PhraseSpotter, heard: Sequence[Heard]) -> None:
    alarmed = {one.spoken.name: found for one in heard if (found := _spot(spotter, one))}
    print(f"phrase spotter | {name}, {what} | false alarms in {len(alarmed)} of {len(heard)} | {alarmed}")


def _spot(spotter: PhraseSpotter, heard: Heard) -> str:
    return " / ".join(text for utterance in heard.utterances if (text := spotter.spot(utterance).text))


async def _report_latency(spoken: Sequence[Spoken], threads: WorkerThreads) -> None:
    spotter = PhraseSpotter(DISTRESS, threads=threads)
    took_ms = []
    for one in spoken:
        begun_s = time.perf_counter()
        await listen([one.sound], spotter, threads)
        took_ms.append(1000 * (time.perf_counter() - begun_s))
    p95 = statistics.quantiles(took_ms, n=20)[-1]
    print(f"listening to a cctv clip, without decoding | p50 {statistics.median(took_ms):.0f} ms, p95 {p95:.0f} ms")


if __name__ == "__main__":
    main()
