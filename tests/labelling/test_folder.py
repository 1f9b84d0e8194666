"""What is collected is known again; what people wrote is never lost, whoever is killed and whoever else writes."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from instantreact.domain.alert import AlertState
from instantreact.errors import Conflict, InvalidInput
from instantreact.labelling.check import RecipeDemands, check_folder, describe_report
from instantreact.labelling.collect import SPLITS, CollectOptions, collect
from instantreact.labelling.folder import LabelFolder
from instantreact.labelling.journal import SuggestionEntry
from instantreact.labelling.pieces import ClipMotion, choose_pieces
from instantreact.labelling.review import Review, accept_suggestions
from instantreact.labelling.sources import AnsweredAlert, FolderSource, SceneSplit, judge_answers
from instantreact.labelling.terminal import TerminalReview
from instantreact.training.captioner.formats.captions_jsonl import load_captions_jsonl
from tests.labelling.conftest import collect_from, fill

A_WALK, A_FIGHT = "a man walks through a room", "two men are fighting in a yard"


def names_of(folder: LabelFolder) -> list[str]:
    return list(folder.read())


def suggest(folder: LabelFolder, name: str, *captions: str, by: str = "looker") -> None:
    folder.journal.append(SuggestionEntry(clip=name, annotator=by, captions=list(captions)))


def test_cameras_are_scenes_and_scenes_keep_their_split_when_more_is_collected(
    collected: LabelFolder, tmp_path: Path
) -> None:
    before = {name: (draft.entry.scene, draft.split) for name, draft in collected.read().items()}
    assert {scene for scene, _ in before.values()} == {"door", "yard"}
    fill(tmp_path / "source", "Attic/d.mp4", first=5)

    again = collect_from(tmp_path / "source", tmp_path / "set")

    after = {name: (draft.entry.scene, draft.split) for name, draft in again.read().items()}
    assert {name: after[name] for name in before} == before
    assert sorted(set(after.values()) - set(before.values())) == [("attic", SPLITS[2])]


def test_files_that_are_no_clips_are_told_of_and_files_without_a_camera_refused(tmp_path: Path) -> None:
    source = fill(tmp_path / "source", "Door/a.mp4")
    (source / "Door" / "notes.txt").write_text("no clip")
    data, files = LabelFolder.make(tmp_path / "set"), FolderSource(source, scene=None, pieces=1)
    report = collect(data, files, files.find(), CollectOptions(split=SceneSplit.TEST))
    assert (report.new, list(report.skipped)) == (1, ["Door/notes.txt"])
    assert {draft.split for draft in data.read().values()} == {"test"}
    fill(source, "loose.mp4")
    with pytest.raises(InvalidInput, match="--scene NAME"):
        files.find()
    assert FolderSource(source, scene="Door", pieces=1).find()[0].scene == "Door"


def test_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear Ana")
    with pytest.raises(Conflict, match="holds something else"):
        LabelFolder.make(tmp_path / "mine")
    with pytest.raises(InvalidInput, match="label collect"):
        LabelFolder(tmp_path / "mine")


def test_torn_line_of_a_killed_process_costs_that_line_alone(collected: LabelFolder) -> None:
    first, second, _ = names_of(collected)
    with collected.journal.path.open("ab") as file:
        file.write(b'{"kind":"suggestion","clip":"do')
    assert names_of(collected)[0] == first
    suggest(collected, second, A_WALK)
    assert [each.text for each in collected.read()[second].captions] == [A_WALK]
    with collected.journal.path.open("ab") as file:
        file.write(b"nonsense\n")
    with pytest.raises(InvalidInput, match=r"journal.jsonl, line \d+"):
        collected.read()


def test_lines_that_others_wrote_stay_byte_by_byte(collected: LabelFolder) -> None:
    first, second, _ = names_of(collected)
    theirs = b'{"clip": "theirs",  "scene":"x", "split":"val", "captions":["a dog runs home"], "mood": "\xc3\xa9"}'
    (collected.path / "captions.jsonl").write_bytes(theirs)  # without an end of line, as editors leave it
    review = Review(collected, annotator="ana")
    review.save(first, [A_WALK], None)
    review.save(second, [A_FIGHT], "Fight")
    review.save(first, [f"  {A_WALK} ", "a man leaves", A_WALK], "normal")
    lines = (collected.path / "captions.jsonl").read_bytes().splitlines()
    assert lines[0] == theirs
    assert json.loads(lines[1])["captions"] == [A_WALK, "a man leaves"]
    assert json.loads(lines[2])["label"] == "fight"
    (collected.path / "captions.jsonl").write_bytes(b'{"clip": "torn')
    with pytest.raises(InvalidInput, match=r"captions.jsonl, line 1"):
        review.save(first, [A_WALK], None)
    assert (collected.path / "captions.jsonl").read_bytes() == b'{"clip": "torn'


def test_suggestions_are_accepted_unchecked_and_only_where_nobody_wrote(collected: LabelFolder) -> None:
    first, second, third = names_of(collected)
    suggest(collected, first, A_FIGHT)
    suggest(collected, second, A_FIGHT)
    suggest(collected, third, A_FIGHT)
    review = Review(collected, annotator="ana")
    review.save(first, [A_WALK, A_FIGHT], None)
    review.leave_out(third)

    assert accept_suggestions(collected) == 1

    drafts = collected.read()
    assert [(each.text, each.annotator) for each in drafts[first].captions] == [(A_WALK, "ana"), (A_FIGHT, "looker")]
    assert (drafts[first].checked, drafts[second].checked, drafts[third].left_out) == (True, False, True)
    assert [clip.name for clip in load_captions_jsonl(collected.path)] == [first, second]
    assert review.find_next() == second


def test_clip_that_is_left_out_keeps_its_words_and_comes_back_with_them(collected: LabelFolder) -> None:
    first = names_of(collected)[0]
    review = Review(collected, annotator="ana", again=True)
    review.save(first, [A_WALK], "normal")
    review.leave_out(first)
    assert (collected.path / "captions.jsonl").read_bytes() == b""
    draft = review.open(first)
    assert draft is not None
    assert [each.text for each in draft.captions] == [A_WALK]
    review.save(first, [each.text for each in draft.captions], draft.label)
    assert collected.read()[first].checked


def test_terminal_adds_replaces_removes_goes_back_and_ends_with_the_input(collected: LabelFolder) -> None:
    first, second, third = names_of(collected)
    suggest(collected, first, A_FIGHT, "a man runs")
    said: list[str] = []
    answers = iter(["-2", f"1: {A_WALK}", "2 men stand there", "l Normal", "", "b", "?", "", "", "x", "nonsense", "q"])
    review = Review(collected, annotator="ana")

    TerminalReview(review, lambda _: next(answers), said.append).run()

    drafts = collected.read()
    assert [each.text for each in drafts[first].captions] == [A_WALK, "2 men stand there"]
    assert (drafts[first].label, drafts[first].checked) == ("normal", True)
    assert (drafts[second].left_out, drafts[third].checked) == (True, False)
    assert any("There is no caption yet" in line for line in said)


def test_check_says_what_training_refuses_and_what_teaches_little(collected: LabelFolder) -> None:
    demands, review = RecipeDemands(2, takes_weights=True), Review(collected, annotator="ana")
    assert any("no clip with captions is in train" in each for each in check_folder(collected, demands).refusals)
    for name in names_of(collected):
        review.save(
            name, [A_WALK, A_FIGHT if "yard" in name else A_WALK + " slowly"], "fight" if "yard" in name else "normal"
        )
    report = check_folder(collected, demands)
    told = describe_report(report)
    assert not report.refusals
    assert "3 clips with 6 captions by ana" in told
    for warned in ("fewer than 5 scenes", "fight is seen in the scene yard only", "no scene is in val", "yard."):
        assert warned in told
    text = (collected.path / "captions.jsonl").read_text()
    (collected.path / "captions.jsonl").write_text(text.replace('"train"', '"val"', 1))
    collected.clip_path(names_of(collected)[1]).unlink()
    refused = " ".join(check_folder(collected, demands).refusals)
    assert "the scene door is in train and val" in refused
    assert "is not there" in refused


def test_pieces_are_cut_around_what_was_seen_or_where_most_moves() -> None:
    times = np.arange(0, 20, 0.2)
    moved = np.where((times > 12) & (times < 15), 5.0, 0.1)
    motion = ClipMotion(times, moved, 20.0)
    (moving,) = choose_pieces(motion, 4.0)
    assert 11.0 <= moving.start_s <= 12.2
    (seen,) = choose_pieces(motion, 4.0, during=(2.0, 4.0))
    assert (seen.start_s, seen.end_s) == (1.0, 5.0)
    (late,) = choose_pieces(motion, 4.0, during=(19.0, 21.0))
    assert late.end_s == 20.0
    three = choose_pieces(motion, 4.0, most=3)
    assert len(three) == 3
    assert all(after.start_s - before.start_s >= 4.0 for before, after in itertools.pairwise(three))
    assert len(choose_pieces(ClipMotion(times[:20], moved[:20], 4.0), 4.0, most=3)) == 1


@pytest.mark.parametrize(
    ("answers", "label"),
    [
        ([(AlertState.ACKNOWLEDGED, "Ana", ("fight",))], "fight"),
        ([(AlertState.DISMISSED, "Ana", ("fight",))], "normal"),
        ([(AlertState.DISMISSED, "Second look", ("fight",))], None),
        ([(AlertState.RAISED, None, ("fight",))], None),
        ([(AlertState.ACKNOWLEDGED, "Ana", ())], None),
        ([(AlertState.ACKNOWLEDGED, "Ana", ("fight", "fall"))], None),
        ([(AlertState.DISMISSED, "Ana", ("fall",)), (AlertState.ACKNOWLEDGED, "Ben", ("fight",))], "fight"),
    ],
)
def test_label_is_what_people_answered(
    answers: list[tuple[AlertState, str | None, tuple[str, ...]]], label: str | None
) -> None:
    assert judge_answers([AnsweredAlert(*each) for each in answers])[0] == label
