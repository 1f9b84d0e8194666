"""Frames are sampled once, views are consistent, and features are kept."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from instantreact.domain.media import SamplingPlan
from instantreact.inference.preprocess import motion_images
from instantreact.training.captioner.clips import CaptionedClip, Split
from instantreact.training.captioner.config import Views
from instantreact.training.captioner.prepare import prepare_clips, sample_clip
from instantreact.training.captioner.views import PLAIN, View, draw_views
from tests.training.conftest import DrawnData
from tests.training.drawn import draw_clip

PLAN = SamplingPlan(window_s=0.5, stride_s=0.2, rate_hz=10.0, gaps_s=(0.1, 0.2, 0.4), image_size=32)


def collect(path: Path, plan: SamplingPlan) -> tuple[np.ndarray, np.ndarray]:
    parts = list(sample_clip(path, plan))
    return np.concatenate([images for images, _ in parts]), np.concatenate([earlier for _, earlier in parts])


def test_sample_clip_gives_every_sample_once_however_windows_overlap(tmp_path: Path) -> None:
    draw_clip(tmp_path / "clip.mp4", "normal", seed=1)

    in_windows = collect(tmp_path / "clip.mp4", PLAN)
    at_once = collect(tmp_path / "clip.mp4", replace(PLAN, window_s=10.0))

    assert len(in_windows[0]) == 12
    assert all(np.array_equal(one, other) for one, other in zip(in_windows, at_once, strict=True))


def test_sample_clip_takes_a_picture_as_one_still_frame(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "picture.jpg"), np.full((40, 60, 3), 77, np.uint8))

    images, earlier = collect(tmp_path / "picture.jpg", PLAN)

    assert images.shape == (1, 32, 32, 3)
    assert not motion_images(images, earlier, 4.0).any()


def test_views_depend_on_the_seed_and_the_name_alone() -> None:
    options = Views(count=3)

    assert draw_views(options, "a") == draw_views(options, "a")
    assert draw_views(options, "a") != draw_views(options, "b")
    assert draw_views(options, "a")[0] == PLAIN


def test_a_view_changes_all_frames_alike() -> None:
    frames = np.repeat(np.random.default_rng(0).integers(0, 256, (1, 40, 40, 3), np.uint8), 3, axis=0)
    view = View(size=0.8, left=0.1, top=0.1, mirrored=True, gain=(1.1, 0.9, 1.0))

    changed = view.apply(frames, 32)

    assert changed.shape == (3, 32, 32, 3)
    assert (changed == changed[0]).all()
    assert not np.array_equal(changed, PLAIN.apply(frames, 32))


def test_a_mirrored_view_is_the_mirror_image() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)

    assert np.array_equal(View(mirrored=True).apply(frames, 32), frames[:, :, ::-1])


def test_prepared_features_have_a_row_for_each_sample_and_a_view_for_each_change(drawn: DrawnData) -> None:
    for clip in drawn.clips:
        plain, changed = drawn.prepared.views[clip.name]
        assert plain.shape == changed.shape == (6, 2 * 1280)
        assert not np.array_equal(plain, changed)


def test_prepare_takes_kept_features_instead_of_computing_them(drawn: DrawnData, tmp_path: Path) -> None:
    clip, views = drawn.clips[0], drawn.config.views
    prepare_clips([clip], drawn.extractor, views, tmp_path)
    of_plain, of_changed = sorted(tmp_path.iterdir(), key=lambda path: len(path.name))
    np.savez(of_plain, np.zeros((6, 2 * 1280), np.float16))
    np.savez(of_changed, np.ones((6, 2 * 1280), np.float16))

    prepared = prepare_clips([clip], drawn.extractor, views, tmp_path)

    plain, changed = prepared.views[clip.name]
    assert not plain.any()
    assert changed.all()


def test_kept_features_are_of_the_clip_as_it_is_now_whatever_its_name(drawn: DrawnData, tmp_path: Path) -> None:
    clip, other = drawn.clips[:2]
    prepare_clips([clip], drawn.extractor, drawn.config.views, tmp_path)

    prepared = prepare_clips([replace(other, name=clip.name)], drawn.extractor, drawn.config.views, tmp_path)

    expected = drawn.prepared.views[other.name][0]
    assert np.array_equal(prepared.views[clip.name][0], expected)
    assert not np.array_equal(expected, drawn.prepared.views[clip.name][0])


def test_other_views_share_the_plain_features(drawn: DrawnData, tmp_path: Path) -> None:
    clip = drawn.clips[0]
    prepare_clips([clip], drawn.extractor, Views(count=1), tmp_path)
    (kept, *_) = sorted(tmp_path.iterdir(), key=lambda path: len(path.name))
    np.savez(kept, np.zeros((6, 2 * 1280), np.float16))

    prepared = prepare_clips([clip], drawn.extractor, Views(count=2, seed=7), tmp_path)

    plain, first, second = prepared.views[clip.name]
    assert not plain.any()
    assert first.any()
    assert second.any()


def test_kept_features_that_are_damaged_are_computed_again(drawn: DrawnData, tmp_path: Path) -> None:
    clip, views = drawn.clips[0], drawn.config.views
    prepare_clips([clip], drawn.extractor, views, tmp_path)
    for kept in tmp_path.iterdir():
        kept.write_bytes(kept.read_bytes()[:1000])

    prepared = prepare_clips([clip], drawn.extractor, views, tmp_path)

    assert np.array_equal(prepared.views[clip.name][0], drawn.prepared.views[clip.name][0])


def test_prepare_skips_a_corrupt_clip_and_says_why(drawn: DrawnData, tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"not a video")
    bad = CaptionedClip("bad", tmp_path / "bad.mp4", "s", Split.TRAIN, ("a man",))

    prepared = prepare_clips([bad, drawn.clips[0]], drawn.extractor, drawn.config.views, tmp_path / "cache", workers=2)

    assert list(prepared.views) == [drawn.clips[0].name]
    assert "bad" in prepared.skipped
    assert "not a clip" in prepared.skipped["bad"]


@pytest.mark.parametrize("size", [24, 32, 48])
def test_a_view_gives_the_size_asked_for(size: int) -> None:
    frames = np.zeros((1, 40, 40, 3), np.uint8)

    assert View(size=0.75, left=0.2, top=0.1).apply(frames, size).shape == (1, size, size, 3)
