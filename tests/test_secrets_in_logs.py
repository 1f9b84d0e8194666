"""Real secrets, wherever they may turn up on their way into the log: none of them arrives."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from instantreact.logs import configure_logs, redact
from tests.conftest import log_plainly

SECRET = "EAAGm0PX4ZCpsBAJ7kq"

HEADERS = [
    f"X-API-Key: {SECRET}",
    f"{{'host': 'x', 'X-API-Key': '{SECRET}'}}",
    f"[(b'host', b'x'), (b'x-api-key', b'{SECRET}')]",
    f'"Authorization": "Basic {SECRET}"',
    f"Authorization: Basic {SECRET}",
    f'Authorization: Digest username="admin", response="{SECRET}"',
    f"proxy-authorization={SECRET}",
    f"Cookie: theme=dark; session={SECRET}",
    f"Set-Cookie: sid={SECRET}; Path=/",
    f"X-Hub-Signature-256: sha256={SECRET}",
    f"X-Telegram-Bot-Api-Secret-Token: {SECRET}",
]
ADDRESSES = [
    f"https://graph.facebook.com/v25.0/me?access_token={SECRET}",
    f"https://api.telegram.org/bot123:{SECRET}/sendMessage",
    f"postgresql+asyncpg://app:{SECRET}@db/instantreact",
    f"amqps://guest:{SECRET}@broker/vhost",
    f"GET /cameras/1/push?key={SECRET} HTTP/1.1",
]
FFMPEG = [
    f"[rtsp @ 0x55d0] method DESCRIBE failed: 401 Unauthorized rtsp://admin:{SECRET}@10.0.0.2:554/h264",
    f"[tcp @ 0x55d0] Failed to resolve hostname admin:{SECRET}@10.0.0.2: Name or service not known",
    f"rtsp://10.0.0.2/user=admin_password={SECRET}_channel=1_stream=0.sdp?real_stream: Server returned 404",
    f"Error opening input file http://10.0.0.2/video.cgi?user=admin&pwd={SECRET}.",
    f"[http @ 0x7f] header: Authorization: Basic {SECRET}",
]
VALUES = [
    f'{{"access_token": "{SECRET}", "ttl": 5}}',
    f"password={SECRET}",
    f"api_key='{SECRET}', limit=5",
    f"page-token: {SECRET}",
    f"MESSENGER_APP_SECRET = {SECRET}",
    f"Settings(secret=b'{SECRET}')",
]


@pytest.mark.parametrize("text", HEADERS + ADDRESSES + FFMPEG + VALUES)
def test_redact_hides_secrets_as_they_are_written_in_the_field(text: str) -> None:
    assert SECRET not in redact(text)
    assert SECRET not in redact(f"it failed ({text})")


@pytest.mark.parametrize(
    "text",
    [
        "The token is refused: ask for another.",
        "the password, which was changed, is wrong",
        "INSTANTREACT_WIT_TOKEN: it is no setting",
        "job.deferred kind=deliver wait_s=2.0",
        "12:30:45 clip.analyzed",
    ],
)
def test_redact_leaves_words_about_secrets_alone(text: str) -> None:
    assert redact(text) == text


@pytest.fixture
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What other tests find of the loggers is as it was."""
    for name in ("root", "httpx", "taskiq"):
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    yield
    log_plainly()


@pytest.mark.usefixtures("as_before")
@pytest.mark.parametrize("as_json", [False, True])
def test_tracebacks_hide_secrets_and_tell_no_local_variables(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(text: str) -> None:
        hidden_local = "LOCAL" + "VARIABLE"
        raise ValueError(f"{text}{hidden_local[:0]}")

    configure_logs(json=as_json)
    log, texts = structlog.get_logger(), HEADERS + FFMPEG
    for text in texts:
        try:
            try:
                fail(text)
            except ValueError as error:
                raise RuntimeError(f"while it was tried: {error}") from error
        except RuntimeError as error:
            log.exception("it.failed", headers=[text], why={"stderr": text.encode()}, error=error)
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application: %s", text)
    said = capsys.readouterr().err
    assert said.count("RuntimeError") >= 2 * len(texts)
    assert SECRET not in said
    assert "LOCALVARIABLE" not in said
    if as_json:
        assert json.loads(said.splitlines()[0])["event"] == "it.failed"


def test_log_of_a_camera_that_refuses_us_does_not_hold_its_password(tmp_path: Path) -> None:
    """FFmpeg itself says what it was given."""
    address = f"rtsp://admin:{SECRET}@127.0.0.1:9/live?pwd={SECRET}"
    said = subprocess.run(["ffmpeg", "-hide_banner", "-i", address], capture_output=True, text=True, timeout=60).stderr
    assert SECRET in said
    program = "import sys; from instantreact.logs import *; configure_logs(json=True); " + (
        "get_logger('x').warning('camera.lost', stderr=sys.stdin.read())"
    )
    ran = subprocess.run([sys.executable, "-c", program], input=said, capture_output=True, text=True, timeout=60)
    assert "camera.lost" in ran.stderr
    assert SECRET not in ran.stderr
