import io
import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from instantreact.logs import FloodFilter, Throttle, configure_logs, redact
from tests.conftest import log_plainly

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


def test_configured_logs_hide_secrets_however_deep_they_lie(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("root", "httpx", "taskiq"):  # what other tests find of them afterwards is as it was
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    configure_logs(json=True)
    address = "rtsp://u:s3cret@10.0.0.2/live/user=a&password=s3cret"
    try:
        structlog.get_logger().warning(
            f"of {address}",
            cameras=[{"source": address, "password": "s3cret"}],
            pair=(1, address),
            error=ValueError(f"cannot open {address}"),
            token="s3cret",
        )
    finally:
        log_plainly()
    said = capsys.readouterr().err
    assert "s3cret" not in said
    assert said.count("rtsp://***@10.0.0.2/live/***") == 4


def test_redact_leaves_plain_text_alone() -> None:
    assert redact("clip 3f0b was analyzed in 410 ms") == "clip 3f0b was analyzed in 410 ms"


def test_throttle_lets_a_kind_through_once_a_minute_and_counts_the_rest() -> None:
    now_s = [0.0]
    throttle = Throttle(monotonic=lambda: now_s[0])

    assert [throttle.admit("a") for _ in range(4)] == [0, None, None, None]
    assert throttle.admit("b") == 0
    now_s[0] = 61.0
    assert [throttle.admit("a"), throttle.admit("a"), throttle.admit("b")] == [3, None, 0]


@pytest.mark.parametrize(
    ("logger", "message", "lines"),
    [
        ("uvicorn.error", "Invalid HTTP request received.", 1),
        ("asyncio", "socket.accept() out of system resource\nsocket: <...>", 1),
        ("asyncio", "Task exception was never retrieved", 3),
        ("uvicorn.error", "Exception in ASGI application\n", 3),
    ],
)
def test_flood_of_what_strangers_cause_is_one_line(logger: str, message: str, lines: int) -> None:
    flooded, written = logging.Logger(logger), io.StringIO()
    flooded.addHandler(logging.StreamHandler(written))
    flooded.addFilter(FloodFilter())

    for _ in range(3):
        flooded.error(message)

    assert written.getvalue().count(message.splitlines()[0]) == lines


def test_lines_of_other_libraries_are_json_as_ours_are(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(json=True)
    try:
        logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)
        logging.getLogger("somebody").error("It failed", exc_info=ValueError("token=s3cret"))
    finally:
        log_plainly()
    started, failed = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (started["event"], started["level"]) == ("Started server process [7]", "info")
    assert started["logger_name"] == "uvicorn.error"
    assert "ValueError" in failed["exception"]
    assert "s3cret" not in str(failed)
