import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.api.redaction import redact_source, restore_source
from instantreact.errors import InvalidInput


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("rtsp://admin:p@ss:w/rd.@10.0.0.2:554/stream1", "rtsp://***@10.0.0.2:554/stream1"),
        ("rtsp://10.0.0.2/stream1", "rtsp://10.0.0.2/stream1"),
        ("http://10.0.0.2/video.cgi?user=admin&pwd=secret&fps=5", "http://10.0.0.2/video.cgi?user=***&pwd=***&fps=5"),
        ("http://10.0.0.2/v?loginuse=admin&loginpas=secret", "http://10.0.0.2/v?loginuse=***&loginpas=***"),
        ("http://10.0.0.2/v?access_token=abc", "http://10.0.0.2/v?access_token=***"),
        ("rtsp://10.0.0.2/user=admin_password=tlJw_pbo6_channel=1_stream=0.sdp", "rtsp://10.0.0.2/user=***"),
        ("http://10.0.0.2/v?u=admin&p=secret&up=1", "http://10.0.0.2/v?u=***&p=***&up=1"),
        ("device:0", "device:0"),
        ("file:/clips/a.mp4", "file:/clips/a.mp4"),
    ],
)
def test_redact_source_hides_who_may_watch_and_nothing_else(source: str, shown: str) -> None:
    assert redact_source(source) == shown


PASSWORDS = st.text(st.characters(exclude_categories=("Z", "C")), min_size=1, max_size=20)


@given(user=PASSWORDS, password=PASSWORDS)
def test_restore_source_keeps_the_stored_one_when_given_what_is_shown(user: str, password: str) -> None:
    stored = f"rtsp://{user}:{password}@10.0.0.2/stream1"

    assert restore_source(redact_source(stored), stored) == stored


def test_restore_source_takes_another_address_as_it_is() -> None:
    assert restore_source("rtsp://a:b@10.0.0.3/s", "rtsp://c:d@10.0.0.2/s") == "rtsp://a:b@10.0.0.3/s"


def test_restore_source_refuses_hidden_credentials_for_another_address() -> None:
    with pytest.raises(InvalidInput, match="write it in full"):
        restore_source("rtsp://***@10.0.0.3/s", "rtsp://c:d@10.0.0.2/s")
