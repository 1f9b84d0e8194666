import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import numpy as np
import pytest
import structlog

from instantreact.domain.media import AudioTrack
from instantreact.domain.observation import Hearing, Meaning
from instantreact.errors import Misconfigured, SpeechRejected, SpeechTimeout, SpeechUnavailable
from instantreact.speech.wit import WitApp, WitLimits, WitTranscriber
from tests.servers.wit import FakeWit
from tests.servers.wit_reply import Reply, Separator
from tests.speech.sounds import join, make_silence, make_tone
from tests.speech.ticking import TickingClock

HELP = Reply(
    "help there is a fire",
    intents=[{"id": "1", "name": "emergency", "confidence": 0.98}],
    entities={"hazard:hazard": [{"name": "hazard", "body": "fire", "value": "fire", "confidence": 0.9}]},
    traits={"wit$sentiment": [{"id": "2", "value": "negative", "confidence": 0.7}]},
)
LIMITS = WitLimits(rate_per_s=1000.0)


@pytest.fixture
def wit() -> Iterator[FakeWit]:
    with FakeWit() as server:
        yield server


@pytest.fixture
def ticking() -> TickingClock:
    return TickingClock()


def make_transcriber(wit: FakeWit, clock: TickingClock, limits: WitLimits = LIMITS) -> WitTranscriber:
    app = WitApp(wit.token, wit.url, language="en")
    return WitTranscriber(app, limits, now=clock.now, sleep=clock.sleep)


@pytest.fixture
async def transcriber(wit: FakeWit, ticking: TickingClock) -> AsyncIterator[WitTranscriber]:
    made = make_transcriber(wit, ticking)
    yield made
    await made.close()


async def test_wit_sends_one_mono_wav_in_chunks(wit: FakeWit, transcriber: WitTranscriber) -> None:
    utterance = make_tone(2.0)
    await transcriber.transcribe(utterance)
    (heard,) = wit.heard
    assert (heard.endpoint, heard.version, heard.content_type) == ("/speech", "20240304", "audio/wav")
    assert heard.chunked
    assert heard.request_id
    assert heard.sound.rate_hz == 16_000
    assert heard.sound.samples == utterance.samples.tobytes()


async def test_wit_gives_text_language_and_meanings(wit: FakeWit, transcriber: WitTranscriber) -> None:
    wit.script(HELP)
    transcript = await transcriber.transcribe(make_tone(2.0, start_s=10.0))
    assert (transcript.hearing, transcript.engine, transcript.language) == (Hearing.HEARD, "wit", "en")
    assert transcript.text == "help there is a fire"
    assert not transcript.truncated
    assert transcript.intents == (Meaning("emergency", 0.98, None, "help there is a fire", 10.0, 12.0),)
    assert transcript.entities == (Meaning("hazard:hazard", 0.9, "fire", "fire", 10.0, 12.0),)
    assert transcript.traits == (Meaning("wit$sentiment", 0.7, "negative", "help there is a fire", 10.0, 12.0),)


async def test_wit_gives_word_times_on_the_footages_clock(wit: FakeWit, transcriber: WitTranscriber) -> None:
    wit.script(Reply("give back my money"))
    transcript = await transcriber.transcribe(make_tone(2.0, start_s=60.0))
    assert [word.text for word in transcript.words] == ["give", "back", "my", "money"]
    assert [word.start_s for word in transcript.words] == pytest.approx([60.0, 60.5, 61.0, 61.5])
    assert transcript.words[-1].end_s == pytest.approx(62.0)


async def test_wit_spreads_the_words_when_there_are_no_tokens(wit: FakeWit, transcriber: WitTranscriber) -> None:
    wit.script(Reply("help me", tokens=False))
    transcript = await transcriber.transcribe(make_tone(1.2, start_s=5.0))
    assert [(word.text, word.confidence) for word in transcript.words] == [("help", None), ("me", None)]
    assert transcript.words[0].start_s == pytest.approx(5.0)
    assert transcript.words[1].end_s == pytest.approx(6.2)


@pytest.mark.parametrize(
    "variant",
    [
        {"separator": Separator.LF},
        {"separator": Separator.NOTHING},
        {"pretty": True},
        {"pretty": True, "separator": Separator.LF, "piece_bytes": 7},
        {"piece_bytes": 1},
        {"pause_s": 0.02},
        {"entities": [], "traits": []},
    ],
)
async def test_wit_reads_every_form_of_answer(
    wit: FakeWit, transcriber: WitTranscriber, variant: dict[str, object]
) -> None:
    wit.script(replace(HELP, text="Hilfe, ein Überfall!", **variant))  # type: ignore[arg-type]
    transcript = await transcriber.transcribe(make_tone(1.0))
    assert transcript.text == "Hilfe, ein Überfall!"
    assert transcript.intents[0].name == "emergency"


@pytest.mark.parametrize("reply", [Reply(""), Reply(error=(400, "empty-transcription", "nothing was said"))])
async def test_wit_is_silent_when_nothing_was_said(wit: FakeWit, transcriber: WitTranscriber, reply: Reply) -> None:
    wit.script(reply)
    transcript = await transcriber.transcribe(make_tone(1.0))
    assert transcript.hearing is Hearing.SILENT
    assert transcript.words == ()
    assert wit.requests == 1


async def test_wit_dictates_when_the_utterance_is_longer_than_18_s(wit: FakeWit, transcriber: WitTranscriber) -> None:
    wit.script(Reply("give back my money. I call the police"))
    transcript = await transcriber.transcribe(make_tone(30.0, start_s=100.0))
    assert wit.heard[0].endpoint == "/dictation"
    assert transcript.text == "give back my money I call the police"
    assert transcript.words[4].text == "I"
    assert transcript.words[4].start_s == pytest.approx(115.0)
    assert not transcript.truncated


async def test_wit_asks_in_parts_when_the_utterance_is_longer_than_a_minute(
    wit: FakeWit, transcriber: WitTranscriber
) -> None:
    wit.script(Reply("first part"), Reply("second part"))
    transcript = await transcriber.transcribe(make_tone(80.0))
    assert [heard.endpoint for heard in wit.heard] == ["/dictation", "/dictation"]
    assert sum(len(heard.sound.samples) for heard in wit.heard) == 2 * 80 * 16_000
    assert transcript.text == "first part second part"


async def test_wit_splits_and_asks_again_when_the_audio_is_too_long(wit: FakeWit, transcriber: WitTranscriber) -> None:
    wit.speech_limit_s = 5.0
    wit.script(Reply("give back"), Reply("my money"))
    sound = join(make_tone(4.0), make_silence(0.5), make_tone(4.0))
    transcript = await transcriber.transcribe(AudioTrack(sound.samples, 50.0))
    assert wit.refused[0].code == "audio-too-long"
    assert transcript.text == "give back my money"
    assert 54.0 < transcript.words[2].start_s < 54.5  # the cut lies in the silence
    assert b"".join(heard.sound.samples for heard in wit.heard) == sound.samples.tobytes()


async def test_wit_gives_up_when_the_audio_is_always_too_long(wit: FakeWit, transcriber: WitTranscriber) -> None:
    wit.speech_limit_s = 0.1
    with pytest.raises(SpeechRejected, match="audio-too-long"):
        await transcriber.transcribe(make_tone(2.0))


@pytest.mark.parametrize(
    "failure",
    [
        Reply(html_status=502),
        Reply(html_status=400),
        Reply(html_status=200),
        Reply(error=(500, "wit", "An error occurred in speech recognition.")),
        Reply(error=(400, "timeout", "too slow")),
        Reply("broken", cut_after=0),
    ],
)
async def test_wit_tries_again_after_1_2_and_4_s_when_wit_stumbles(
    wit: FakeWit, ticking: TickingClock, transcriber: WitTranscriber, failure: Reply
) -> None:
    wit.script(failure, failure, failure, Reply("help me"))
    transcript = await transcriber.transcribe(make_tone(1.0))
    assert transcript.text == "help me"
    assert [pause for pause in ticking.slept if pause >= 1] == [1.0, 2.0, 4.0]
    assert len({heard.request_id for heard in wit.heard}) == len(wit.heard)


async def test_wit_is_unavailable_when_every_try_fails(wit: FakeWit, transcriber: WitTranscriber) -> None:
    wit.script(*[Reply(html_status=502)] * 4)
    with pytest.raises(SpeechUnavailable, match="502"):
        await transcriber.transcribe(make_tone(1.0))
    assert wit.requests == 4


async def test_wit_is_unavailable_when_nobody_listens(ticking: TickingClock) -> None:
    app = WitApp("A" * 32, "http://127.0.0.1:9")
    transcriber = WitTranscriber(app, LIMITS, now=ticking.now, sleep=ticking.sleep)
    with pytest.raises(SpeechUnavailable):
        await transcriber.transcribe(make_tone(1.0))
    await transcriber.close()


async def test_wit_times_out_when_the_answer_is_slow(wit: FakeWit, ticking: TickingClock) -> None:
    transcriber = make_transcriber(wit, ticking, replace(LIMITS, speech_read_s=0.1))
    wit.reply = Reply("help me", pause_s=5.0)
    with pytest.raises(SpeechTimeout):
        await transcriber.transcribe(make_tone(1.0))
    await transcriber.close()


async def test_wit_keeps_what_was_heard_when_the_answer_drips_for_too_long(wit: FakeWit, ticking: TickingClock) -> None:
    transcriber = make_transcriber(wit, ticking, replace(LIMITS, total_s=0.4, retry_delays_s=()))
    wit.reply = Reply("give back my money", pause_s=0.15)
    transcript = await transcriber.transcribe(make_tone(1.0))
    assert transcript.truncated
    assert transcript.text.startswith("give back")
    await transcriber.close()


async def test_wit_gives_up_at_once_when_the_request_is_wrong(wit: FakeWit, transcriber: WitTranscriber) -> None:
    wit.script(Reply(error=(400, "json-parse", "no")))
    with pytest.raises(SpeechRejected, match="json-parse"):
        await transcriber.transcribe(make_tone(1.0))
    assert wit.requests == 1


async def test_wit_tries_once_more_after_30_s_when_it_answers_bad_request(
    wit: FakeWit, ticking: TickingClock, transcriber: WitTranscriber
) -> None:
    wit.script(Reply(error=(400, "bad-request", "throttled?")), Reply(error=(400, "bad-request", "no")))
    with pytest.raises(SpeechRejected):
        await transcriber.transcribe(make_tone(1.0))
    assert 30.0 in ticking.slept
    assert wit.requests == 2


@pytest.mark.parametrize(
    ("reply", "wait_s"),
    [
        (Reply(error=(429, "rate-limit", "slow down")), 60),
        (Reply(error=(429, "rate-limit", "slow down"), retry_after_s=120), 120),
        (Reply(error=(500, "wit", "Something went wrong. We've been notified.")), 60),
    ],
)
async def test_wit_is_left_alone_when_it_is_overloaded(
    wit: FakeWit, ticking: TickingClock, transcriber: WitTranscriber, reply: Reply, wait_s: float
) -> None:
    wit.script(reply)
    with pytest.raises(SpeechUnavailable) as caught:
        await transcriber.transcribe(make_tone(1.0))
    assert caught.value.retry_after_s == wait_s
    with pytest.raises(SpeechUnavailable):
        await transcriber.transcribe(make_tone(1.0))
    assert wit.requests == 1
    ticking.tick(wait_s)
    await transcriber.transcribe(make_tone(1.0))
    assert wit.requests == 2


async def test_wit_is_disabled_for_ten_minutes_when_it_refuses_the_token(
    wit: FakeWit, ticking: TickingClock, transcriber: WitTranscriber
) -> None:
    wit.script(Reply(error=(400, "no-auth", "Bad auth, check token/params")))
    with pytest.raises(SpeechUnavailable, match="Bad auth") as caught:
        await transcriber.transcribe(make_tone(1.0))
    assert caught.value.retry_after_s == 600
    ticking.tick(599)
    with pytest.raises(SpeechUnavailable):
        await transcriber.transcribe(make_tone(1.0))
    assert wit.requests == 1
    ticking.tick(2)
    wit.script(Reply("help me"))
    assert (await transcriber.transcribe(make_tone(1.0))).text == "help me"


async def test_wit_sends_nothing_for_a_minute_when_five_requests_failed(
    wit: FakeWit, ticking: TickingClock, transcriber: WitTranscriber
) -> None:
    wit.reply = Reply(html_status=502)
    for _ in range(4):
        with pytest.raises(SpeechUnavailable):
            await transcriber.transcribe(make_tone(1.0))
    assert wit.requests == 5
    wit.reply = Reply("help me")
    ticking.tick(61)
    assert (await transcriber.transcribe(make_tone(1.0))).text == "help me"


async def test_wit_keeps_the_sentences_when_an_error_follows_them(wit: FakeWit, transcriber: WitTranscriber) -> None:
    error = ("wit", "An error occurred in speech recognition.")
    wit.script(Reply("give back my money. I call the police", error_after_finals=error))
    transcript = await transcriber.transcribe(make_tone(30.0))
    assert transcript.text == "give back my money I call the police"
    assert transcript.truncated
    assert transcript.reason is not None
    assert "speech recognition" in transcript.reason
    assert wit.requests == 1


async def test_wit_keeps_the_unfinished_text_when_a_dictation_breaks_off(
    wit: FakeWit, transcriber: WitTranscriber
) -> None:
    wit.script(Reply("give back my money. I call the police", cut_after=3))
    transcript = await transcriber.transcribe(make_tone(30.0))
    assert transcript.text == "give back my money I"
    assert transcript.truncated


async def test_wit_keeps_the_text_when_every_speech_answer_ends_in_an_error(
    wit: FakeWit, transcriber: WitTranscriber
) -> None:
    wit.reply = Reply("help me", error_after_finals=("wit", "An error occurred in speech recognition."))
    transcript = await transcriber.transcribe(make_tone(1.0))
    assert transcript.text == "help me"
    assert transcript.truncated
    assert wit.requests == 4


async def test_wit_asks_no_more_than_once_a_second(wit: FakeWit, ticking: TickingClock) -> None:
    transcriber = make_transcriber(wit, ticking, WitLimits())
    await asyncio.gather(*(transcriber.transcribe(make_tone(1.0)) for _ in range(5)))
    assert ticking.now() >= 4.0
    assert len(wit.heard) == 5
    await transcriber.close()


async def test_wit_checks_address_and_token_without_sound(wit: FakeWit, transcriber: WitTranscriber) -> None:
    assert wit.url in await transcriber.check()
    assert wit.heard == []


async def test_wit_check_says_so_when_the_token_is_refused(wit: FakeWit, ticking: TickingClock) -> None:
    transcriber = WitTranscriber(WitApp("WRONG", wit.url), LIMITS, now=ticking.now, sleep=ticking.sleep)
    with pytest.raises(SpeechUnavailable, match="Bad auth"):
        await transcriber.check()
    await transcriber.close()


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "schlüssel"])
def test_wit_refuses_a_token_that_no_header_can_carry(token: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        WitTranscriber(WitApp(token))
    assert not token or token not in str(caught.value)


async def test_wit_never_shows_its_token(wit: FakeWit, ticking: TickingClock) -> None:
    wit.token = "SECRETSECRETSECRETSECRETSECRET12"
    transcriber = make_transcriber(wit, ticking)
    wit.script(Reply(error=(400, "no-auth", "Bad auth")), Reply(html_status=502))
    with structlog.testing.capture_logs() as logs, pytest.raises(SpeechUnavailable) as caught:
        await transcriber.transcribe(make_tone(1.0))
    assert wit.token not in f"{logs} {caught.value!r} {WitApp(wit.token)!r}"
    await transcriber.close()


async def test_wit_joins_no_silence_into_the_text_when_halves_are_silent(
    wit: FakeWit, transcriber: WitTranscriber
) -> None:
    wit.script(Reply(""), Reply("help me"))
    transcript = await transcriber.transcribe(AudioTrack(np.zeros(70 * 16_000, dtype=np.int16), 0.0))
    assert transcript.text == "help me"


async def test_wit_keeps_the_first_half_when_the_second_fails(wit: FakeWit, transcriber: WitTranscriber) -> None:
    wit.script(Reply("first half"), Reply(error=(400, "no-body", "no")))
    transcript = await transcriber.transcribe(make_tone(70.0))
    assert transcript.text == "first half"
    assert transcript.truncated
