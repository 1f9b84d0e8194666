import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.api.redaction import Login, complete_source, redact_source, restore_source
from instantreact.errors import InvalidInput
from instantreact.media.source import parse_source

PASSWORDS = st.text(st.characters(exclude_categories=("Z", "C")), min_size=1, max_size=20)


@given(user=PASSWORDS, password=PASSWORDS)
def test_restore_source_keeps_the_stored_one_when_given_what_is_shown(user: str, password: str) -> None:
    stored = f"rtsp://{user}:{password}@10.0.0.2/{user}/{password}/stream1?sid={password}"

    assert restore_source(redact_source(stored), stored) == stored


def test_restore_source_takes_another_address_as_it_is() -> None:
    assert restore_source("rtsp://a:b@10.0.0.3/s", "rtsp://c:d@10.0.0.2/s") == "rtsp://a:b@10.0.0.3/s"


def test_restore_source_refuses_hidden_credentials_for_another_address() -> None:
    with pytest.raises(InvalidInput, match="write it in full"):
        restore_source("rtsp://***@10.0.0.3/s", "rtsp://c:d@10.0.0.2/s")


def test_restore_source_refuses_a_hidden_path_that_was_changed_by_hand() -> None:
    stored = "rtsp://10.0.0.2/c/d/stream1"

    with pytest.raises(InvalidInput, match="write it in full"):
        restore_source("rtsp://10.0.0.2/***/***/stream2", stored)


ANY = st.characters(exclude_categories=("Cc", "Cs"))
ODD = st.text(st.sampled_from('@:/.%#?*[]&= "\\') | ANY, max_size=24)
PLAIN = "rtsp://10.0.0.2/stream1?channel=1#udp"
STORED = "rtsp://anna:0ld@10.0.0.2/stream1?channel=1#udp"


@given(username=ODD.filter(bool), password=ODD)
def test_complete_source_keeps_a_user_name_and_a_password_of_any_letters(username: str, password: str) -> None:
    login = Login(username, password)
    for given_source, stored in [(PLAIN, ""), (PLAIN, STORED), (STORED, ""), (redact_source(STORED), STORED)]:
        written = complete_source(given_source, login, stored)
        source = parse_source(written)
        assert (source.username, source.password) == (username, password)
        assert (source.host, source.path, source.option) == ("10.0.0.2", "/stream1?channel=1", "udp")
        assert redact_source(written) == "rtsp://***@10.0.0.2/stream1?channel=1#udp"
        assert complete_source(redact_source(written), Login(), written) == written


@pytest.mark.parametrize(
    ("given_source", "login", "stored", "kept"),
    [
        (PLAIN, Login("anna"), "", ("anna", None)),
        ("rtsp://anna:n3w@10.0.0.2/s", Login("anna"), "", ("anna", "n3w")),
        (PLAIN, Login("anna"), STORED, ("anna", "0ld")),
        (PLAIN, Login("anna", ""), STORED, ("anna", "")),
        (PLAIN, Login(password="n3w"), STORED, ("anna", "n3w")),
        (redact_source(STORED), Login(password="n3w"), STORED, ("anna", "n3w")),
        (redact_source(STORED), Login("anna"), STORED, ("anna", "0ld")),
        ("rtsp://***@10.0.0.9/s", Login("bert", "n3w"), STORED, ("bert", "n3w")),
        (PLAIN, Login("bert"), PLAIN, ("bert", None)),
    ],
)
def test_complete_source_takes_from_the_stored_one_what_was_not_said(
    given_source: str, login: Login, stored: str, kept: tuple[str, str | None]
) -> None:
    source = parse_source(complete_source(given_source, login, stored))
    assert (source.username, source.password) == kept


@pytest.mark.parametrize(
    ("given_source", "login", "stored", "words"),
    [
        ("rtsp://10.0.0.9/stream1", Login("anna"), STORED, "the password, too"),
        ("rtsp://10.0.0.2:8554/stream1?channel=1", Login("anna"), STORED, "the password, too"),
        (PLAIN, Login("bert"), STORED, "the password, too"),
        (redact_source(STORED), Login("bert"), STORED, "the password, too"),
        ("rtsp://anna:n3w@10.0.0.2/s", Login("bert"), "", "the password, too"),
        ("rtsp://10.0.0.9/s", Login(password="n3w"), STORED, "user name"),
        (PLAIN, Login(password="n3w"), "", "user name"),
        ("rtsp://***@10.0.0.9/s", Login(password="n3w"), STORED, "in full"),
        ("rtsp://anna:***@10.0.0.9/s", Login("anna"), STORED, "in full"),
        ("rtsp://10.0.0.9/***", Login("anna", "n3w"), STORED, "in full"),
        ("device:0", Login("anna", "n3w"), "", "no user name"),
        ("push:", Login("anna"), STORED, "no user name"),
    ],
)
def test_complete_source_sends_no_password_to_another_address_or_as_another_user(
    given_source: str, login: Login, stored: str, words: str
) -> None:
    with pytest.raises(InvalidInput, match=words) as refused:
        complete_source(given_source, login, stored)
    assert "0ld" not in str(refused.value)
    assert "n3w" not in str(refused.value)
