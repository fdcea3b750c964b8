"""Colour and light: everything is linear light until the camera develops it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil

from noise import Field

Light = NDArray[np.floating[Any]]
Size = tuple[int, int]


def hue(code: str, stops: float = 0) -> Light:
    """Return a colour written like `ff8040` as linear light, brightened by so many stops."""
    encoded = np.array([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    curve = ((encoded + 0.055) / 1.055) ** 2.4
    linear = np.where(encoded <= 0.04045, encoded / 12.92, curve)
    return np.asarray(linear * 2.0**stops, np.float32)


def frame(size: Size) -> tuple[Field, Field]:
    """Return u and v of every pixel: v runs 0 to 1 from top to bottom, u is 0 in the middle."""
    width, height = size
    u = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / height
    v = (np.arange(height, dtype=np.float32) + 0.5) / height
    across, down = np.meshgrid(u, v)
    return across.astype(np.float32), down.astype(np.float32)


def step(low: float, high: float, value: Field) -> Field:
    """Return 0 below `low`, 1 above `high` and a smooth rise between (or a fall if swapped)."""
    t = np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def mix(a: Light, b: Light, amount: Field | float) -> Light:
    """Blend two colours or pictures; `amount` is one number or one per pixel."""
    t = np.asarray(amount, np.float32)[..., None]
    return np.asarray(a + (b - a) * t, np.float32)


def ramp(value: Field, stops: Sequence[tuple[float, Light]]) -> Light:
    """Return the colours of a gradient through the given stops."""
    at = [position for position, _ in stops]
    channels = [np.interp(value, at, [float(c[i]) for _, c in stops]) for i in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def resize(field: Field, size: Size) -> Field:
    """Scale a field or picture with a good filter, without leaving linear light."""
    if field.ndim == 3:
        return np.stack([resize(field[..., i], size) for i in range(3)], axis=-1)
    image = Pil.fromarray(np.ascontiguousarray(field, np.float32))
    shrinks = size[0] < field.shape[1]
    method = Pil.Resampling.LANCZOS if shrinks else Pil.Resampling.BICUBIC
    return np.asarray(image.resize(size, method), np.float32)


def _convolve(field: Field, kernel: Field, axis: int) -> Field:
    reach = len(kernel) // 2
    pad = [(0, 0)] * field.ndim
    pad[axis] = (reach, reach)
    padded = np.pad(field, pad, mode="edge")
    length = field.shape[axis]
    total = np.zeros_like(field)
    for offset, weight in enumerate(kernel):
        window = [slice(None)] * field.ndim
        window[axis] = slice(offset, offset + length)
        total += weight * padded[tuple(window)]
    return total


def blur(field: Field, across: float, down: float | None = None) -> Field:
    """Return a Gaussian blur; the radii are fractions of the picture's height."""
    height, width = field.shape[:2]
    radii = [(across if down is None else down) * height, across * height]
    # A wide blur leaves nothing a smaller picture could not hold, so it is made on one.
    scale = [max(1.0, radius / 4) for radius in radii]
    small = (max(2, round(width / scale[1])), max(2, round(height / scale[0])))
    work = resize_box(field, small) if max(scale) > 1 else field
    for axis in (0, 1):
        radius = radii[axis] / scale[axis]
        if radius < 0.2:
            continue
        taps = np.arange(-int(3 * radius + 1), int(3 * radius + 2), dtype=np.float32)
        kernel = np.exp(-(taps**2) / (2 * radius**2))
        work = _convolve(work, (kernel / kernel.sum()).astype(np.float32), axis)
    return resize(work, (width, height)) if max(scale) > 1 else work


def resize_box(field: Field, size: Size) -> Field:
    """Shrink by plain averages, which cannot ring around a bright light."""
    if field.ndim == 3:
        return np.stack([resize_box(field[..., i], size) for i in range(3)], axis=-1)
    image = Pil.fromarray(np.ascontiguousarray(field, np.float32))
    return np.asarray(image.resize(size, Pil.Resampling.BOX), np.float32)


def sample(field: Field, column: Field, row: Field) -> Field:
    """Look up a field or picture at fractional pixel positions."""
    height, width = field.shape[:2]
    column = np.clip(column, 0, width - 1.001)
    row = np.clip(row, 0, height - 1.001)
    x, y = column.astype(np.int32), row.astype(np.int32)
    fx, fy = (column - x).astype(np.float32), (row - y).astype(np.float32)
    if field.ndim == 3:
        fx, fy = fx[..., None], fy[..., None]
    top = field[y, x] * (1 - fx) + field[y, x + 1] * fx
    bottom = field[y + 1, x] * (1 - fx) + field[y + 1, x + 1] * fx
    return np.asarray(top * (1 - fy) + bottom * fy, np.float32)


def bloom(light: Light, strength: float = 0.06, radius: float = 0.02) -> Light:
    """Spread a little of the light, as the glass of a lens does around bright spots."""
    wide = blur(light, radius) * 0.6 + blur(light, radius * 4) * 0.4
    return np.asarray(light * (1 - strength) + wide * strength, np.float32)
