"""Every annotation format is read, and every complaint names the file and the line."""

import csv
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from instantreact.errors import InvalidInput
from instantreact.training.captioner.clips import Split
from instantreact.training.captioner.formats.load import DataFormat, find_format, load_clips
from tests.training.drawn import draw_data_set

COLUMNS = ["VideoID", "Start", "End", "Source", "AnnotationTime", "Language", "Description"]


def write_msvd(folder: Path, *rows: tuple[str, str, str, str, str]) -> None:
    """Rows of (video, start, end, language, description), and a file for each clip."""
    with (folder / "video_corpus.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(
            [[video, start, end, "clean", "9", language, text] for video, start, end, language, text in rows]
        )
    for video, start, end, *_ in rows:
        (folder / f"{video}_{start}_{end}.avi").touch()


def write_msrvtt(folder: Path, content: dict[str, Any]) -> None:
    (folder / "train_val_videodatainfo.json").write_text(json.dumps(content))


def make_msrvtt(**video: str) -> dict[str, Any]:
    return {
        "videos": [{"video_id": "video0", "split": "validate", "url": "u0", **video}],
        "sentences": [{"video_id": "video0", "caption": "a man sings"}, {"video_id": "video9", "caption": "gone"}],
    }


def write_flickr8k(folder: Path, captions: dict[str, list[str]]) -> None:
    (folder / "captions.json").write_text(json.dumps(captions))
    for file, name in (("train.txt", "a.jpg"), ("dev.txt", "b.jpg"), ("test.txt", "c.jpg")):
        (folder / file).write_text(f"{name}\n")
    pictures = folder / "pictures"
    pictures.mkdir()
    with tarfile.open(folder / "images.tar", "w") as tar:
        for name in ("a.jpg", "b.jpg"):
            (pictures / name).touch()
            tar.add(pictures / name, name)


def change_line(folder: Path, number: int, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "captions.jsonl"
    lines = path.read_text().splitlines()
    line = json.loads(lines[number - 1])
    change(line)
    lines[number - 1] = json.dumps(line)
    path.write_text("\n".join(lines))


def test_captions_jsonl_is_read(tmp_path: Path) -> None:
    clips = load_clips(draw_data_set(tmp_path / "data", scenes=2))

    assert [(clip.name, clip.scene, clip.split, clip.label) for clip in clips[:2]] == [
        ("fight0", "s0", Split.TRAIN, "fight"),
        ("normal0", "s0", Split.TRAIN, "normal"),
    ]
    assert clips[0].path.is_file()
    assert len(clips[0].captions) == len(clips[0].annotators) == 6


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda line: line.update(split="holdout"), "line 2: split: .*'train', 'val' or 'test'"),
        (lambda line: line.update(clip="gone"), "line 2: the clip .*gone.mp4 does not exist"),
        (lambda line: line.update(captions=[]), "line 2: there is no caption"),
        (lambda line: line["captions"].append(" "), "line 2: a caption is empty"),
        (lambda line: line["annotators"].pop(), "line 2: 6 captions have 5 annotators"),
        (
            lambda line: line.update(captions=["...", "a man"], annotators=[]),
            "line 2: a caption is empty, or has no word",
        ),
        (lambda line: line.update(clip="fight0"), "line 2: the clip fight0 has a line already"),
        (lambda line: line.pop("scene"), "line 2: scene: Field required"),
    ],
)
def test_captions_jsonl_complains_by_line(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], complaint: str
) -> None:
    folder = draw_data_set(tmp_path / "data", scenes=1)
    change_line(folder, 2, change)

    with pytest.raises(InvalidInput, match=f"captions.jsonl, {complaint}"):
        load_clips(folder)


def test_captions_jsonl_complains_of_what_is_not_json(tmp_path: Path) -> None:
    folder = draw_data_set(tmp_path / "data", scenes=1)
    with (folder / "captions.jsonl").open("a") as stream:
        stream.write("{\n")

    with pytest.raises(InvalidInput, match=r"captions\.jsonl, line 3"):
        load_clips(folder)


def test_captions_jsonl_complains_of_another_encoding(tmp_path: Path) -> None:
    folder = draw_data_set(tmp_path / "data", scenes=1)
    text = (folder / "captions.jsonl").read_text().replace("wall", "café")
    (folder / "captions.jsonl").write_text(text, "latin-1")

    with pytest.raises(InvalidInput, match=r"captions\.jsonl, line 2: .*save the file as UTF-8"):
        load_clips(folder)


def test_captions_jsonl_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    folder = draw_data_set(tmp_path / "data", scenes=1)
    text = (folder / "captions.jsonl").read_text()
    (folder / "captions.jsonl").write_text(text, "utf-8-sig")

    assert len(load_clips(folder)) == 2


def test_captions_jsonl_says_what_to_do_about_a_scene_in_two_splits(tmp_path: Path) -> None:
    folder = draw_data_set(tmp_path / "data", scenes=1)
    change_line(folder, 2, lambda line: line.update(split="test"))

    with pytest.raises(InvalidInput, match=r"Scene s0 .* train and test \(clip normal0\): put all clips .* one split"):
        load_clips(folder)


def test_msvd_is_read_with_the_source_video_as_scene(tmp_path: Path) -> None:
    write_msvd(
        tmp_path,
        ("abc", "1", "9", "English", "A man sings."),
        ("abc", "1", "9", "English", "Somebody sings."),
        ("abc", "1", "9", "German", "Ein Mann singt."),
        ("abc", "1", "9", "English", ""),
        ("abc", "1", "9", "English", "..."),
        ("abc", "20", "25", "English", "A dog barks."),
    )

    clips = load_clips(tmp_path)

    assert [(clip.name, clip.captions) for clip in clips] == [
        ("abc_1_9", ("A man sings.", "Somebody sings.")),
        ("abc_20_25", ("A dog barks.",)),
    ]
    assert {clip.scene for clip in clips} == {"abc"}
    assert len({clip.split for clip in clips}) == 1


def test_msvd_leaves_out_clips_that_are_gone(tmp_path: Path) -> None:
    write_msvd(tmp_path, ("abc", "1", "9", "English", "A man."), ("xyz", "1", "9", "English", "A dog."))
    (tmp_path / "xyz_1_9.avi").unlink()

    assert [clip.name for clip in load_clips(tmp_path)] == ["abc_1_9"]


@pytest.mark.parametrize("times", [("9", "1"), ("a", "9")])
def test_msvd_complains_by_line(tmp_path: Path, times: tuple[str, str]) -> None:
    write_msvd(tmp_path, ("abc", "1", "9", "English", "A man."), ("abc", *times, "English", "A man."))

    with pytest.raises(InvalidInput, match=r"video_corpus\.csv, line 3: .*makes no sense"):
        load_clips(tmp_path)


def test_msvd_names_missing_columns(tmp_path: Path) -> None:
    (tmp_path / "video_corpus.csv").write_text("VideoID,Start,End\n")

    with pytest.raises(InvalidInput, match=r"line 1: the columns Source, .*Description are missing"):
        load_clips(tmp_path)


def test_msr_vtt_is_read(tmp_path: Path) -> None:
    write_msrvtt(tmp_path, make_msrvtt())
    (tmp_path / "TrainValVideo").mkdir()
    (tmp_path / "TrainValVideo" / "video0.mp4").touch()

    (clip,) = load_clips(tmp_path)

    assert (clip.scene, clip.split, clip.captions) == ("u0", Split.VAL, ("a man sings",))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (make_msrvtt(split="holdout"), "video video0: there is no split holdout"),
        ({**make_msrvtt(), "sentences": []}, "video video0: there is no caption"),
        ({**make_msrvtt(), "sentences": [{"video_id": "video0", "caption": " "}]}, r"sentences\.0: a caption is empty"),
        ({"videos": [{"split": "train"}], "sentences": []}, r"videos\.0\.video_id: Field required"),
    ],
)
def test_msr_vtt_complains_by_entry(tmp_path: Path, content: dict[str, Any], complaint: str) -> None:
    write_msrvtt(tmp_path, content)
    (tmp_path / "video0.mp4").touch()

    with pytest.raises(InvalidInput, match=f"videodatainfo.json, {complaint}"):
        load_clips(tmp_path)


def test_flickr8k_is_read_from_its_archive(tmp_path: Path) -> None:
    write_flickr8k(tmp_path, {"a.jpg": ["a dog", " ."], "b.jpg": ["a cat"], "c.jpg": ["gone"]})

    clips = load_clips(tmp_path)

    assert [(clip.name, clip.split, clip.captions) for clip in clips] == [
        ("a.jpg", Split.TRAIN, ("a dog",)),
        ("b.jpg", Split.VAL, ("a cat",)),
    ]
    assert all(clip.path.is_file() for clip in clips)


def test_flickr8k_unpacks_below_the_cache_and_leaves_the_data_alone(tmp_path: Path) -> None:
    data, cache = tmp_path / "data", tmp_path / "cache"
    data.mkdir()
    write_flickr8k(data, {"a.jpg": ["a dog"], "b.jpg": ["a cat"], "c.jpg": ["gone"]})
    before = sorted(data.rglob("*"))

    first, second = load_clips(data, cache=cache), load_clips(data, cache=cache)

    assert first == second
    assert all(clip.path.is_file() and clip.path.is_relative_to(cache) for clip in first)
    assert sorted(data.rglob("*")) == before


def test_flickr8k_says_which_archive_cannot_be_unpacked(tmp_path: Path) -> None:
    write_flickr8k(tmp_path, {"a.jpg": ["a dog"], "b.jpg": ["a cat"], "c.jpg": ["gone"]})
    (tmp_path / "images.tar").write_bytes(b"no archive")

    with pytest.raises(InvalidInput, match=r"images\.tar cannot be unpacked to .*images"):
        load_clips(tmp_path)


def test_flickr8k_complains_of_a_picture_without_captions(tmp_path: Path) -> None:
    write_flickr8k(tmp_path, {"a.jpg": ["a dog"]})

    with pytest.raises(InvalidInput, match=r"dev\.txt, line 1: there is no caption of b\.jpg"):
        load_clips(tmp_path)


def test_a_folder_in_no_known_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"holds no data set: none of captions\.jsonl"):
        load_clips(tmp_path)


@pytest.mark.data
def test_shared_data_is_read_whole(data_dir: Path) -> None:
    clips = load_clips(data_dir / "cctv")

    assert len(clips) == 310
    assert find_format(data_dir / "flickr8k") is DataFormat.FLICKR8K
