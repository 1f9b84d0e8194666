"""Takes what happens to the whole picture out of its motion: light, knocks of the camera, cuts.

People change a part of the picture. A lamp, auto-exposure or a flash changes all of it by one gain and offset, a knock
moves all of it, and after a cut nothing is where it was. Each earlier frame is compared with the frame of now on a
coarse grid; where neither is the case it stays as it is, bit for bit.
"""

import operator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Brightness = NDArray[np.float32]
"""Frames without colour, 0..255, (..., S, S)."""

_COARSE = 32  # lines of the grid on which frames are compared
_UNLIKE = 0.3  # correlation below which two frames show different things
_LIGHT = 3.0  # grey levels by which half the picture is brighter, or darker
_CHANGED = 12.0  # grey levels by which a pixel differs
_FEW, _MANY = 0.04, 0.5  # shares of the picture that differ: less is no knock; more may be light of another contrast
_FURTHEST = 8  # pixels of 128 by which a knock moves the picture
_EXPLAINED = 0.7  # of the difference may be left, or less, where light or a knock explains it


def hold_steady(frames: Brightness) -> Brightness:
    """The frame of now and those before it (1 + G, S, S), the latter as if nothing had happened to the whole picture.

    After a cut, the earlier frame is replaced by that of now: nothing is known to have moved. The frames themselves
    are given back where there is nothing to change.
    """
    coarse = _coarsen(frames).reshape(len(frames), -1)
    differences = coarse[0] - coarse[1:]
    changed = (np.abs(differences) > _CHANGED).mean(axis=1)
    middle = differences.shape[1] // 2
    light = np.abs(np.partition(differences, middle, axis=1)[:, middle])  # of the median
    if not ((changed > _FEW) | (light > _LIGHT)).any():
        return frames
    alike, shifts = _correlate(coarse[0], coarse[1:]), _find_shifts(frames)
    before = list(frames)
    held = list(before)
    for at, shift in enumerate(shifts):
        if alike[at] < _UNLIKE:
            held[1 + at] = before[0]
            continue
        if light[at] > _LIGHT or changed[at] > _MANY:
            held[1 + at] = _better(before[0], held[1 + at], _relight(before[0], held[1 + at]))
        if shift != (0, 0):
            held[1 + at] = _better(before[0], held[1 + at], _shift(before[0], held[1 + at], *shift))
    return frames if all(map(operator.is_, held, before)) else np.stack(held)


def _coarsen(frames: Brightness) -> Brightness:
    """Every fourth pixel of 128, each way."""
    step = max(1, frames.shape[-1] // _COARSE)
    return frames[..., ::step, ::step]


def _correlate(now: Brightness, before: Brightness) -> NDArray[np.float32]:
    """Pearson's correlation of (N,) with each of (G, N); of two even pictures, which have none, 1."""
    now, before = now - now.mean(), before - before.mean(axis=1, keepdims=True)
    spread = np.sqrt((now * now).mean() * (before * before).mean(axis=1))
    together: NDArray[np.float32] = np.where(spread > 1.0, (before * now).mean(axis=1) / np.maximum(spread, 1.0), 1.0)
    return together


def _better(now: Brightness, before: Brightness, corrected: Brightness) -> Brightness:
    left, was = float(np.abs(now - corrected).mean()), float(np.abs(now - before).mean())
    return corrected if left <= _EXPLAINED * was else before


def _relight(now: Brightness, before: Brightness) -> Brightness:
    """The earlier frame in the light of now. The brighter is foretold from the darker: what is burnt out is lost."""
    is_darker = before.mean() <= now.mean()
    dark, bright = (before, now) if is_darker else (now, before)
    gain, offset = _fit_light(dark, bright)
    foretold: Brightness = np.clip(np.float32(gain) * dark + np.float32(offset), 0, 255)
    if is_darker:
        return foretold
    relit: Brightness = now - (foretold - bright) / np.float32(max(gain, 1.0))
    return relit


def _fit_light(dark: Brightness, bright: Brightness) -> tuple[float, float]:
    """Gain and offset that most pixels agree on, of those that are not burnt out."""
    x, y = (_coarsen(each)[::2, ::2].ravel().astype(np.float64) for each in (dark, bright))
    kept = (y < 250) & (y > 2)
    if kept.sum() < len(x) // 8:
        return 1.0, float(np.median(y - x))
    x, y = x[kept], y[kept]
    gain, offset = 1.0, float(np.median(y - x))
    agreeing = np.ones(len(x), np.bool_)
    for _ in range(3):
        some, others = x[agreeing], y[agreeing]
        spread = some.var()
        gain = float(((some - some.mean()) * (others - others.mean())).mean() / spread) if spread > 1.0 else 1.0
        offset = float(others.mean() - gain * some.mean())
        residual = np.abs(y - gain * x - offset)
        agreeing = residual <= 2.0 * np.median(residual) + 1.0
    return gain, offset


def _find_shifts(frames: Brightness) -> list[tuple[int, int]]:
    """By how many lines down and right each earlier frame must be moved to lie on that of now, by their profiles."""
    down, right = (_find_offsets(each) for each in (frames[:, :, ::4].mean(axis=2), frames[:, ::4].mean(axis=1)))
    return list(zip(down, right, strict=True))


def _find_offsets(profiles: Brightness) -> list[int]:
    """The offset of each later row of (1 + G, S) against the first, at most `_FURTHEST` of 128; 0 if none is clear."""
    furthest = max(1, round(_FURTHEST * profiles.shape[1] / 128))
    inner = profiles[0, furthest:-furthest]
    there = sliding_window_view(profiles[1:], len(inner), axis=1)  # (G, 2 F + 1, S - 2 F), the furthest right first
    apart = (inner - inner.mean()) - (there - there.mean(axis=2, keepdims=True))
    errors = np.abs(apart).mean(axis=2)
    best = errors.argmin(axis=1)
    is_clear = errors.min(axis=1) <= _EXPLAINED * errors[:, furthest]
    return [furthest - int(at) if clear else 0 for at, clear in zip(best, is_clear, strict=True)]


def _shift(now: Brightness, before: Brightness, down: int, right: int) -> Brightness:
    """The earlier frame moved by whole pixels; what it does not show is taken from the frame of now."""
    height, width = now.shape
    moved = now.copy()
    moved[max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)] = before[
        max(0, -down) : height + min(0, -down), max(0, -right) : width + min(0, -right)
    ]
    return moved
