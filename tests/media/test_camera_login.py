"""Answers to a camera's challenge, by the examples of the specifications."""

from dataclasses import replace
from urllib.request import parse_http_list, parse_keqv_list

import pytest

from instantreact.addresses import NO_LOGIN, Login
from instantreact.media.camera_login import CameraLogin

MUFASA = Login("Mufasa", "Circle Of Life")
OLD = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e95"'


def fields_of(answer: str | None) -> dict[str, str]:
    assert answer is not None
    scheme, _, rest = answer.partition(" ")
    assert scheme == "Digest"
    return dict(parse_keqv_list(parse_http_list(rest)))


def test_login_answers_as_rfc_2617_shows_with_a_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("instantreact.media.camera_login.secrets.token_hex", lambda size: "0a4f113b")
    login = CameraLogin(MUFASA)
    assert login.take_challenge([f'{OLD}, qop="auth,auth-int"'])
    given = fields_of(login.answer("GET", "/dir/index.html"))
    assert given["response"] == "6629fae49393a05397450978507c4ef1"
    assert (given["nc"], given["qop"], given["opaque"]) == ("00000001", "auth", "5ccc069c403ebaf9f0171e95")
    assert fields_of(login.answer("GET", "/dir/index.html"))["nc"] == "00000002"


def test_login_answers_older_cameras_without_a_count() -> None:
    """RFC 2069, section 2.4, with the response of its erratum 749."""
    login = CameraLogin(replace(MUFASA, password="CircleOfLife"))
    assert login.take_challenge([OLD])
    given = fields_of(login.answer("GET", "/dir/index.html"))
    assert given["response"] == "1949323746fe6a43ef61f9606e7febea"
    assert "nc" not in given


def test_login_answers_sha_256_as_rfc_7616_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    own = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    monkeypatch.setattr("instantreact.media.camera_login.secrets.token_hex", lambda size: own)
    nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
    asked = f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="{nonce}"'
    login = CameraLogin(replace(MUFASA, password="Circle of Life"))
    assert login.take_challenge([asked])
    given = fields_of(login.answer("GET", "/dir/index.html"))
    assert given["response"] == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"


@pytest.mark.parametrize(
    "challenges",
    [
        ['Basic realm="cam"', 'Digest realm="cam", nonce="1"'],
        ['Basic realm="cam", Digest realm="cam", nonce="1"'],
        ['Digest realm="cam", nonce="9", algorithm=SHA-512-256', 'digest realm="cam", nonce="1"'],
    ],
)
def test_login_prefers_a_digest_it_knows(challenges: list[str]) -> None:
    login = CameraLogin(MUFASA)
    assert login.take_challenge(challenges)
    assert fields_of(login.answer("DESCRIBE", "rtsp://camera/s"))["nonce"] == "1"


def test_login_has_no_answer_to_what_it_does_not_know() -> None:
    login = CameraLogin(MUFASA)
    for challenges in ([], ["Negotiate"], ['Digest realm="cam", nonce="1", qop="auth-int"']):
        assert not login.take_challenge(challenges)
    assert login.answer("GET", "/") is None
    assert not CameraLogin(NO_LOGIN).take_challenge(['Basic realm="cam"'])


@pytest.mark.parametrize("challenge", ["Digest realm", "Digest realm=", "Digest =", "Digest ,,,", 'digest "', "Basic"])
def test_login_takes_no_harm_from_a_challenge_that_is_none(challenge: str) -> None:
    login = CameraLogin(MUFASA)
    login.take_challenge([challenge, 'Digest qop="auth'])
    assert login.take_challenge([challenge, 'Digest Realm=cam, =x, nonce="1"'])
    assert fields_of(login.answer("GET", "/"))["username"] == "Mufasa"


def test_login_does_not_put_a_colon_into_a_basic_user_name() -> None:
    login = CameraLogin(replace(MUFASA, username="Mu:fasa"))
    assert not login.take_challenge(['Basic realm="cam"'])
    assert login.take_challenge(['Basic realm="cam"', 'Digest realm="cam", nonce="1"'])


def test_login_escapes_what_would_end_its_quotes() -> None:
    login = CameraLogin(replace(MUFASA, username='a"b\\c'))
    assert login.take_challenge(['Digest realm="cam", nonce="1"'])
    assert fields_of(login.answer("GET", "/"))["username"] == 'a"b\\c'
