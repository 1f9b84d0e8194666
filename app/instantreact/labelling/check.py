"""Says what training will make of a folder: what it would refuse, what it cannot learn from, and how much there is."""

import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from instantreact.domain.mention import tokenize
from instantreact.errors import InvalidInput, MediaError
from instantreact.labelling.folder import LabelFolder
from instantreact.labelling.sources import SceneSplit
from instantreact.labelling.words import ClipCaptions, read_words
from instantreact.media.pictures import open_pictures

SPLITS = tuple(SceneSplit)
FEW_SCENES = 5
FEW_CLIPS = 5
"""A concept is calibrated by at least so many clips of val that mention it, and as many that do not."""
_NAMELESS = "no label"


@dataclass(frozen=True)
class RecipeDemands:
    """What a training recipe asks for: how often a word must be said, and whether it takes a file with weights."""

    least_word_count: int
    takes_weights: bool

    @classmethod
    def read(cls, path: Path) -> "RecipeDemands":
        """Raises InvalidInput for what is no recipe."""
        try:
            recipe = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise InvalidInput(f"{path} is no recipe that can be read: {error}") from error
        backbones = recipe.get("backbones", {})
        names = {backbones.get(stream, "mobilenet_v2") for stream in ("appearance", "motion")}
        return cls(recipe.get("least_word_count", 2), "mobilenet_v2" in names)


@dataclass
class FolderReport:
    """What was found. `refusals` are what training would refuse, `warnings` what makes it learn little."""

    lines: list[ClipCaptions]
    waiting: int
    left_out: int
    unreadable: dict[str, str] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def usable(self) -> list[ClipCaptions]:
        """The clips that training can read."""
        return [line for line in self.lines if line.clip not in self.unreadable]


def check_folder(
    folder: LabelFolder, needs: RecipeDemands, *, after_each: Callable[[str], None] = lambda name: None
) -> FolderReport:
    """Look at every line and every clip. Raises InvalidInput for a line that cannot be read."""
    drafts, words = folder.read(), read_words(folder.path)
    left_out = sum(draft.left_out for draft in drafts.values())
    waiting = sum(name not in words and not draft.left_out for name, draft in drafts.items())
    report = FolderReport(list(words.values()), waiting, left_out)
    for name in words:
        _check_clip(folder.clip_path(name), name, report)
        after_each(name)
    report.refusals += _find_refusals(report)
    report.warnings += [
        *_warn_of_scenes(report.usable),
        *_warn_of_labels(report.usable),
        *_warn_of_words(report, needs),
    ]
    return report


def describe_report(report: FolderReport) -> str:
    """For people: how much there is, what is wrong with it, what is not good."""
    usable = report.usable
    unchecked = sum(not line.checked for line in usable)
    told = [
        f"{len(usable)} clips with {sum(len(line.captions) for line in usable)} captions by "
        f"{', '.join(sorted({name for line in usable for name in line.annotators})) or 'nobody who is named'}; "
        f"{unchecked} unchecked, {report.waiting} without captions, {report.left_out} left out.",
        "",
        *_draw_table(usable),
        "",
        *(f"unreadable: {name}: {why}" for name, why in report.unreadable.items()),
        *(f"REFUSED: {each}" for each in report.refusals),
        *(f"warning: {each}" for each in report.warnings),
    ]
    return "\n".join(told)


def _check_clip(path: Path, name: str, report: FolderReport) -> None:
    if not path.is_file():
        report.refusals.append(f"the clip {path} is not there: put it back, or take its line out of captions.jsonl.")
        report.unreadable[name] = "it is not there"
        return
    try:
        with open_pictures(path) as reader:
            if next(reader.pictures(), None) is None:
                report.unreadable[name] = "not one frame of it can be decoded"
    except MediaError as error:
        report.unreadable[name] = str(error)


def _find_refusals(report: FolderReport) -> list[str]:
    splits: dict[str, set[str]] = defaultdict(set)
    for line in report.lines:
        splits[line.scene].add(line.split)
    refused = [
        f"the scene {scene} is in {' and '.join(sorted(found))}: put all its clips into one split, or figures lie."
        for scene, found in splits.items()
        if len(found) > 1
    ]
    refused += [
        f"{line.clip} is in a split {line.split}: there are {', '.join(SPLITS)}."
        for line in report.lines
        if line.split not in SPLITS
    ]
    if not any(line.split == "train" for line in report.usable):
        refused.append("no clip with captions is in train.")
    return refused


def _warn_of_scenes(lines: Sequence[ClipCaptions]) -> list[str]:
    scenes = {str(split): {line.scene for line in lines if line.split == split} for split in SPLITS}
    warnings = []
    if sum(map(len, scenes.values())) < FEW_SCENES:
        warnings.append(
            f"fewer than {FEW_SCENES} scenes: a model learns these rooms rather than what happens in them, and "
            "`crossval` needs a scene for each fold."
        )
    if not scenes["val"]:
        warnings.append("no scene is in val: training cannot tell when to stop, and concepts are not calibrated.")
    if not scenes["test"]:
        warnings.append("no scene is in test: nothing will be known of rooms that the model never saw.")
    return warnings


def _warn_of_labels(lines: Sequence[ClipCaptions]) -> list[str]:
    warnings = []
    for label, count in Counter(line.label or _NAMELESS for line in lines).items():
        scenes = {line.scene for line in lines if (line.label or _NAMELESS) == label}
        if label != _NAMELESS and len(scenes) == 1 and len({line.scene for line in lines}) > 1:
            warnings.append(f"{label} is seen in the scene {scenes.pop()} only: a model may learn that room instead.")
        elif label != _NAMELESS and count < FEW_CLIPS:
            warnings.append(f"only {count} clips are labelled {label}.")
    return warnings


def _warn_of_words(report: FolderReport, needs: RecipeDemands) -> list[str]:
    counts = Counter(
        word for line in report.usable if line.split == "train" for text in line.captions for word in tokenize(text)
    )
    rare = sorted(word for word, count in counts.items() if count < needs.least_word_count)
    warnings = []
    if rare:
        shown = ", ".join(rare[:12]) + (", ..." if len(rare) > 12 else "")
        warnings.append(
            f"{len(rare)} of {len(counts)} words of train are said less than {needs.least_word_count} times, and will "
            f"not be learnt: {shown}."
        )
    single = sum(len(line.captions) == 1 for line in report.usable)
    if single:
        warnings.append(f"{single} clips have one caption only: two or three in different words teach more.")
    unchecked = sum(not line.checked for line in report.usable)
    if unchecked:
        warnings.append(f"{unchecked} clips have captions that nobody checked: what a model said wrongly is learnt.")
    return warnings


def _draw_table(lines: Sequence[ClipCaptions]) -> list[str]:
    """How many clips of each label, and how many scenes, are in each split."""
    labels = sorted({line.label or _NAMELESS for line in lines})
    width = max(map(len, [*labels, "split"]), default=5)
    rows = [f"{'split':<6}{'scenes':>8}{'clips':>7}" + "".join(f"{label:>{width + 2}}" for label in labels)]
    for split in SPLITS:
        mine = [line for line in lines if line.split == split]
        counts = Counter(line.label or _NAMELESS for line in mine)
        cells = "".join(f"{counts[label]:>{width + 2}}" for label in labels)
        rows.append(f"{split:<6}{len({line.scene for line in mine}):>8}{len(mine):>7}{cells}")
    return rows
