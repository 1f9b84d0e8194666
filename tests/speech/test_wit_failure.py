import pytest

from instantreact.speech.wit_failure import Remedy, classify


@pytest.mark.parametrize(
    ("status", "code", "remedy"),
    [
        (401, None, Remedy.DISABLE),
        (400, "no-auth", Remedy.DISABLE),
        (400, "no-meta-auth", Remedy.DISABLE),
        (400, "audio-too-long", Remedy.SPLIT),
        (400, "unsupported-content-type", Remedy.GIVE_UP),
        (400, "content-type", Remedy.GIVE_UP),
        (400, "no-body", Remedy.GIVE_UP),
        (400, "json-parse", Remedy.GIVE_UP),
        (400, "msg-invalid", Remedy.GIVE_UP),
        (404, "not-found", Remedy.GIVE_UP),
        (400, "bad-request", Remedy.RETRY_LATE),
        (400, "empty-transcription", Remedy.NONE),
        (200, "empty-transcription", Remedy.NONE),
        (400, "rate-limit", Remedy.BACK_OFF),
        (429, None, Remedy.BACK_OFF),
        (400, "timeout", Remedy.RETRY),
        (200, "wit", Remedy.RETRY),
        (408, None, Remedy.RETRY),
        (500, None, Remedy.RETRY),
        (502, None, Remedy.RETRY),
        (400, None, Remedy.RETRY),
        (200, "something-new", Remedy.RETRY),
        (403, "no-subscription", Remedy.GIVE_UP),
    ],
)
def test_classify_follows_the_contract(status: int, code: str | None, remedy: Remedy) -> None:
    assert classify(status, code, "words for people").remedy is remedy


@pytest.mark.parametrize("status", [400, 500])
def test_classify_backs_off_when_wit_has_been_notified(status: int) -> None:
    assert classify(status, "wit", "Something went wrong. We've been notified.").remedy is Remedy.BACK_OFF


def test_classify_keeps_wits_own_words() -> None:
    assert "Bad auth" in classify(400, "no-auth", "Bad auth, check token/params").message
