"""Noise that depends on position alone, so a preview shows the same picture as the full size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]

_ANGLES = np.linspace(0, 2 * np.pi, 256, endpoint=False)
_COS = np.cos(_ANGLES).astype(np.float32)
_SIN = np.sin(_ANGLES).astype(np.float32)
# Blocks of this many samples stay in the processor's cache, which halves the time.
_BLOCK = 1 << 15


def _hash(x: NDArray[np.int32], y: NDArray[np.int32], seed: int) -> NDArray[np.uint8]:
    h = x.astype(np.uint32) * np.uint32(0x9E3779B1)
    h += np.uint32((seed * 0x85EBCA77) & 0xFFFFFFFF)
    h ^= y.astype(np.uint32) * np.uint32(0xC2B2AE3D)
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x2C1B3C6D)
    h ^= h >> np.uint32(13)
    return (h >> np.uint32(7)).astype(np.uint8)


def _gradient_block(x: Field, y: Field, seed: int) -> Field:
    floor_x, floor_y = np.floor(x), np.floor(y)
    cell_x, cell_y = floor_x.astype(np.int32), floor_y.astype(np.int32)
    fx, fy = x - floor_x, y - floor_y
    # The quintic fade has no crease where cells meet, even in the shading of a slope.
    fade_x = fx * fx * fx * (fx * (fx * 6 - 15) + 10)
    fade_y = fy * fy * fy * (fy * (fy * 6 - 15) + 10)

    def corner(i: int, j: int) -> Field:
        turn = _hash(cell_x + np.int32(i), cell_y + np.int32(j), seed)
        return np.asarray(_COS[turn] * (fx - i) + _SIN[turn] * (fy - j))

    top = corner(0, 0)
    top += fade_x * (corner(1, 0) - top)
    bottom = corner(0, 1)
    bottom += fade_x * (corner(1, 1) - bottom)
    return np.float32(1.5) * (top + fade_y * (bottom - top))


def gradient_noise(x: Field, y: Field, seed: int) -> Field:
    """Return smooth noise of about -1 to 1 with features one unit wide."""
    x, y = np.broadcast_arrays(np.asarray(x, np.float32), np.asarray(y, np.float32))
    flat_x, flat_y = x.ravel(), y.ravel()
    out = np.empty(flat_x.size, np.float32)
    for start in range(0, flat_x.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        out[part] = _gradient_block(flat_x[part], flat_y[part], seed)
    return out.reshape(x.shape)


def _octave(x: Field, y: Field, scale: float, step: int) -> tuple[Field, Field]:
    # Turning every octave hides the square lattice the noise is built on.
    cos, sin = np.cos(1.1 * step), np.sin(1.1 * step)
    return (
        np.asarray((x * cos - y * sin) * scale + 17.3 * step, np.float32),
        np.asarray((x * sin + y * cos) * scale - 9.7 * step, np.float32),
    )


def fractal(x: Field, y: Field, seed: int, octaves: int = 6, gain: float = 0.5) -> Field:
    """Return clouds of noise: each octave half as wide and `gain` times as strong."""
    total = np.zeros(np.broadcast_shapes(np.shape(x), np.shape(y)), np.float32)
    for step in range(octaves):
        total += np.float32(gain**step) * gradient_noise(*_octave(x, y, 2.03**step, step), seed)
        seed += 101
    return total


def ridged(x: Field, y: Field, seed: int, octaves: int = 7, gain: float = 0.5) -> Field:
    """Return noise of 0 to about 1 with sharp crests, like weathered mountains."""
    total = np.zeros(np.broadcast_shapes(np.shape(x), np.shape(y)), np.float32)
    weight = np.ones_like(total)
    reach = 0.0
    for step in range(octaves):
        crest = 1 - np.abs(gradient_noise(*_octave(x, y, 2.03**step, step), seed))
        crest *= crest
        total += np.float32(gain**step) * crest * weight
        # Detail belongs on the crests; valley floors fill up and stay smooth.
        weight = np.clip(crest * weight * 1.6, 0, 1)
        reach += gain**step
        seed += 101
    return total / np.float32(reach)


def cells(x: Field, y: Field, seed: int) -> tuple[Field, Field]:
    """Return the distances to the nearest and second nearest of points scattered one per unit."""
    x, y = np.broadcast_arrays(np.asarray(x, np.float32), np.asarray(y, np.float32))
    cell_x, cell_y = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
    first = np.full(x.shape, 9, np.float32)
    second = first.copy()
    for j in (-1, 0, 1):
        for i in (-1, 0, 1):
            at_x, at_y = cell_x + np.int32(i), cell_y + np.int32(j)
            dx = at_x + _hash(at_x, at_y, seed).astype(np.float32) / 256 - x
            dy = at_y + _hash(at_x, at_y, seed + 7).astype(np.float32) / 256 - y
            distance = np.sqrt(dx * dx + dy * dy).astype(np.float32)
            second = np.minimum(second, np.maximum(first, distance))
            first = np.minimum(first, distance)
    return first, second
