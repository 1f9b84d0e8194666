"""A model suggests captions over HTTP: what is believed, what is waited for, and when it is left alone."""

from collections.abc import AsyncIterator, Iterator

import pytest

from instantreact.jobs.retry import Backoff
from instantreact.labelling.folder import LabelFolder
from instantreact.labelling.suggest import SuggestOptions, SuggestReport, list_undescribed, suggest
from instantreact.vision.captions import VisionAnnotator, tidy_caption
from instantreact.vision.endpoint import VisionAccount, VisionEndpoint, read_wait
from tests.servers.vision import API_KEY, MODEL, FakeVision, Reply, caption

A_WALK, A_MAN = "A man walks through a room.", "somebody crosses the hall"
OPTIONS = SuggestOptions(MODEL, count=2, at_once=1, tries=3, backoff=Backoff(0.001, 0.001))


@pytest.fixture
def vision() -> Iterator[FakeVision]:
    with FakeVision() as vision:
        yield vision


@pytest.fixture
async def endpoint(vision: FakeVision) -> AsyncIterator[VisionEndpoint]:
    endpoint = VisionEndpoint(VisionAccount(vision.url, MODEL, API_KEY))
    yield endpoint
    await endpoint.close()


async def run(folder: LabelFolder, endpoint: VisionEndpoint, *, timeout_s: float = 5.0) -> SuggestReport:
    waiting = list_undescribed(folder, MODEL)
    return await suggest(folder, VisionAnnotator(endpoint, timeout_s=timeout_s), waiting, OPTIONS)


async def test_suggestions_survive_an_endpoint_that_fails_and_are_gone_on_with(
    vision: FakeVision, endpoint: VisionEndpoint, collected: LabelFolder
) -> None:
    good = Reply(f"<think>hm</think>Here you are: {caption(A_WALK, A_MAN, 'no')}")
    vision.script(Reply(status=429, retry_after="0"), Reply(breaks_off=True), good)
    vision.script(
        Reply("I am sorry, Dave."),
        Reply(caption("I'm sorry, I can't help")),
        Reply(caption("see http://evil.example now")),
    )
    vision.script(Reply(status=503), good)
    report = await run(collected, endpoint)
    first, second, third = collected.read().values()
    assert (report.described, list(report.failed), report.stopped) == (2, [second.entry.clip], None)
    assert [each.text for each in first.captions] == ["a man walks through a room", A_MAN]
    assert {each.annotator for each in third.captions} == {MODEL}
    assert not first.checked
    assert vision.asked[0].fields == {"model", "messages", "response_format", "max_tokens"}
    assert "normal" not in vision.asked[0].text + vision.asked[0].system

    vision.reply = good
    again = await run(collected, endpoint)
    assert (again.described, len(vision.refused)) == (1, 0)
    assert list_undescribed(collected, MODEL) == []
    assert len(list_undescribed(collected, "another")) == 3


async def test_endpoint_that_refuses_the_key_or_hangs_is_not_asked_on(
    vision: FakeVision, collected: LabelFolder
) -> None:
    stranger = VisionEndpoint(VisionAccount(vision.url, MODEL, "sk-wrong"))
    report = await run(collected, stranger)
    await stranger.close()
    assert vision.requests == 1
    assert report.stopped is not None
    assert "sk-wrong" not in report.stopped
    vision.requests = 0
    endpoint = VisionEndpoint(VisionAccount(vision.url, MODEL, API_KEY))
    vision.reply = Reply(status=429, retry_after="3600")
    report = await run(collected, endpoint)
    await endpoint.close()
    assert (vision.requests, len(report.failed)) == (3, 3)


async def test_plain_endpoint_is_asked_plainly(
    vision: FakeVision, endpoint: VisionEndpoint, collected: LabelFolder
) -> None:
    vision.knows, vision.reply = frozenset({"model", "messages"}), Reply(caption(A_WALK))
    assert (await run(collected, endpoint)).described == 3
    assert vision.requests == 4


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Two people fight.", "two people fight"),
        ("fight", None),
        ("What happens in the room?", None),
        ("The image shows a man in a room", None),
        ("As an AI language model I see a man", None),
        ("a man calls 555 123 4567 from a desk", None),
        ("word " * 40, None),
    ],
)
def test_caption_is_a_sentence_about_what_is_seen(text: str, kept: str | None) -> None:
    assert tidy_caption(text) == kept


def test_retry_after_is_a_number_or_a_moment() -> None:
    assert read_wait("7") == 7.0
    assert read_wait("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert read_wait("soon") is None
    assert read_wait(None) is None
