import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.addresses import NO_LOGIN, Login, split_login
from instantreact.api.redaction import complete_source, redact_source
from instantreact.errors import InvalidInput
from instantreact.media.source import parse_source

PASSWORDS = st.text(st.characters(exclude_categories=("Z", "C")), min_size=1, max_size=20)
Stored = tuple[str, Login]


@given(user=PASSWORDS, password=PASSWORDS)
def test_complete_source_keeps_the_stored_one_when_given_what_is_shown(user: str, password: str) -> None:
    stored = f"rtsp://10.0.0.2/{user}/{password}/stream1?sid={password}", Login(user, password)

    assert complete_source(redact_source(*stored), NO_LOGIN, stored) == stored


def test_complete_source_takes_another_address_as_it_is() -> None:
    written = complete_source("rtsp://a:b@10.0.0.3/s", NO_LOGIN, ("rtsp://10.0.0.2/s", Login("c", "d")))

    assert written == ("rtsp://10.0.0.3/s", Login("a", "b"))


@pytest.mark.parametrize(
    ("given_source", "stored"),
    [
        ("rtsp://***@10.0.0.3/s", ("rtsp://10.0.0.2/s", Login("c", "d"))),
        ("rtsp://10.0.0.2/***/***/stream2", ("rtsp://10.0.0.2/c/d/stream1", NO_LOGIN)),
    ],
)
def test_complete_source_refuses_what_is_hidden_of_another_address(given_source: str, stored: Stored) -> None:
    with pytest.raises(InvalidInput, match="write it in full"):
        complete_source(given_source, NO_LOGIN, stored)


ANY = st.characters(exclude_categories=("Cc", "Cs"))
ODD = st.text(st.sampled_from('@:/.%#?*[]&= "\\') | ANY, max_size=24)
PLAIN = "rtsp://10.0.0.2/stream1?channel=1#udp"
WHOLE = "rtsp://anna:0ld@10.0.0.2/stream1?channel=1#udp"
STORED = split_login(WHOLE)
SHOWN = redact_source(*STORED)


@given(username=ODD.filter(bool), password=ODD)
def test_complete_source_keeps_a_user_name_and_a_password_of_any_letters(username: str, password: str) -> None:
    login = Login(username, password)
    for given_source, stored in [(PLAIN, None), (PLAIN, STORED), (WHOLE, None), (SHOWN, STORED)]:
        written = complete_source(given_source, login, stored)
        source = parse_source(written[0])
        assert (written[1], source.login) == (login, NO_LOGIN)
        assert (source.host, source.path, source.option) == ("10.0.0.2", "/stream1?channel=1", "udp")
        assert redact_source(*written) == SHOWN == "rtsp://***@10.0.0.2/stream1?channel=1#udp"
        assert complete_source(redact_source(*written), NO_LOGIN, written) == written


@pytest.mark.parametrize(
    ("given_source", "login", "stored", "kept"),
    [
        (PLAIN, Login("anna"), None, ("anna", None)),
        ("rtsp://anna:n3w@10.0.0.2/s", Login("anna"), None, ("anna", "n3w")),
        (PLAIN, Login("anna"), STORED, ("anna", "0ld")),
        (PLAIN, Login("anna", ""), STORED, ("anna", "")),
        (PLAIN, Login(password="n3w"), STORED, ("anna", "n3w")),
        (SHOWN, Login(password="n3w"), STORED, ("anna", "n3w")),
        (SHOWN, Login("anna"), STORED, ("anna", "0ld")),
        ("rtsp://***@10.0.0.9/s", Login("bert", "n3w"), STORED, ("bert", "n3w")),
        (PLAIN, Login("bert"), split_login(PLAIN), ("bert", None)),
    ],
)
def test_complete_source_takes_from_the_stored_one_what_was_not_said(
    given_source: str, login: Login, stored: Stored | None, kept: tuple[str, str | None]
) -> None:
    assert complete_source(given_source, login, stored)[1] == Login(*kept)


@pytest.mark.parametrize(
    ("given_source", "login", "stored", "words"),
    [
        ("rtsp://10.0.0.9/stream1", Login("anna"), STORED, "the password, too"),
        ("rtsp://10.0.0.2:8554/stream1?channel=1", Login("anna"), STORED, "the password, too"),
        (PLAIN, Login("bert"), STORED, "the password, too"),
        (SHOWN, Login("bert"), STORED, "the password, too"),
        ("rtsp://anna:n3w@10.0.0.2/s", Login("bert"), None, "the password, too"),
        ("rtsp://10.0.0.9/s", Login(password="n3w"), STORED, "user name"),
        (PLAIN, Login(password="n3w"), None, "user name"),
        ("rtsp://***@10.0.0.9/s", Login(password="n3w"), STORED, "in full"),
        ("rtsp://anna:***@10.0.0.9/s", Login("anna"), STORED, "in full"),
        ("rtsp://10.0.0.9/***", Login("anna", "n3w"), STORED, "in full"),
        ("device:0", Login("anna", "n3w"), None, "no user name"),
        ("push:", Login("anna"), STORED, "no user name"),
    ],
)
def test_complete_source_sends_no_password_to_another_address_or_as_another_user(
    given_source: str, login: Login, stored: Stored | None, words: str
) -> None:
    with pytest.raises(InvalidInput, match=words) as refused:
        complete_source(given_source, login, stored)
    assert "0ld" not in str(refused.value)
    assert "n3w" not in str(refused.value)
