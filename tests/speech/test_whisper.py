import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from instantreact.domain.observation import Hearing, Word
from instantreact.errors import Misconfigured
from instantreact.speech.whisper import WhisperTranscriber
from instantreact.threads import WorkerThreads
from tests.speech.sounds import make_tone


@pytest.fixture
def threads() -> Iterator[WorkerThreads]:
    pool = WorkerThreads(1)
    yield pool
    pool.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.bin").write_bytes(b"no model")
    return tmp_path


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Stands in for faster-whisper, whose models no test can download."""
    module = ModuleType("faster_whisper")
    monkeypatch.setitem(sys.modules, "faster_whisper", module)
    return module


def install_model(package: ModuleType, segments: list[Any]) -> None:
    class WhisperModel:
        def __init__(self, folder: str, **_: object) -> None:
            assert Path(folder).is_dir()

        def transcribe(self, samples: Any, **_: object) -> tuple[Iterator[Any], Any]:
            assert abs(samples).max() <= 1.0
            return iter(segments), SimpleNamespace(language="de")

    package.__dict__["WhisperModel"] = WhisperModel


@pytest.mark.parametrize("name", ["tiny", "openai/whisper-small", "/no/such/folder"])
def test_whisper_refuses_what_is_no_local_folder_and_asks_no_network(
    name: str, threads: WorkerThreads, package: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("reached for the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(Misconfigured, match=r"model\.bin"):
        WhisperTranscriber(Path(name), threads=threads)


def test_whisper_names_the_extra_when_the_package_is_missing(
    folder: Path, threads: WorkerThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(Misconfigured, match="extra `whisper`"):
        WhisperTranscriber(folder, threads=threads)


def test_whisper_is_misconfigured_when_the_model_cannot_be_loaded(
    folder: Path, threads: WorkerThreads, package: ModuleType
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("unsupported model version")

    package.__dict__["WhisperModel"] = refuse
    with pytest.raises(Misconfigured, match="unsupported model version"):
        WhisperTranscriber(folder, threads=threads)


async def test_whisper_puts_words_on_the_footages_clock(
    folder: Path, threads: WorkerThreads, package: ModuleType
) -> None:
    word = SimpleNamespace(word=" Hilfe", start=0.5, end=1.0, probability=0.8)
    install_model(package, [SimpleNamespace(text=" Hilfe", start=0.5, end=1.0, words=[word])])
    transcriber = WhisperTranscriber(folder, threads=threads)
    transcript = await transcriber.transcribe(make_tone(2.0, start_s=10.0))
    assert (transcript.hearing, transcript.text, transcript.language) == (Hearing.HEARD, "Hilfe", "de")
    assert transcript.words == (Word("Hilfe", 10.5, 11.0, 0.8),)
    assert str(folder) in await transcriber.check()


async def test_whisper_spreads_the_words_when_there_are_no_times(
    folder: Path, threads: WorkerThreads, package: ModuleType
) -> None:
    install_model(package, [SimpleNamespace(text=" help me", start=0.0, end=1.2, words=None)])
    transcript = await WhisperTranscriber(folder, threads=threads).transcribe(make_tone(2.0, start_s=10.0))
    assert [(word.text, word.end_s) for word in transcript.words] == [("help", 10.8), ("me", 11.2)]


async def test_whisper_is_silent_when_it_finds_no_words(
    folder: Path, threads: WorkerThreads, package: ModuleType
) -> None:
    install_model(package, [])
    transcript = await WhisperTranscriber(folder, threads=threads).transcribe(make_tone(2.0))
    assert transcript.hearing is Hearing.SILENT
