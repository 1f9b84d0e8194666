import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.logs import redact

PASSWORDS = st.text(st.characters(blacklist_categories=("Cs", "Zs", "Zl", "Zp", "Cc")), min_size=4).filter(
    lambda text: not text.isspace()
)


@given(PASSWORDS)
def test_redact_hides_the_password_of_an_address_whatever_is_in_it(password: str) -> None:
    shown = redact(f"cannot open rtsp://admin:{password}@192.168.1.20/stream1")
    assert shown == "cannot open rtsp://***@192.168.1.20/stream1"


@pytest.mark.parametrize(
    "text",
    [
        "POST https://graph.facebook.com/v25.0/1/messages?access_token=s3cret&appsecret_proof=s3cret",
        "Authorization: Bearer s3cret",
        "http://camera/video.cgi?user=s3cret&pwd=s3cret",
        "/webhooks/messenger?hub.mode=subscribe&hub.verify_token=s3cret",
    ],
)
def test_redact_hides_tokens_and_credentials(text: str) -> None:
    assert "s3cret" not in redact(text)


def test_redact_leaves_plain_text_alone() -> None:
    assert redact("clip 3f0b was analyzed in 410 ms") == "clip 3f0b was analyzed in 410 ms"
