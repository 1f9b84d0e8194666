"""Concepts that users ask for beside fights and falls, as they were defined before anything was measured with them.

Pictures are looked at four times a second. Places are in shares of the frame's height, in both directions.

**People by boxes.** Boxes of `person` (from 0.3 on to run, from 0.2 on to lie). At each look, the surest box first,
each goes on that known figure whose centre was nearest, if that is at most 0.6 s ago, at most 0.75 times the longer
side of its last box away, and the longer sides differ by a factor of 1.5 at most; else it is a new figure. A box that
comes within a hundredth of the frame's edge is passed over: it is cut, and moves with the edge.

**People by poses.** Figures of docs/falls.md, by their hips; the body length is the 0.8 quantile of their lengths.

**Running** is going far in a second: of all pairs of looks of one figure 0.9 to 1.3 s apart, with two looks or more
between them, the greatest distance of the centres by the time and the median height between; in body heights a
second. Heights of less than 0.12 are too small to tell, and boxes wider than high are nobody who runs. Walking is
0.8, running 1.5 and more.
    lateral  as it is
    deep     with the way in depth: what is h high is 1 / h away where the lens sees as far as the frame is high (from
             a height of 0.2 on; below that only the way across counts)
    hips     of the hips, by poses, in body lengths, of bodies of 0.1 and more

**Lying** is how somebody is in the last two seconds of a window: seen on four looks or more, over a second or more,
the centre of the first third of them no farther than half a body (the longer side; the body length) from that of the
last.
    box     the median of width by width plus height
    pose    the mean over the looks of 1 less how upright the trunk is (falls.md, 5; at each look), times the mean of
             the width of all joints by their width plus height
    both    the mean of the greatest of each
The greatest of everybody's; 0 where nobody is.

**A weapon held**: the greatest score of a box of `knife`, `scissors` or `baseball bat`, from 0.05 on, whose centre is
in a box of `person` (from 0.3 on) of the same look, grown by a quarter of its height on every side. COCO knows no gun
and no stick: what it takes for one of its own is all there is.

**A crowd**: how many people are there at once, as rules count them (`object`, `min_score` 0.3). Gathering is that
they stay (`for_s`). It is a rule already.

**The truth** is the annotators' captions (`running`, `lying`, `weapon`: `WORDS`): true where both mention it, false
where neither does; what one alone mentions, or both of a thing, was looked at by eye before any score was seen, and
is left out where that does not tell (`EYE`). Of crowds it is the people counted in one frame of 60 clips: five and
more by the mean of both.

**How it is judged.** Scenes are dealt into two halves by the hash of their names, those with and those without the
concept each in turn. The variant with the highest area under the curve of the first half, and the calibration fitted
there, are what the second half is asked for. A concept ships where the second half has at least five clips of at
least three scenes that show it, and the area's interval (95 %, by drawing scenes) is above a half.

**A second try**, written down when the first had been seen (running 0.44, lying 0.66 with an interval that holds a
half, weapons on two clips): what the captioner knows, by models that never saw the clip's scene.
    head     a linear head on the mean and the maximum of the motion encoder's features, as `fight` has one (in the
             basis of the learnt clips, ridge 0.2), fitted in five folds by scene, the mean of three shuffles
    words    the share of the captioner's hypotheses that mention it (`SAID`), as a condition of the kind `caption`
             has it; the shipped captioner on the scenes of test
Nothing is chosen, so all scenes tell. People lie where others fight: it counts only where the area is above a half
among fights alone, and among other clips alone, too.

**A third try, of lying**, written down when it had been seen on the first half that poses tell nearly all who lie
alone in a room, and nobody among people who fight: `pose`, unchanged, with the calibration of all clips of `cctv`, on
people alone in rooms that nobody had looked at for this (`benchmarks.concepts --unused`: UP-Fall, who lie and who have
fallen and lie then, against who walk, stand, sit, pick up, jump; GMDCSA24's fourth room). It ships as what it is, for
people who are seen alone, where the area of the clips is above a half with its whole interval, and from 0.5 at least
half of them are told, and of the windows in which nobody lies at most one in fifty, there and in `cctv` (whose clips
have chosen nothing but the calibration).
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from instantreact.domain.observation import Detection
from instantreact.domain.pose import Pose
from instantreact.inference.poses.falls import FallOptions, Figure, follow

Values = NDArray[np.float64]
WORDS = {
    "running": ("run", "runs", "running", "hurry", "hurries", "flee", "flees", "sprint", "sprints"),
    "lying": ("lie", "lies", "lying", "stretched"),
    "weapon": ("knife", "gun", "pistol", "rifle", "hammer", "stick", "baton", "machete", "axe", "club"),
}
SAID = {"running": ("run", "hurry"), "lying": ("lie", "lying"), "weapon": ("stick", "gun", "knife", "baton", "hammer")}
EYE: Mapping[str, Mapping[str, bool | None]] = {
    "running": {
        **dict.fromkeys(("fi129", "fi130", "nofi041", "nofi121"), True),
        **dict.fromkeys(("nofi030", "nofi143"), None),
    },
    "lying": {
        **dict.fromkeys(("fi029", "fi073", "fi104", "fi116", "fi121", "fi129", "gm_s3_fall16_w0"), True),
        **dict.fromkeys(("fi034", "in_person_w0", "in_person_w11", "nofi025", "nofi041"), False),
        **dict.fromkeys(("nofi042", "nofi113", "nofi137"), False),
    },
    "weapon": {
        "fi082": True,
        **dict.fromkeys(("fi053", "nofi097"), None),
        **dict.fromkeys(("nofi041", "nofi042"), False),
    },
}
"""What frames show, where captions do not tell."""
WEAPONS = ("knife", "scissors", "baseball bat")
_EDGE, _GAP_S, _REACH, _RATIO = 0.01, 0.6, 0.75, 1.5
_RUN_LEAST, _LIE_LEAST, _PERSON = 0.3, 0.2, "person"
_SMALLEST, _SMALLEST_DEEP, _SMALLEST_BODY = 0.12, 0.2, 0.1
_STEP_S = (0.9, 1.3)
_LAST_S, _LEAST_LOOKS, _LEAST_S, _STILL = 2.0, 4, 1.0, 0.5


@dataclass(frozen=True, eq=False)
class Seen:
    """What is known of a window: boxes, poses, when it ends, and how much wider than high its frames are."""

    boxes: Sequence[Detection]
    poses: Sequence[Pose]
    end_s: float
    aspect: float


@dataclass(eq=False)
class BoxFigure:
    """One person, look after look: centres, and widths and heights of the boxes."""

    times_s: list[float] = field(default_factory=list)
    centres: list[Values] = field(default_factory=list)
    sizes: list[Values] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Path:
    """Where somebody was at each look, and how large they seemed: width and height, or the body's length twice."""

    times_s: Values
    places: Values
    sizes: Values


def follow_boxes(boxes: Iterable[Detection], aspect: float, least: float) -> list[BoxFigure]:
    """The people of all looks."""
    figures: list[BoxFigure] = []
    people = [each for each in boxes if each.label == _PERSON and each.score >= least and not _is_cut(each)]
    for each in sorted(people, key=lambda one: (one.time_s, -one.score)):
        box = each.box
        centre = np.array([(box.left + box.right) / 2 * aspect, (box.top + box.bottom) / 2])
        size = np.array([(box.right - box.left) * aspect, box.bottom - box.top])
        near = [
            (float(np.linalg.norm(centre - figure.centres[-1])), at)
            for at, figure in enumerate(figures)
            if _may_go_on(figure, each.time_s, centre, size)
        ]
        if not near:
            figures.append(BoxFigure())
        figure = figures[min(near)[1]] if near else figures[-1]
        figure.times_s.append(each.time_s)
        figure.centres.append(centre)
        figure.sizes.append(size)
    return figures


def _is_cut(each: Detection) -> bool:
    box = each.box
    return min(box.left, box.top) < _EDGE or max(box.right, box.bottom) > 1 - _EDGE


def _may_go_on(figure: BoxFigure, time_s: float, centre: Values, size: Values) -> bool:
    known, now = float(figure.sizes[-1].max()), float(size.max())
    away = float(np.linalg.norm(centre - figure.centres[-1]))
    is_like = max(known, now) <= _RATIO * min(known, now)
    return 0 < time_s - figure.times_s[-1] <= _GAP_S and away <= _REACH * known and is_like


def box_paths(seen: Seen, least: float) -> Iterator[Path]:
    """Everybody's, by boxes."""
    for each in follow_boxes(seen.boxes, seen.aspect, least):
        yield Path(np.array(each.times_s), np.array(each.centres), np.array(each.sizes))


def hip_paths(seen: Seen, options: FallOptions) -> Iterator[Path]:
    """Everybody's, by poses."""
    for each in follow(seen.poses, options):
        sizes = np.full((len(each.times_s), 2), each.body)
        yield Path(np.array(each.times_s), np.array(each.hips), sizes)


def run_lateral(seen: Seen, options: FallOptions) -> float:
    """Body heights a second, across the picture."""
    return max((_find_pace(path, _SMALLEST, deep=False) for path in box_paths(seen, _RUN_LEAST)), default=0.0)


def run_deep(seen: Seen, options: FallOptions) -> float:
    """Body heights a second, in depth too."""
    return max((_find_pace(path, _SMALLEST, deep=True) for path in box_paths(seen, _RUN_LEAST)), default=0.0)


def run_hips(seen: Seen, options: FallOptions) -> float:
    """Body lengths a second, of the hips."""
    return max((_find_pace(path, _SMALLEST_BODY, deep=False) for path in hip_paths(seen, options)), default=0.0)


def _find_pace(path: Path, smallest: float, *, deep: bool) -> float:
    best = 0.0
    for first in range(len(path.times_s)):
        for last in range(first + 3, len(path.times_s)):
            passed_s = path.times_s[last] - path.times_s[first]
            width, height = np.median(path.sizes[first : last + 1], axis=0)
            if not _STEP_S[0] <= passed_s <= _STEP_S[1] or height < smallest or width > height:
                continue
            way = float(np.linalg.norm(path.places[last] - path.places[first])) / height
            if deep and height >= _SMALLEST_DEEP:
                way = float(np.hypot(way, 1 / path.sizes[last, 1] - 1 / path.sizes[first, 1]))
            best = max(best, way / float(passed_s))
    return best


def lie_box(seen: Seen, options: FallOptions) -> float:
    """How flat the flattest box is that stays."""
    still = (path for path in box_paths(_last(seen), _LIE_LEAST) if _stays(path))
    return max((float(np.median(path.sizes[:, 0] / path.sizes.sum(axis=1))) for path in still), default=0.0)


def lie_pose(seen: Seen, options: FallOptions) -> float:
    """How flat the flattest body is that stays."""
    last = _last(seen)
    flat = [0.0]
    for figure in follow(last.poses, options):
        sizes = np.full((len(figure.times_s), 2), figure.body)
        if _stays(Path(np.array(figure.times_s), np.array(figure.hips), sizes)):
            flat.append((1 - _mean_upright(figure)) * _mean_width(figure, last.poses, options))
    return max(flat)


def lie_both(seen: Seen, options: FallOptions) -> float:
    """The mean of both."""
    return (lie_box(seen, options) + lie_pose(seen, options)) / 2


def _last(seen: Seen) -> Seen:
    since_s = seen.end_s - _LAST_S
    boxes = [each for each in seen.boxes if since_s <= each.time_s <= seen.end_s]
    poses = [each for each in seen.poses if since_s <= each.time_s <= seen.end_s]
    return Seen(boxes, poses, seen.end_s, seen.aspect)


def _stays(path: Path) -> bool:
    passed_s = path.times_s[-1] - path.times_s[0]
    if len(path.times_s) < _LEAST_LOOKS or passed_s < _LEAST_S - 1e-6:
        return False
    before = path.places[path.times_s <= path.times_s[0] + passed_s / 3].mean(axis=0)
    after = path.places[path.times_s >= path.times_s[-1] - passed_s / 3].mean(axis=0)
    return float(np.linalg.norm(after - before)) <= _STILL * float(np.median(path.sizes.max(axis=1)))


def _mean_upright(figure: Figure) -> float:
    trunks = np.array(figure.trunks)
    seen = np.isfinite(trunks[:, 0])
    whole = float(np.quantile(np.linalg.norm(trunks[seen], axis=1), 0.8)) if seen.any() else 0.0
    upright = np.full(len(trunks), 0.5)
    if whole > 0:
        upright[seen] = np.clip(-trunks[seen, 1] / whole, 0, 1)
    return float(upright.mean())


def _mean_width(figure: Figure, poses: Sequence[Pose], options: FallOptions) -> float:
    """Of the poses that are this figure's: those whose hips are where it was then."""
    shares = []
    for time_s, hips in zip(figure.times_s, figure.hips, strict=True):
        at = [pose for pose in poses if pose.time_s == time_s]
        pose = min(at, key=lambda each: float(np.linalg.norm(each.points[11:13].mean(axis=0) - hips)))
        joints = pose.points[pose.scores >= options.min_joint]
        width, height = joints.max(axis=0) - joints.min(axis=0)
        shares.append(float(width / max(width + height, 1e-9)))
    return float(np.mean(shares))


def hold_weapon(seen: Seen, options: FallOptions) -> float:
    """The greatest score of a weapon's box that somebody may hold."""
    people = [each for each in seen.boxes if each.label == _PERSON and each.score >= _RUN_LEAST]
    held = (
        each.score
        for each in seen.boxes
        if each.label in WEAPONS and any(_holds(one, each, seen.aspect) for one in people)
    )
    return max(held, default=0.0)


def _holds(person: Detection, thing: Detection, aspect: float) -> bool:
    grow = (person.box.bottom - person.box.top) / 4
    x, y = (thing.box.left + thing.box.right) / 2, (thing.box.top + thing.box.bottom) / 2
    is_inside = person.box.left - grow / aspect <= x <= person.box.right + grow / aspect
    return is_inside and person.box.top - grow <= y <= person.box.bottom + grow and person.time_s == thing.time_s


Score = Callable[[Seen, FallOptions], float]
VARIANTS: Mapping[str, Mapping[str, Score]] = {
    "running": {"lateral": run_lateral, "deep": run_deep, "hips": run_hips},
    "lying": {"box": lie_box, "pose": lie_pose, "both": lie_both},
    "weapon": {"held": hold_weapon},
}


def deal_halves(scenes: Sequence[str], showing: Iterable[str]) -> dict[str, int]:
    """0 for the half that chooses, 1 for the one that is reported; scenes that show the concept dealt apart."""
    shown = set(showing)
    ordered = sorted(set(scenes), key=lambda scene: hashlib.sha256(scene.encode()).hexdigest())
    halves: dict[str, int] = {}
    for part in ([each for each in ordered if each in shown], [each for each in ordered if each not in shown]):
        halves |= {scene: at % 2 for at, scene in enumerate(part)}
    return halves
