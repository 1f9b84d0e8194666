"""A clip of three calls for help: when one cannot be recognised for now, only that one is sent again."""

from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from instantreact.domain.observation import Hearing
from instantreact.domain.rule import SpeechCondition
from instantreact.errors import LeaseLost
from instantreact.jobs.claims import Claim
from instantreact.pipeline.hear import hear
from instantreact.pipeline.intake import delete_clip
from instantreact.speech.sound import decode_wav, encode_wav
from instantreact.storage import events
from instantreact.storage.secrets import SecretBox
from instantreact.storage.tables import AnsweredUtterance, Clip
from instantreact_demo.story import HELP
from tests.pipeline.conftest import House
from tests.pipeline.test_hear import add_seen_clip, listening, make_test_picture, spoken_clip, wit
from tests.servers.wit import FakeWit
from tests.servers.wit_reply import Reply
from tests.speech.sounds import join, make_silence

__all__ = ["listening", "spoken_clip", "wit"]

ANSWER = Reply("help me call the police")
FAILURES = {
    "a proxy's page": Reply(html_status=502),
    "a rate limit": Reply(error=(429, "rate-limit", "Too many requests"), retry_after_s=30),
    "a broken answer": Reply("help me", cut_after=0),
}


@pytest.fixture(scope="session")
def three_calls(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("clips")
    call = decode_wav(HELP.read_bytes(), start_s=0.0)
    sound = folder / "sound.wav"
    sound.write_bytes(encode_wav(join(*[call, make_silence(1.0)] * 3)))
    return make_test_picture(folder / "three.mp4", "-i", str(sound), seconds=12).read_bytes()


async def list_answers(house: House) -> list[AnsweredUtterance]:
    async with house.services.database.reading() as session:
        return list(await session.scalars(select(AnsweredUtterance)))


async def hearings_of(house: House, clip: Clip) -> list[Hearing]:
    async with house.services.database.reading() as session:
        filed = await events.list_clip_events(session, clip.id)
    return [event.observation.transcript.hearing for event in filed if event.observation.transcript]


@pytest.mark.parametrize(
    ("failing", "failure"),
    [(0, "a proxy's page"), (1, "a broken answer"), (2, "a proxy's page"), (0, "a rate limit"), (2, "a rate limit")],
)
async def test_hear_sends_only_the_utterance_that_failed_again(
    listening: House, wit: FakeWit, three_calls: bytes, failing: int, failure: str
) -> None:
    replies = [ANSWER] * 3
    replies[failing] = FAILURES[failure]
    if failure == "a rate limit":  # keeps what comes after it away too
        replies[failing:] = [FAILURES[failure]]
    wit.script(*replies)
    clip = await add_seen_clip(listening, three_calls, windows=3)
    await listening.run_due()
    answered = await list_answers(listening)
    assert len(answered) == (failing if failure == "a rate limit" else 2)
    asked = len(wit.heard)
    listening.clock.advance(3600)
    await listening.run_due()
    assert len(wit.heard) - asked == 3 - len(answered)
    assert await hearings_of(listening, clip) == [Hearing.HEARD] * 3
    assert await list_answers(listening) == []


async def test_hear_asks_about_the_rest_only_when_it_was_killed_after_some_answers(
    listening: House, wit: FakeWit, three_calls: bytes
) -> None:
    """Answers are kept as they come: a run that never got to its end has not been in vain."""
    clip = await add_seen_clip(listening, three_calls, windows=3)
    with pytest.raises(LeaseLost):  # as if somebody else held the job since: nothing is filed
        await hear(listening.services, Claim("0" * 32, "lost", "hear", clip.id, 1, 8))
    assert (len(wit.heard), len(await list_answers(listening))) == (3, 3)
    assert await hearings_of(listening, clip) == []
    await listening.run_due()
    assert len(wit.heard) == 3
    assert await hearings_of(listening, clip) == [Hearing.HEARD] * 3


async def test_hear_keeps_no_words_in_clear_while_it_waits(listening: House, wit: FakeWit, three_calls: bytes) -> None:
    listening.services.recognition.keep_transcripts = False
    wit.script(ANSWER, ANSWER, FAILURES["a proxy's page"])
    await add_seen_clip(listening, three_calls, windows=3)
    await listening.run_due()
    answers = await list_answers(listening)
    assert len(answers) == 2
    assert all("police" not in answer.answer for answer in answers)


async def test_hear_asks_again_about_everything_when_the_secret_key_was_replaced_or_the_phrases_were(
    listening: House, wit: FakeWit, three_calls: bytes
) -> None:
    wit.script(ANSWER, ANSWER, FAILURES["a proxy's page"], ANSWER, ANSWER, FAILURES["a proxy's page"])
    await add_seen_clip(listening, three_calls, windows=3)
    await listening.run_due()
    box = SecretBox([Fernet.generate_key().decode()])
    moved = replace(listening, services=replace(listening.services, box=box))
    listening.clock.advance(3600)
    await moved.run_due()
    assert len(wit.heard) == 6
    await listening.add_rule(SpeechCondition(("call the police",)))
    listening.clock.advance(3600)
    await moved.run_due()
    assert len(wit.heard) == 9


async def test_hear_forgets_its_answers_when_the_clip_is_deleted(
    listening: House, wit: FakeWit, three_calls: bytes
) -> None:
    wit.script(ANSWER, ANSWER, FAILURES["a proxy's page"])
    clip = await add_seen_clip(listening, three_calls, windows=3)
    await listening.run_due()
    await delete_clip(listening.services, clip.id)
    assert await list_answers(listening) == []


async def test_hear_is_not_given_up_when_the_recogniser_is_down_for_an_hour(
    listening: House, wit: FakeWit, spoken_clip: bytes
) -> None:
    wit.reply = FAILURES["a proxy's page"]
    clip = await add_seen_clip(listening, spoken_clip)
    for _ in range(9):
        await listening.run_due()
        listening.clock.advance(900)
    wit.reply = ANSWER
    await listening.run_due()
    assert await hearings_of(listening, clip) == [Hearing.HEARD]
