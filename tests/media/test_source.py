"""Sources as people type them."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.addresses import Login, split_login
from instantreact.errors import InvalidInput
from instantreact.media.source import Scheme, Source, describe_source, parse_source

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="\x7f"), min_size=1)
RAW_SECRETS = st.text(st.sampled_from("aZ9@:/.#?!&=+ é"), min_size=1).map(str.strip).filter(bool)
HOSTS = st.sampled_from(["192.168.1.20", "camera.local", "fe80::1", "::1", "cam_1"])


@given(SECRETS, SECRETS, HOSTS, st.integers(1, 65_535), st.sampled_from(["", "/stream1", "/a/b?channel=1&sub=2"]))
def test_parse_source_reads_what_is_escaped(username: str, password: str, host: str, port: int, path: str) -> None:
    literal = f"[{host}]" if ":" in host else host
    address = f"rtsp://{quote(username, safe='')}:{quote(password, safe='')}@{literal}:{port}{path}"
    assert parse_source(address) == Source(Scheme.RTSP, path, host, port, Login(username, password))
    assert split_login(address) == (f"rtsp://{literal}:{port}{path}", Login(username, password))


@given(RAW_SECRETS.filter(lambda name: ":" not in name), RAW_SECRETS)
def test_parse_source_takes_user_and_password_raw_when_typed_raw(username: str, password: str) -> None:
    source = parse_source(f"rtsp://{username}:{password}@192.168.1.20:8554/stream1")
    assert source.login == Login(username, password)
    assert (source.host, source.port, source.path) == ("192.168.1.20", 8554, "/stream1")


@given(SECRETS.filter(lambda secret: len(secret) > 3), SECRETS.filter(lambda secret: len(secret) > 3))
def test_describe_source_names_neither_user_nor_password(username: str, password: str) -> None:
    source = Source(Scheme.HTTP, "/v?user=x", "cam", 80, Login(f"<{username}>", f"<{password}>"))
    for told in (describe_source(source), repr(source), f"{source}"):
        assert username not in told
        assert password not in told


def test_describe_source_hides_what_may_be_a_secret() -> None:
    told = describe_source(parse_source("http://10.0.0.5:8080/video?user=admin&pwd=geheim"))
    assert told == "http://10.0.0.5:8080/video?user=***&pwd=***"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rtsp://10.0.0.5/s", Source(Scheme.RTSP, "/s", host="10.0.0.5", port=554)),
        ("rtsp://10.0.0.5/s#udp", Source(Scheme.RTSP, "/s", host="10.0.0.5", port=554, option="udp")),
        ("RTSP://Cam.Local", Source(Scheme.RTSP, host="cam.local", port=554)),
        ("http://a@[::1]:81/x", Source(Scheme.HTTP, "/x", host="::1", port=81, login=Login("a"))),
        ("https://cam/mail%40x", Source(Scheme.HTTPS, "/mail%40x", host="cam", port=443)),
        ("device:0", Source(Scheme.DEVICE, "0")),
        ("file:/videos/a b.mp4#loop", Source(Scheme.FILE, "/videos/a b.mp4", option="loop")),
        ("file:///videos/a%20b.mp4", Source(Scheme.FILE, "/videos/a b.mp4")),
        ("push:", Source(Scheme.PUSH)),
    ],
)
def test_parse_source_reads_each_kind(text: str, expected: Source) -> None:
    assert parse_source(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "ftp://secret@host/x", "concat:secret", "secret", "rtsp:secret", "rtsp://secret@/x", "rtsp://secret@h:99999/x",
        "rtsp://secret@h:0/x", "http://secret@h/x#udp", "device:/dev/secret", "file:secret/../x", "rtsp://secret@h/\na",
        "file:/secret#udp",
    ],
)  # fmt: skip
def test_parse_source_refuses_without_repeating_what_may_be_a_password(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_source(text)
    assert "secret" not in str(refused.value)
