"""Settings as an operator gives them: mistyped, in files, twice."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from instantreact.cli.app import app
from instantreact.cli.settings import read_settings, unknown_settings
from instantreact.config import Settings, file_variable_of, is_secret, variable_of
from instantreact.errors import Misconfigured
from tests.conftest import REPOSITORY

SECRETS = [name for name, field in Settings.model_fields.items() if is_secret(field)]
VALUES = {"heartbeat_url": "https://hc-ping.com/s3cret", "broker_url": "amqp://user:s3cret@host/"}


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Without a `.env`, and with nothing set."""
    monkeypatch.chdir(tmp_path)
    for name in (*map(variable_of, Settings.model_fields), "INSTANTREACT_DATA"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_settings_command_prints_the_reference_that_the_documents_hold() -> None:
    """`make settings` writes it."""
    assert CliRunner().invoke(app, ["settings"]).stdout == (REPOSITORY / "docs" / "settings.md").read_text()


@pytest.mark.parametrize(
    ("mistyped", "meant"),
    [
        ("INSTANTREACT_MAX_UPLOAD", "INSTANTREACT_MAX_UPLOAD_MB"),
        ("INSTANTREACT_TELEGRAM_TOKEN_FIEL", "INSTANTREACT_TELEGRAM_TOKEN_FILE"),
        ("instantreact_hots", "INSTANTREACT_HOST"),
        ("INSTANTREACT_PORT_FILE", "INSTANTREACT_PORT"),  # is no secret
    ],
)
def test_setting_that_is_none_is_refused_with_the_nearest(
    mistyped: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(mistyped, "1")
    with pytest.raises(Misconfigured, match=f"{mistyped.upper()} is no setting: did you mean {meant}\\?"):
        read_settings()


def test_setting_that_is_like_none_is_refused_and_told_where_they_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTANTREACT_QQQQ", "1")
    with pytest.raises(Misconfigured, match="`instantreact settings` lists them all"):
        read_settings()


@pytest.mark.parametrize("command", ["serve", "api", "worker", "relay", "ingest", "migrate"])
def test_no_command_starts_with_a_mistyped_setting_of_the_env_file(command: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("INSTANTREACT_FORBID_PRIVATE_HOST=true\nOTHERS_SETTING=1\n")
    ran = CliRunner().invoke(app, [command])
    assert isinstance(ran.exception, Misconfigured)
    assert "did you mean INSTANTREACT_FORBID_PRIVATE_HOSTS?" in str(ran.exception)
    assert "OTHERS_SETTING" not in str(ran.exception)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INSTANTREACT_SERVICE_HOST", "10.0.0.1"),
        ("INSTANTREACT_DB_SERVICE_PORT_POSTGRES", "5432"),
        ("INSTANTREACT_DB_PORT_5432_TCP_ADDR", "10.0.0.1"),
        ("INSTANTREACT_DB_PORT", "tcp://10.0.0.1:5432"),
    ],
)
def test_what_kubernetes_says_of_a_service_with_our_name_is_no_setting_of_ours(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert unknown_settings() == {}


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_may_lie_in_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = VALUES.get(name, "s3cret")
    (tmp_path / "secret").write_text(f"{value}\n")
    monkeypatch.setenv(file_variable_of(name), str(tmp_path / "secret"))
    settings = read_settings()
    assert getattr(settings, name).get_secret_value() == value
    assert "s3cret" not in str(settings)


def test_file_of_a_secret_may_be_named_in_the_env_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret")
    (tmp_path / ".env").write_text("INSTANTREACT_API_KEY_FILE=secret\n")
    key = read_settings().api_key
    assert key is not None
    assert key.get_secret_value() == "s3cret"


def test_secret_that_is_given_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("s3cret")
    (tmp_path / ".env").write_text("INSTANTREACT_API_KEY_FILE=secret\n")
    monkeypatch.setenv("INSTANTREACT_API_KEY", "s3cret-too")
    with pytest.raises(Misconfigured, match="are both set: remove one") as refused:
        read_settings()
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("nowhere", "nowhere cannot be read: No such file or directory."),
        (".", ". cannot be read: Is a directory."),
        ("empty", "empty is empty."),
        ("binary", "binary holds no text."),
    ],
)
def test_file_of_a_secret_that_cannot_be_used_is_told_in_a_sentence(
    path: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00s3cret")
    monkeypatch.setenv("INSTANTREACT_WIT_TOKEN_FILE", path)
    with pytest.raises(Misconfigured) as refused:
        read_settings()
    assert str(refused.value) == f"INSTANTREACT_WIT_TOKEN_FILE: {problem}"


def test_file_of_a_secret_that_another_user_owns_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSTANTREACT_API_KEY_FILE", "/proc/1/mem")  # root may open it, but read nothing from it
    with pytest.raises(Misconfigured, match="INSTANTREACT_API_KEY_FILE: /proc/1/mem cannot be read"):
        read_settings()


@pytest.mark.parametrize("command", ["doctor", "serve"])
def test_env_file_that_cannot_be_read_is_told_in_a_sentence(command: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"INSTANTREACT_API_KEY=\xff\xfe\x00")
    ran = CliRunner().invoke(app, [command])
    assert isinstance(ran.exception, Misconfigured)
    assert ".env cannot be read" in str(ran.exception)
