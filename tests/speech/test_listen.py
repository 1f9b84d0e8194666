from collections.abc import Iterator

import pytest

from instantreact.domain.media import AudioTrack
from instantreact.domain.observation import Hearing
from instantreact.errors import UnreadableMedia
from instantreact.speech.listen import HeardSound, listen
from instantreact.speech.wit import WitApp, WitLimits, WitTranscriber
from instantreact.threads import WorkerThreads
from tests.servers.wit import FakeWit
from tests.servers.wit_reply import Reply
from tests.speech.sounds import chunk, join, make_silence, say
from tests.speech.ticking import TickingClock

SENTENCE = say("Give me back my money, or I will call the police.")
THREE_SENTENCES = join(*[SENTENCE, make_silence(1.0)] * 3)


@pytest.fixture
def threads() -> Iterator[WorkerThreads]:
    pool = WorkerThreads(2)
    yield pool
    pool.close()


@pytest.fixture
def wit() -> Iterator[FakeWit]:
    with FakeWit() as server:
        yield server


async def hear(wit: FakeWit, chunks: Iterator[AudioTrack] | list[AudioTrack], threads: WorkerThreads) -> HeardSound:
    clock = TickingClock()
    limits = WitLimits(rate_per_s=1000.0, concurrency=1)
    transcriber = WitTranscriber(WitApp(wit.token, wit.url), limits, now=clock.now, sleep=clock.sleep)
    try:
        return await listen(chunks, transcriber, threads)
    finally:
        await transcriber.close()


async def test_listen_transcribes_each_utterance_in_order(wit: FakeWit, threads: WorkerThreads) -> None:
    wit.script(Reply("one"), Reply("two"), Reply("three"))
    sound = await hear(wit, chunk(THREE_SENTENCES, 1.0), threads)
    assert [heard.transcript.text for heard in sound.utterances] == ["one", "two", "three"]
    assert [heard.start_s for heard in sound.utterances] == sorted(heard.start_s for heard in sound.utterances)
    assert (sound.has_track, sound.ask_again_after_s, sound.reason) == (True, None, None)


async def test_listen_sends_nothing_when_nobody_speaks(wit: FakeWit, threads: WorkerThreads) -> None:
    sound = await hear(wit, [make_silence(5.0)], threads)
    assert (sound.has_track, sound.utterances, wit.requests) == (True, (), 0)


async def test_listen_says_that_there_is_no_track_without_any_sound(wit: FakeWit, threads: WorkerThreads) -> None:
    assert not (await hear(wit, [], threads)).has_track


async def test_listen_is_unknown_where_the_recogniser_failed_for_now(wit: FakeWit, threads: WorkerThreads) -> None:
    wit.script(Reply("one"), Reply(error=(429, "rate-limit", "slow down")))
    sound = await hear(wit, chunk(THREE_SENTENCES, 1.0), threads)
    hearings = [heard.transcript.hearing for heard in sound.utterances]
    assert hearings == [Hearing.HEARD, Hearing.UNKNOWN, Hearing.UNKNOWN]
    assert "rate-limit" in str(sound.utterances[1].transcript.reason)
    assert sound.ask_again_after_s == pytest.approx(60, abs=1)


async def test_listen_does_not_ask_again_when_the_recogniser_refused(wit: FakeWit, threads: WorkerThreads) -> None:
    wit.reply = Reply(error=(400, "json-parse", "no"))
    sound = await hear(wit, [SENTENCE], threads)
    assert sound.utterances[0].transcript.hearing is Hearing.UNKNOWN
    assert sound.ask_again_after_s is None


async def test_listen_keeps_what_was_heard_when_the_track_breaks_off(wit: FakeWit, threads: WorkerThreads) -> None:
    def broken() -> Iterator[AudioTrack]:
        yield from chunk(join(SENTENCE, make_silence(2.0)), 1.0)
        raise UnreadableMedia("The sound breaks off.")

    wit.reply = Reply("give me back my money")
    sound = await hear(wit, broken(), threads)
    assert sound.utterances[0].transcript.text == "give me back my money"
    assert sound.reason == "The sound breaks off."
    assert sound.broken_at_s == pytest.approx(SENTENCE.duration_s + 2.0, abs=0.01)
