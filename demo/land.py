"""Mountains, dunes, canyons and snow: landscapes of solid ground under a low sun."""

from __future__ import annotations

import numpy as np

from light import Light, Size, frame, hue, mix, ramp, step
from noise import Field, fractal, gradient_noise, ridged
from terrain import Lens, cast, facing, normals
from trees import Grove


def _mist(lens: Lens, height: Field, z: Field, depth: float, density: float) -> Field:
    """Return how much light gets through a layer of mist that thins with height."""
    low = np.exp(-np.float32(lens.eye / depth))
    rise = np.maximum(height, -2 * depth) / np.float32(depth) - np.float32(lens.eye / depth)
    rise = np.where(np.abs(rise) < 1e-3, np.float32(1e-3), rise)
    mean = low * (1 - np.exp(-rise)) / rise
    return np.asarray(np.exp(-np.float32(density) * z * mean), np.float32)


def _cirrus(u: Field, v: Field, seed: int, horizon: float, stretch: float = 3.0) -> Field:
    """Return thin high cloud, drawn on a ceiling that runs away to the horizon."""
    away = 1 / np.maximum(horizon - v + 0.09, 0.02)
    x, y = u * away * 0.55, away * 0.8
    bend = fractal(x * 0.7, y * 0.7, seed + 1, 3)
    veil = fractal(x * 0.6 + bend * 0.35, y * stretch * 0.4 + bend * 0.4, seed, 8, 0.55)
    return step(-0.1, 1.0, veil)


def ridges(size: Size, rng: np.random.Generator) -> Light:
    """Draw ridge behind ridge above the mist, with the sun about to clear the last one."""
    lens = Lens(eye=1.95, horizon=0.46, focal=1.75)

    def height(x: Field, z: Field) -> Field:
        bend = 0.35 * fractal(x * 0.16, z * 0.16, 31, 2)
        peaks = ridged(x * 0.17 + bend + 4.3, z * 0.21 + bend, 12, 8, 0.46)
        giants = step(20, 46, z) * 0.9 * ridged(x * 0.05 + 1.2, z * 0.05, 77, 3)
        return np.asarray(peaks * 2.15 - 0.25 + giants - step(7, 2, z) * 0.6, np.float32)

    u, v = frame(size)
    sun_u, sun_v = 0.30, 0.424
    apart = np.hypot(u - sun_u, (v - sun_v) * 1.15)
    low = np.clip((lens.horizon - v) / lens.horizon, 0, 1)
    sky = ramp(low, [
        (0.0, hue("ffc48a", 0.6)), (0.22, hue("ffb98c", 0.35)), (0.42, hue("e7b1a8", 0)),
        (0.7, hue("9aa6c6", -0.35)), (1.0, hue("5f7fb4", -0.8)),
    ])  # fmt: skip
    veil = _cirrus(u, v, 5, lens.horizon)
    sky = mix(sky, sky * 0.6 + hue("ffb58f", 0.4) * 0.55, veil * 0.55)
    glow = 0.5 * np.exp(-apart / 0.42) + 1.5 * np.exp(-apart / 0.09)
    sky = sky + glow[..., None] * hue("ffb060", 0.3)
    sky = sky + (40 * step(0.021, 0.019, apart))[..., None] * hue("ffd9a0")

    ground = cast(height, lens, size, near=1.6, far=90, slices=4500)
    normal, high = normals(height, ground, 1.4 / (lens.focal * size[1]))
    rock = mix(hue("2b3038"), hue("4a4038"), step(-0.5, 0.8, fractal(ground.x, ground.z, 3, 4)))
    rock = mix(rock, hue("1b2a24"), step(1.1, 0.6, high) * step(0.5, 0.8, normal[..., 1]))
    direct = facing(normal, 10.5, 7)[..., None] * hue("ffae62", 2.6)
    ambient = (0.35 + 0.65 * normal[..., 1:2]) * hue("7f96c4", -0.7)
    lit: Light = rock * (direct + ambient)

    toward_sun = np.exp(-(apart**2) / 0.22) * 0.6 + np.exp(-apart / 0.14) * 0.8
    far_haze = ramp(np.clip((ground.z - 4) / 50, 0, 1), [
        (0, hue("7488b4", -0.75)), (0.25, hue("9c98b8", -0.3)), (1, hue("e9b596", 0.15)),
    ])  # fmt: skip
    air = far_haze + toward_sun[..., None] * hue("ff9f58", 0.1)
    through = np.exp(-ground.z / 26) * _mist(lens, high, ground.z, 0.27, 7.5)
    lit = mix(air, lit, through)
    return mix(sky, lit, ground.land)


def blue_hour(size: Size, rng: np.random.Generator) -> Light:
    """Draw a wide chain of snowy mountains after sunset, with mist in the valleys."""
    lens = Lens(eye=1.5, horizon=0.60, focal=1.9)

    def height(x: Field, z: Field) -> Field:
        bend = 0.4 * fractal(x * 0.12, z * 0.12, 8, 3)
        peaks = ridged(x * 0.115 + bend + 9.1, z * 0.16 + bend, 21, 9, 0.47)
        grow = 0.55 + 0.75 * step(6, 30, z)
        return np.asarray((peaks * 2.7 - 0.35) * grow - step(8, 3, z) * 0.8, np.float32)

    u, v = frame(size)
    low = np.clip((lens.horizon - v) / lens.horizon, 0, 1)
    sky = ramp(low, [
        (0.0, hue("f3b79c", -0.2)), (0.18, hue("d9a3ae", -0.5)), (0.38, hue("9a90bd", -0.8)),
        (0.65, hue("5a74ae", -1.1)), (1.0, hue("2c4a86", -1.4)),
    ])  # fmt: skip
    warm = np.exp(-((u + 0.55) ** 2) / 0.9) * np.exp(-low * 3.0)
    sky = sky + warm[..., None] * hue("ff8a5a", -1.0)
    veil = _cirrus(u * 0.8, v, 15, lens.horizon)
    sky = mix(sky, sky * 0.75 + hue("c98aa8", -1.0), veil * 0.5)

    ground = cast(height, lens, size, near=2.2, far=110, slices=3600)
    normal, high = normals(height, ground, 1.3 / (lens.focal * size[1]))
    wobble = fractal(ground.x * 2, ground.z * 2, 6, 5)
    snow = step(0.62, 0.80, normal[..., 1] + 0.09 * wobble) * step(0.5, 1.1, high + 0.3 * wobble)
    surface = mix(hue("23262e"), hue("eef2fa"), snow)
    sheen = facing(normal, -35, 12)[..., None] * hue("f0a29a", -0.7)
    ambient = (0.3 + 0.7 * normal[..., 1:2]) * hue("5c7cc0", -0.8)
    lit: Light = surface * (sheen + ambient)
    air = ramp(np.clip((ground.z - 3) / 60, 0, 1), [
        (0, hue("3a5690", -1.2)), (0.4, hue("6b7bb2", -0.9)), (1, hue("d59fae", -0.6)),
    ])  # fmt: skip
    air = air + (warm * step(10, 60, ground.z))[..., None] * hue("ff8a5a", -1.6)
    through = np.exp(-ground.z / 34) * _mist(lens, high, ground.z, 0.25, 4.5)
    return mix(sky, mix(air, lit, through), ground.land)


def dunes(size: Size, rng: np.random.Generator) -> Light:
    """Draw great dunes in the last hour of sun, one side ablaze and the other in blue shade."""
    lens = Lens(eye=0.34, horizon=0.36, focal=1.6)

    def crest(x: Field, z: Field) -> Field:
        # Wind builds dunes lopsided: a long back, then a sharp edge and a steep slip face.
        bend = 0.9 * fractal(x * 0.25, z * 0.25, 61, 2) + 0.16 * fractal(x * 1.1, z * 1.1, 62, 2)
        phase = x * 0.42 + z * 0.16 + bend + 0.30
        t = phase - np.floor(phase)
        back = t / 0.66
        face = (1 - t) / 0.34
        # The crest is a knife edge close by; far off, only as sharp as the slices can show.
        sharp = 420 / (1 + z)
        shape = -np.logaddexp(-sharp * back, -sharp * face) / sharp
        return np.asarray(shape * shape * (1.55 - 0.55 * shape), np.float32)

    def height(x: Field, z: Field) -> Field:
        size_of = 0.65 + 0.4 * gradient_noise(x * 0.13 + 3, z * 0.13, 64) + step(3, 16, z) * 0.75
        swell = 0.12 * fractal(x * 0.35, z * 0.35, 65, 3)
        dip = step(2.2, 0.7, z) * 0.1
        return np.asarray(crest(x, z) * size_of * 0.62 + swell - dip, np.float32)

    def rippled(x: Field, z: Field) -> Field:
        bend = 5 * fractal(x * 1.5, z * 1.5, 66, 3)
        wave = np.sin(x * 150 + z * 45 + bend * 2.2) * 0.55
        small = np.abs(np.sin(x * 230 + z * 80 + bend * 4.5)) * np.exp(-((z / 2.2) ** 2))
        wave = wave - 0.62 * small
        fade = np.exp(-((z / 3.4) ** 2))
        fine = fractal(x * 9, z * 9, 67, 3) * 0.0012
        return np.asarray(height(x, z) + fade * wave * 0.00095 + fine, np.float32)

    ground = cast(height, lens, size, near=0.35, far=45, slices=3600, sun=0.30, softness=0.02)
    normal, _ = normals(rippled, ground, 1.0 / (lens.focal * size[1]))
    _, v = frame(size)
    sand = mix(hue("d98a4e"), hue("c9703a"), step(-0.6, 0.7, fractal(ground.x, ground.z, 9, 4)))
    speck = 1 + 0.07 * fractal(ground.x * 160, ground.z * 160, 10, 3) * np.exp(-ground.z / 2)
    sand = sand * speck[..., None]
    direct = (facing(normal, -82, 15) * ground.sunlit)[..., None] * hue("ffc07a", 2.25)
    ambient = (0.3 + 0.7 * normal[..., 1:2]) * hue("7a9cff", 0.0)
    # Shaded faces glow a little with light thrown back by the lit slope beside them.
    bounce = (1 - ground.sunlit[..., None]) * hue("d07a58", -3.4)
    lit: Light = sand * (direct + ambient + bounce)
    low = np.clip((lens.horizon - v) / lens.horizon, 0, 1)
    sky = ramp(low, [
        (0.0, hue("f6d2a8", -0.1)), (0.25, hue("d3c6bb", -0.3)), (0.6, hue("8fb0d0", -0.5)),
        (1.0, hue("4f86c0", -0.8)),
    ])  # fmt: skip
    air = mix(hue("e9c09a", -0.3), hue("f6d2a8", -0.1), step(5, 50, ground.z))
    lit = mix(air, lit, np.exp(-ground.z / 26))
    return mix(sky, lit, ground.land)


def canyon(size: Size, rng: np.random.Generator) -> Light:
    """Draw a wide canyon of banded rock with evening sun on its walls."""
    lens = Lens(eye=1.42, horizon=0.30, focal=1.35)

    def terrace(h: Field, wobble: Field) -> Field:
        # Hard beds stand as cliffs and soft ones lie as slopes, so the fall comes in steps.
        beds = 7.0
        level = h * beds + 0.25 * wobble
        whole = np.floor(level)
        part = level - whole
        return np.asarray((whole + step(0.30, 0.62, part) * 0.82 + part * 0.18) / beds, np.float32)

    def height(x: Field, z: Field) -> Field:
        bend = 0.5 * fractal(x * 0.22, z * 0.22, 41, 3)
        valley = np.abs(x * 0.34 - 0.15 + 0.75 * np.sin(z * 0.20 + 0.6) + bend)
        side = ridged(x * 0.28 + bend * 0.5 + 3.1, z * 0.28, 42, 7, 0.5)
        raw = np.clip(valley * 0.62 + 0.12, 0, 1.3) * (0.62 + 0.6 * (1 - side))
        raw = np.minimum(raw * 1.2, 1.02 + 0.05 * side)
        wobble = fractal(x * 1.4, z * 1.4, 44, 4)
        rough = 0.014 * fractal(x * 7, z * 7, 45, 7, 0.55)
        return np.asarray(terrace(raw.astype(np.float32), wobble) * 1.25 + rough, np.float32)

    ground = cast(height, lens, size, near=0.9, far=60, slices=2200, sun=-0.46, softness=0.03)
    normal, high = normals(height, ground, 1.2 / (lens.focal * size[1]))
    u, v = frame(size)
    bed = high * 15 + 1.1 * fractal(ground.x * 0.7, ground.z * 0.7, 46, 3)
    bands = fractal(bed, np.zeros_like(bed) + 2.5, 47, 6, 0.65)
    bands = bands + 0.16 * fractal(ground.x * 18, ground.z * 18, 49, 5, 0.6)
    rock = ramp(bands, [
        (-0.9, hue("6e3a28")), (-0.3, hue("a5552f")), (0.1, hue("c8743f")), (0.45, hue("d99a66")),
        (0.9, hue("ead0a4")),
    ])  # fmt: skip
    flat = step(0.80, 0.95, normal[..., 1])
    scrub = step(0.0, 0.45, fractal(ground.x * 22, ground.z * 22, 48, 6, 0.62))
    rock = mix(rock, mix(hue("9a6a45"), hue("4c5238"), scrub * 0.8), flat * 0.75)
    direct = (facing(normal, 66, 22) * ground.sunlit)[..., None] * hue("ffb87c", 2.25)
    ambient = (0.35 + 0.65 * normal[..., 1:2]) * hue("8aa0dc", -0.7)
    bounce = (1 - normal[..., 1:2]) * hue("d8703c", -2.4)
    lit: Light = rock * (direct + ambient + bounce)
    low = np.clip((lens.horizon - v) / lens.horizon, 0, 1)
    sky = ramp(low, [
        (0.0, hue("f2c9ae", 0)), (0.3, hue("cdbcc6", -0.25)), (0.65, hue("8aa6d0", -0.5)),
        (1.0, hue("5884bf", -0.8)),
    ])  # fmt: skip
    veil = _cirrus(u, v, 25, lens.horizon)
    sky = mix(sky, hue("ffd0b4", 0.1), veil * 0.45)
    air = mix(hue("8f86b0", -0.9), hue("e2b0a4", -0.3), step(3, 32, ground.z))
    lit = mix(air, lit, np.exp(-ground.z / 24) * _mist(lens, high, ground.z, 0.4, 0.03))
    return mix(sky, lit, ground.land)


def _snow(x: Field, z: Field) -> Field:
    swell = 0.07 * fractal(x * 0.45 + 2.2, z * 0.45, 71, 3)
    hills = step(5, 30, z) * (1.9 * ridged(x * 0.11 + 5.4, z * 0.07, 72, 6, 0.42) - 0.35)
    return np.asarray(swell + hills - 0.03, np.float32)


def _drifted(x: Field, z: Field) -> Field:
    bend = 0.35 * fractal(x * 1.2, z * 1.2, 73, 2)
    drift = ridged(x * 1.1 + bend, z * 2.8 + bend * 2, 74, 5, 0.40)
    near = np.exp(-z / 7)
    fine = fractal(x * 30, z * 50, 75, 3)
    return np.asarray(_snow(x, z) + near * (0.0150 * drift + 0.00012 * fine), np.float32)


def snowfield(size: Size, rng: np.random.Generator) -> Light:
    """Draw wind-packed snow and a few spruces with long blue shadows under a low sun."""
    lens = Lens(eye=0.40, horizon=0.36, focal=1.35)
    places = [(-1.00, 2.6, 0.62), (-1.28, 2.9, 0.45), (-2.3, 3.4, 0.55), (-1.9, 4.2, 0.55),
              (-2.1, 2.6, 0.47), (-1.35, 1.95, 0.36), (0.55, 6.3, 0.6), (0.8, 6.6, 0.7),
              (1.15, 6.2, 0.42)]  # fmt: skip
    places += [
        (float(rng.normal(-1.5, 3.2)), float(rng.uniform(7.5, 12)), float(rng.uniform(0.3, 0.7)))
        for _ in range(26)
    ]

    def wooded(x: Field, z: Field) -> Field:
        tallest = np.zeros_like(x)
        for at_x, at_z, tall in places:
            away = np.hypot(x - at_x, z - at_z)
            tallest = np.maximum(tallest, tall * (1 - away / (0.12 * tall)))
        # Boughs end raggedly, and so do their shadows.
        ragged = 1 + 1.2 * fractal(x * 16, z * 16, 76, 3)
        return np.asarray(_drifted(x, z) + tallest * ragged, np.float32)

    ground = cast(
        _drifted, lens, size, near=0.42, far=60, slices=3000, sun=0.17, softness=0.03,
        skew=-0.45, shades=wooded,
    )  # fmt: skip
    normal, _ = normals(_drifted, ground, 1.2 / (lens.focal * size[1]))
    u, v = frame(size)
    low = np.clip((lens.horizon - v) / lens.horizon, 0, 1)
    sky = ramp(low, [
        (0.0, hue("fbd9bd", 0.2)), (0.2, hue("f3cfc4", 0)), (0.5, hue("b7c4e0", -0.2)),
        (1.0, hue("6f9ad4", -0.6)),
    ])  # fmt: skip
    warm = np.exp(-((u + 0.75) ** 2) / 0.4 - low * 1.5)
    sky = sky + warm[..., None] * hue("ffc27d", -0.4)
    sky = mix(sky, hue("ffe3d4", 0.2), _cirrus(u, v, 35, lens.horizon) * 0.4)
    direct = (facing(normal, -66, 10) * ground.sunlit)[..., None] * hue("ffcf9c", 3.0)
    ambient = (0.25 + 0.75 * normal[..., 1:2]) * hue("6f9be6", -0.75)
    lit: Light = np.float32(0.9) * (direct + ambient)
    rocks = step(0.72, 0.5, normal[..., 1]) * step(6, 12, ground.z)
    lit = mix(lit, lit * hue("4a4a55"), rocks * 0.8)
    air = mix(hue("a9bde6", -0.4), hue("f6d2c0", 0), step(4, 45, ground.z) * 0.8)
    lit = mix(air, lit, np.exp(-ground.z / 30))
    light = mix(sky, lit, ground.land)
    for at_x, at_z, tall in sorted(places, key=lambda place: -place[1]):
        foot = _drifted(np.array([[at_x]]), np.array([[at_z]]))[0, 0]
        at_u = lens.focal * at_x / at_z
        at_v = lens.horizon - lens.focal * (float(foot) - lens.eye) / at_z
        if abs(at_u) > size[0] / size[1]:
            continue
        grove = Grove(size)
        grove.spruce(at_u, at_v + 0.002, lens.focal * tall / at_z, rng)
        mask = grove.mask()
        dark = mix(hue("a9bde6", -0.4), hue("16222c", -0.2), float(np.exp(-at_z / 16)))
        # The low sun catches the side of each tree that is turned to it.
        edge = np.clip(mask - np.roll(mask, round(0.004 * size[1]), axis=1), 0, 1) * mask
        dark = dark + edge[..., None] * hue("ffbe85", -0.6)
        light = mix(light, dark, mask)
    return light


def night_snow(size: Size, horizon: float, glow: Light, sky: Light) -> tuple[Light, Field]:
    """Return a snowy plateau and far peaks lit by a glowing sky, and where they cover it."""
    lens = Lens(eye=0.20, horizon=horizon, focal=1.0)
    ground = cast(_drifted, lens, size, near=0.12, far=60, slices=1800)
    normal, _ = normals(_drifted, ground, 1.2 / (lens.focal * size[1]))
    lamp = 0.2 * normal[..., 1] ** 2 + 1.1 * facing(normal, 35, 18)
    lamp = lamp + 0.5 * facing(normal, -60, 12)
    rocks = step(0.74, 0.52, normal[..., 1]) * step(6, 12, ground.z)
    lit: Light = lamp[..., None] * glow * (1 - 0.75 * rocks)[..., None]
    return mix(sky, lit, np.exp(-ground.z / 45)), ground.land


def night_peaks(size: Size, shore: float, glow: Light, air: Light) -> tuple[Light, Field]:
    """Return snowy mountains beyond a shore, lit by a glowing sky, and where they cover it."""
    lens = Lens(eye=0.02, horizon=shore, focal=1.4)

    def height(x: Field, z: Field) -> Field:
        bend = 0.3 * fractal(x * 0.2, z * 0.2, 81, 3)
        peaks = ridged(x * 0.17 + bend + 6.2, z * 0.17 + bend, 82, 8, 0.47)
        return np.asarray(step(6, 16, z) * (1.9 * peaks - 0.1) * 0.9, np.float32)

    ground = cast(height, lens, size, near=5, far=40, slices=1200)
    normal, high = normals(height, ground, 1.2 / (lens.focal * size[1]))
    snow = step(0.50, 0.75, normal[..., 1]) * step(0.15, 0.8, high)
    lamp = 0.2 + 0.9 * facing(normal, 180, 40) + 0.5 * facing(normal, -70, 30)
    lit: Light = (lamp * (0.06 + 0.94 * snow))[..., None] * glow
    return mix(air, lit, np.exp(-ground.z / 26)), ground.land
