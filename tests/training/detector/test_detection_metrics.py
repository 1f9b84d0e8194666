"""Average precision by hand, by pycocotools, and what chance does to it."""

import numpy as np
import pytest

from instantreact.training.metrics.coco import measure_coco
from instantreact.training.metrics.detection import (
    FoundBoxes,
    TrueBoxes,
    average_precision_of,
    bootstrap_pictures,
    by_11_points,
    by_area,
    match_found,
)

HERE, THERE = [0.0, 0.0, 0.4, 0.4], [0.5, 0.5, 0.9, 0.9]


def found_boxes(*boxes: tuple[list[float], float]) -> FoundBoxes:
    sides = np.array([box for box, _ in boxes], np.float32).reshape(-1, 4)
    return FoundBoxes(sides, np.zeros(len(boxes), np.int64), np.array([score for _, score in boxes], np.float32))


def true_boxes(*boxes: list[float], ignored: tuple[bool, ...] = ()) -> TrueBoxes:
    sides = np.array(boxes, np.float32).reshape(-1, 4)
    return TrueBoxes(sides, np.zeros(len(boxes), np.int64), np.array(ignored or [False] * len(boxes), bool))


def random_pictures(
    count: int, *, labels: int, seed: int = 0, ignored: float = 0.0
) -> tuple[list[FoundBoxes], list[TrueBoxes]]:
    """Things, most of them found not quite where they are, and some boxes where there is nothing."""
    random = np.random.default_rng(seed)
    quarters = np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 0.5], [0.5, 0.5]])
    found, truth = [], []
    for _ in range(count):
        corners = random.permutation(quarters)[: int(random.integers(1, 5))] + random.uniform(0.05, 0.15)
        boxes = np.concatenate([corners, corners + random.uniform(0.1, 0.3, corners.shape)], axis=1)
        kinds = random.integers(0, labels, len(boxes))
        truth.append(TrueBoxes(boxes.astype(np.float32), kinds, random.random(len(boxes)) < ignored))
        near = boxes + random.normal(0, 0.02, boxes.shape)
        stray = np.add(random.uniform(0, 0.45, (2, 4)), [0, 0, 0.5, 0.5])
        all_found = np.concatenate([near, stray])
        said = np.concatenate([kinds, random.integers(0, labels, 2)])
        found.append(FoundBoxes(all_found.astype(np.float32), said, random.random(len(said)).astype(np.float32)))
    return found, truth


def test_average_precision_is_what_one_counts_by_hand() -> None:
    found = [found_boxes((HERE, 0.9), (HERE, 0.8)), found_boxes((THERE, 0.7))]
    truth = [true_boxes(HERE), true_boxes(THERE, HERE)]

    matches = match_found(found, truth, 0)

    assert matches.right.tolist() == [True, False, True], "a thing is found once"
    assert average_precision_of(matches, by_area) == pytest.approx((1 + 2 / 3) / 3)
    assert average_precision_of(matches, by_11_points) == pytest.approx((4 + 3 * 2 / 3) / 11)


def test_a_difficult_thing_neither_helps_nor_harms() -> None:
    plain = match_found([found_boxes((HERE, 0.9))], [true_boxes(HERE)], 0)
    with_difficult = match_found(
        [found_boxes((HERE, 0.5), (THERE, 0.9), (THERE, 0.8))], [true_boxes(HERE, THERE, ignored=(False, True))], 0
    )

    assert with_difficult.right.tolist() == plain.right.tolist() == [True]
    assert with_difficult.things.tolist() == plain.things.tolist() == [1]


def test_nothing_to_find_is_not_defined_and_nothing_found_is_zero() -> None:
    nothing = match_found([found_boxes((HERE, 0.9))], [true_boxes()], 0)
    missed = match_found([found_boxes()], [true_boxes(HERE)], 0)

    assert np.isnan(average_precision_of(nothing, by_area))
    assert average_precision_of(missed, by_area) == average_precision_of(missed, by_11_points) == 0


def by_101_points(precision: np.ndarray, recall: np.ndarray) -> float:
    """As COCO reads the same curve."""
    return float(np.mean([precision[recall >= least].max(initial=0) for least in np.linspace(0, 1, 101)]))


def test_the_curve_agrees_with_pycocotools() -> None:
    found, truth = random_pictures(150, labels=3)
    matches = [match_found(found, truth, label) for label in range(3)]

    theirs = measure_coco(found, truth, 3)

    exact, area = (np.mean([average_precision_of(each, by) for each in matches]) for by in (by_101_points, by_area))
    assert theirs.at_50 == pytest.approx(exact, abs=1e-6)
    assert theirs.at_50 == pytest.approx(area, abs=0.01)
    assert 0.1 < theirs.at_50_to_95 < theirs.at_50
    assert 0.1 < theirs.at_50_to_95 < theirs.at_50


def test_pycocotools_ignores_what_is_ignored() -> None:
    found, truth = random_pictures(150, labels=1, ignored=0.3)

    ours = average_precision_of(match_found(found, truth, 0), by_area)

    assert measure_coco(found, truth, 1).at_50 == pytest.approx(ours, abs=0.02)


def test_pycocotools_is_not_asked_about_nothing() -> None:
    assert measure_coco([found_boxes()], [true_boxes(HERE)], 1).at_50 == 0


def test_the_interval_holds_the_value_and_shrinks_with_more_pictures() -> None:
    widths = []
    for count in (20, 200):
        found, truth = random_pictures(count, labels=2)
        matches = [match_found(found, truth, label) for label in range(2)]
        interval = bootstrap_pictures(matches, by_area, draws=200)
        assert interval.low <= interval.value <= interval.high
        widths.append(interval.high - interval.low)

    assert widths[1] < widths[0] / 2


def test_weights_count_a_picture_as_often_as_it_was_drawn() -> None:
    found, truth = random_pictures(10, labels=1)
    twice = match_found([*found, *found[:5]], [*truth, *truth[:5]], 0)
    weights = np.array([2.0] * 5 + [1.0] * 5)

    weighted = average_precision_of(match_found(found, truth, 0), by_area, weights)

    assert weighted == pytest.approx(average_precision_of(twice, by_area), abs=0.03)
