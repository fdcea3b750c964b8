"""Landscapes: which point of a field of heights, or of the sea, does each pixel look at?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from light import Light, Size, frame, step
from noise import Field, fractal, gradient_noise

Height = Callable[[Field, Field], Field]


@dataclass(frozen=True)
class Lens:
    """A camera that looks level along z; like a shift lens it keeps upright things upright."""

    eye: float
    horizon: float
    focal: float


@dataclass(frozen=True)
class Ground:
    """What every pixel sees: where it is in the world, whether it is land, and how sunlit."""

    x: Field
    z: Field
    land: Field
    sunlit: Field


def cast(
    height: Height,
    lens: Lens,
    size: Size,
    *,
    near: float,
    far: float,
    slices: int,
    sun: float = 0.0,
    softness: float = 0.02,
    skew: float = 0.0,
    shades: Height | None = None,
) -> Ground:
    """Find the first ground along the ray of every pixel.

    `sun` is the tangent of the sun's elevation: above zero it shines from the left, below from
    the right, and zero means no cast shadows. With `skew` the light crosses the view at a slant:
    that many steps ahead for one to the right. `shades` is what casts shadows, if not the ground.
    """
    columns, rows = size
    u, v = frame(size)
    # Shadows may fall in from outside the picture, so the slices reach beyond its edge.
    left, right = (columns // 2 if reach > 0 else 0 for reach in (sun, -sun))
    wide = (np.arange(-left, columns + right) + 0.5 - columns / 2) / rows / lens.focal
    slant = 1 / (1 - skew * wide)
    distance = np.geomspace(near, far, slices)[:, None]
    z = (distance * slant).astype(np.float32)
    x = (wide * z).astype(np.float32)
    h = height(x, z)
    shade = np.ones_like(h)
    if sun:
        # The light comes along a slice, so the shadow is a running maximum of the skyline.
        slope = np.float32(sun * np.hypot(1, skew))
        rise = (shades(x, z) if shades else h) + slope * x
        sunward = rise if sun > 0 else rise[:, ::-1]
        skyline = np.maximum.accumulate(sunward, axis=1)
        skyline = skyline if sun > 0 else skyline[:, ::-1]
        shade = step(softness, 0, skyline - h - slope * x)
    inner = slice(left, left + columns)
    h, shade, z = h[:, inner], shade[:, inner], z[:, inner]
    seen = lens.horizon - lens.focal * (h - lens.eye) / z
    top = np.minimum.accumulate(seen, axis=0)
    depth = np.empty((rows, columns), np.float32)
    sunlit = np.empty((rows, columns), np.float32)
    land = np.empty((rows, columns), np.float32)
    line = v[:, 0]
    for column in range(columns):
        index = np.searchsorted(-top[:, column], -line)
        hit = index < slices
        index = np.clip(index, 1, slices - 1)
        before, after = seen[index - 1, column], seen[index, column]
        t = np.clip((before - line) / np.maximum(before - after, 1e-6), 0, 1)
        depth[:, column] = z[index - 1, column] * (1 - t) + z[index, column] * t
        sunlit[:, column] = shade[index - 1, column] * (1 - t) + shade[index, column] * t
        land[:, column] = hit
    return Ground((u / lens.focal * depth).astype(np.float32), depth, land, sunlit)


def normals(height: Height, ground: Ground, reach: float) -> tuple[Light, Field]:
    """Return the upward normal of the ground at every pixel, and its height.

    `reach` is the width of a pixel at distance one: slopes are measured over what a pixel covers.
    """
    width = np.maximum(ground.z * np.float32(reach), 1e-5)
    here = height(ground.x, ground.z)
    slope_x = (height(ground.x + width, ground.z) - here) / width
    slope_z = (height(ground.x, ground.z + width) - here) / width
    normal = np.stack([-slope_x, np.ones_like(slope_x), -slope_z], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return normal.astype(np.float32), here


def facing(normal: Light, azimuth: float, elevation: float) -> Field:
    """Return how squarely a light hits a surface; azimuth 0 is ahead, 90 to the right."""
    turn, lift = np.radians(azimuth), np.radians(elevation)
    toward = (np.sin(turn) * np.cos(lift), np.sin(lift), np.cos(turn) * np.cos(lift))
    return np.asarray(np.clip(normal @ np.array(toward, np.float32), 0, 1), np.float32)


@dataclass(frozen=True)
class Sea:
    """The sea below the horizon: its slopes, and the roughness too fine for the pixels."""

    slope_x: Field
    slope_z: Field
    rough: Field
    dip: Field


def sea(
    size: Size, lens: Lens, rng: np.random.Generator, *, wind: float, heading: float, steep: float
) -> Sea:
    """Return a sea of many sine waves; `wind` sets the longest wave, `steep` the roughness."""
    u, v = frame(size)
    dip = np.maximum((v - lens.horizon) / lens.focal, 1e-5)
    z = lens.eye / dip
    x = u / lens.focal * z
    # A pixel covers far more water along the view than across it.
    pixel = 1 / (lens.focal * size[1])
    across, along = z * pixel, z * z * pixel / lens.eye
    slope_x, slope_z = np.zeros_like(u), np.zeros_like(u)
    rough = np.full_like(u, (steep * 0.25) ** 2)

    def fade(kx: float, kz: float) -> Field:
        # What is finer than a pixel turns from visible slope into roughness.
        return np.asarray(np.exp(-0.35 * ((kx * across) ** 2 + (kz * along) ** 2)), np.float32)

    swells = 40
    lengths = np.geomspace(wind, wind / 24, swells) * rng.uniform(0.9, 1.1, swells)
    turns = np.radians(heading) + rng.normal(0, 0.6, swells)
    phases = rng.uniform(0, 2 * np.pi, swells)
    # Each wave alone would be a ruler-straight corduroy; slow drifting bends the crests.
    drift = fractal(x / np.float32(wind * 1.7), z / np.float32(wind * 1.7), 5, 3)
    for length, turn, phase in zip(lengths, turns, phases, strict=True):
        kx, kz = np.array([np.sin(turn), np.cos(turn)], np.float32) * 2 * np.pi / length
        amount = np.float32(steep * np.sqrt(2 / swells))
        seen = fade(kx, kz)
        bend = drift * np.float32(rng.uniform(0.8, 4.0)) + np.float32(phase)
        swing = amount * np.cos(kx * x + kz * z + bend) * seen
        slope_x += swing * np.float32(np.sin(turn))
        slope_z += swing * np.float32(np.cos(turn))
        rough += amount**2 / 2 * (1 - seen**2)
    # Short waves run every way at once, so plain noise serves; sines would weave a pattern.
    for ripple in range(6):
        length = wind / 18 / 1.9**ripple
        scale = np.float32(1 / length)
        seen = fade(2.2 / length, 2.2 / length)
        amount = np.float32(steep * 0.62)
        slope_x += 0.7 * amount * seen * gradient_noise(x * scale, z * scale * 1.3, 300 + ripple)
        slope_z += amount * seen * gradient_noise(x * scale * 0.8, z * scale * 1.3, 400 + ripple)
        rough += amount**2 / 9 * (1 - seen**2)
    return Sea(slope_x, slope_z, rough.astype(np.float32), dip.astype(np.float32))
