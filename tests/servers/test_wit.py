import io
import json
import subprocess
import sys
import wave
from collections.abc import Iterator

import httpx
import pytest

from tests.servers.wit import FakeWit
from tests.servers.wit_reply import Reply

RAW = "audio/raw;encoding=signed-integer;bits=16;rate=16000;endian=little"


@pytest.fixture
def wit() -> Iterator[FakeWit]:
    with FakeWit(reply=Reply("help me please")) as server:
        yield server


def make_wav(duration_s: float = 1.0, *, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((channels, 2, 16_000, 0, "NONE", ""))
        writer.writeframes(bytes(round(duration_s * 16_000) * 2 * channels))
    return file.getvalue()


def ask(wit: FakeWit, body: bytes, content_type: str = "audio/wav", *, path: str = "/speech") -> httpx.Response:
    headers = {"Authorization": f"Bearer {wit.token}", "Content-Type": content_type}
    return httpx.post(wit.url + path, params={"v": "20240304"}, content=body, headers=headers)


def read_codes(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def read_types(answer: httpx.Response) -> list[str]:
    return [json.loads(line)["type"] for line in answer.text.split("\r\n") if line]


def test_fake_wit_streams_partials_then_finals_separated_by_crlf(wit: FakeWit) -> None:
    answer = ask(wit, make_wav())
    assert answer.headers["transfer-encoding"] == "chunked"
    assert read_types(answer) == [
        "PARTIAL_TRANSCRIPTION",
        "PARTIAL_TRANSCRIPTION",
        "FINAL_TRANSCRIPTION",
        "PARTIAL_UNDERSTANDING",
        "FINAL_UNDERSTANDING",
    ]


def test_fake_wit_dictates_one_final_a_sentence(wit: FakeWit) -> None:
    wit.script(Reply("give back my money. I call the police"))
    assert read_types(ask(wit, make_wav(), path="/dictation")).count("FINAL_TRANSCRIPTION") == 2


@pytest.mark.parametrize("authorization", ["", "Bearer WRONG", "Basic abc"])
def test_fake_wit_refuses_a_wrong_bearer(wit: FakeWit, authorization: str) -> None:
    answer = httpx.post(f"{wit.url}/speech?v=20240304", headers={"Authorization": authorization})
    assert read_codes(answer) == (400, "no-auth")


@pytest.mark.parametrize("query", ["", "?v=latest"])
def test_fake_wit_refuses_a_request_without_a_version(wit: FakeWit, query: str) -> None:
    answer = httpx.post(f"{wit.url}/speech{query}", headers={"Authorization": f"Bearer {wit.token}"})
    assert read_codes(answer) == (400, "bad-request")


@pytest.mark.parametrize(
    "content_type",
    [
        RAW,
        "audio/raw;bits=16;rate=16k;encoding=signed-integer;endian=little",
        "audio/mpeg3",
        "audio/ogg",
        "audio/ulaw",
    ],
)
def test_fake_wit_takes_every_kind_of_sound_in_the_contract(wit: FakeWit, content_type: str) -> None:
    assert ask(wit, bytes(32_000), content_type).status_code == 200


@pytest.mark.parametrize(
    ("content_type", "code"),
    [
        ("", "content-type"),
        ("video/mp4", "unsupported-content-type"),
        ("audio/raw", "content-type"),
        (RAW.replace(";endian=little", ""), "content-type"),
        (RAW.replace("=16;", "=12;"), "content-type"),
        (RAW.replace("signed-integer", "opus"), "content-type"),
        (RAW.replace("16000", "fast"), "content-type"),
        (RAW.replace("little", "middle"), "content-type"),
    ],
)
def test_fake_wit_refuses_other_kinds_of_sound(wit: FakeWit, content_type: str, code: str) -> None:
    assert read_codes(ask(wit, b"abcd", content_type)) == (400, code)


@pytest.mark.parametrize(
    ("body", "code"), [(b"", "no-body"), (b"no wave file", "bad-request"), (make_wav(channels=2), "bad-request")]
)
def test_fake_wit_refuses_a_body_that_is_no_mono_wav(wit: FakeWit, body: bytes, code: str) -> None:
    assert read_codes(ask(wit, body)) == (400, code)


def test_fake_wit_refuses_more_than_20_s_of_speech_but_dictates_them(wit: FakeWit) -> None:
    assert read_codes(ask(wit, make_wav(20.5))) == (400, "audio-too-long")
    assert ask(wit, make_wav(20.5), path="/dictation").status_code == 200
    assert read_codes(ask(wit, make_wav(301.0), path="/dictation")) == (400, "audio-too-long")


@pytest.mark.parametrize(("length", "status"), [(0, 400), (1, 200), (280, 200), (281, 400)])
def test_fake_wit_understands_a_message_of_1_to_280_characters(wit: FakeWit, length: int, status: int) -> None:
    headers = {"Authorization": f"Bearer {wit.token}"}
    answer = httpx.get(f"{wit.url}/message", params={"v": "20240304", "q": "x" * length}, headers=headers)
    assert answer.status_code == status


def test_fake_wit_runs_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "tests.servers.wit", "--text", "help me", "--token", "T"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        headers = {"Authorization": "Bearer T", "Content-Type": "audio/wav"}
        answer = httpx.post(f"{url}/speech?v=20240304", content=make_wav(), headers=headers)
        process.terminate()
    assert json.loads(answer.text.split("\r\n")[-2])["text"] == "help me"
