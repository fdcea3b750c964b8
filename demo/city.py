"""The city after dark: towers over water, and lights out of focus behind a wet window."""

from __future__ import annotations

import numpy as np

from light import Light, Size, bloom, blur, frame, hue, mix, ramp, sample, step
from noise import fractal, gradient_noise
from trees import Grove

_LAMPS = ("ffb35a", "ffd08a", "ff9a42", "ffe6c2", "fff4e4", "d8e6ff")
_SIGNS = ("ff3b2e", "ff5c8a", "2ec4ff", "38e0a0", "ff7a1f", "b06cff")


def _tower(
    light: Light,
    box: tuple[float, float, float, float],
    wall: Light,
    rng: np.random.Generator,
    floors: float,
    lit: float,
) -> None:
    """Paint one block with its windows; `box` is left, right, top and foot in u and v."""
    height, width = light.shape[:2]
    left, right, top, foot = box
    x0, x1 = (int(np.floor(p * height + width / 2)) for p in (left, right))
    y0, y1 = (int(np.floor(p * height)) for p in (top, foot))
    x0, x1, y0, y1 = max(x0, 0), min(x1 + 2, width), max(y0, 0), min(y1 + 1, height)
    if x0 >= x1 or y0 >= y1:
        return
    u = ((np.arange(x0, x1) + 0.5 - width / 2) / height).astype(np.float32)[None, :]
    v = ((np.arange(y0, y1) + 0.5) / height).astype(np.float32)[:, None]
    pixel = 1.0 / height
    inside = np.clip((u - left) / pixel, 0, 1) * np.clip((right - u) / pixel, 0, 1)
    inside = inside * np.clip((v - top) / pixel, 0, 1)
    pitch_v = 1 / floors
    pitch_u = pitch_v * rng.choice([0.55, 0.8, 1.2, 2.2])
    pitch_u = (right - left) / max(round((right - left) / pitch_u), 1)
    column, row = (u - left) / pitch_u, (v - top) / pitch_v - 0.6
    i, j = np.floor(column).astype(int), np.floor(row).astype(int)
    shape = (int(j.max()) + 2, int(i.max()) + 2)
    # Offices light a whole floor, homes a window here and there.
    whole = rng.uniform(0, 1, (shape[0], 1)) < 0.10
    on = (rng.uniform(0, 1, shape) < lit) | (whole & (rng.uniform(0, 1, shape) < 0.85))
    power = on * rng.lognormal(-0.5, 0.75, shape)
    tone = np.array([hue(c) for c in ("ffb866", "ffd196", "ffe4bd", "f4f2ea", "cfe0ff")])
    tints = tone[rng.choice(5, shape, p=[0.26, 0.3, 0.24, 0.13, 0.07])]
    j, i = np.clip(j, 0, shape[0] - 1), np.clip(i, 0, shape[1] - 1)
    gap_u, gap_v = pixel / pitch_u, pixel / pitch_v
    in_u, in_v = column - np.floor(column), row - np.floor(row)
    pane = step(0.10, 0.10 + gap_u, in_u.astype(np.float32)) * step(
        0.90, 0.90 - gap_u, in_u.astype(np.float32)
    )
    pane = (
        pane
        * step(0.22, 0.22 + gap_v, in_v.astype(np.float32))
        * step(0.80, 0.80 - gap_v, in_v.astype(np.float32))
    )
    pane = pane * (row > 0)
    glow = (pane * power[j, i])[..., None] * tints[j, i]
    body = wall * (1.15 - 0.5 * (v - top) / max(foot - top, 1e-3))[..., None]
    # One face of the block turns away from the last light of the sky.
    corner = left + (right - left) * rng.uniform(0.55, 0.8)
    turned = np.clip((u - corner) / pixel, 0, 1)[..., None]
    body = body * (1 - 0.42 * turned)
    glow = glow * (1 - 0.35 * turned)
    body = body * (1 - 0.25 * pane[..., None] * (1 - on[j, i, None]))
    part = light[y0:y1, x0:x1]
    part += (body + glow.astype(np.float32) - part) * inside[..., None].astype(np.float32)


def _dot(light: Light, u: float, v: float, radius: float, tint: Light) -> None:
    """Add one small soft lamp."""
    height, width = light.shape[:2]
    x, y, r = u * height + width / 2, v * height, max(radius * height, 0.8)
    reach = int(4 * r) + 1
    x0, x1 = max(int(x) - reach, 0), min(int(x) + reach + 1, width)
    y0, y1 = max(int(y) - reach, 0), min(int(y) + reach + 1, height)
    if x0 >= x1 or y0 >= y1:
        return
    away = (np.arange(x0, x1) + 0.5 - x)[None, :] ** 2 + (np.arange(y0, y1) + 0.5 - y)[:, None] ** 2
    light[y0:y1, x0:x1] += (np.exp(-away / (2 * r * r))[..., None] * tint).astype(np.float32)


def skyline(size: Size, rng: np.random.Generator) -> Light:
    """Draw towers across the river at blue hour, their windows drawn out in the water."""
    u, v = frame(size)
    shore = 0.64
    span = size[0] / size[1] / 2
    low = np.clip((shore - v) / shore, 0, 1)
    sky = ramp(low, [
        (0.0, hue("ffb27c", -0.7)), (0.12, hue("d99a92", -1.0)), (0.3, hue("7f7aa8", -1.4)),
        (0.6, hue("3c5a98", -1.7)), (1.0, hue("1d3670", -2.0)),
    ])  # fmt: skip
    away = 1 / (shore - v + 0.12).clip(0.03)
    bend = 0.25 * fractal(u * away * 0.8, away * 1.6, 3, 4)
    cloud = fractal(u * away * 0.42 + bend, away * 1.9 + bend, 4, 8, 0.56)
    cover = step(-0.15, 0.9, cloud) * step(0, 0.3, low) * 0.75
    sky = mix(sky, sky * 0.55 + hue("c77a7e", -1.9), cover)
    light = sky.copy()
    haze = (hue("8c7390", -1.35), hue("4c4f74", -1.7), hue("1e2440", -1.9))
    for layer, wall in enumerate(haze):
        crowd = (64, 44, 30)[layer]
        places = np.linspace(-span * 1.05, span * 1.05, crowd) + rng.normal(0, 0.012, crowd)
        for place in places:
            core = np.exp(-((place - 0.16) ** 2) / 0.05)
            core += 0.65 * np.exp(-((place + 0.42) ** 2) / 0.02)
            tall = (0.035 + rng.gamma(2.0, 0.022)) * (1 - 0.15 * layer)
            tall += (0.03 + 0.20 * core) * rng.uniform(0.15, 1.0) * (0.9 if layer < 2 else 0.42)
            wide = rng.uniform(0.018, 0.042) * (0.8 + 0.25 * layer)
            tint = wall * rng.uniform(0.7, 1.15)
            floors = rng.uniform(150, 210) * (1.3, 1.0, 0.8)[layer]
            lit = rng.uniform(0.12, 0.5)
            top = shore - tall
            left, right = place - wide / 2, place + wide / 2
            _tower(light, (left, right, top, shore), tint, rng, floors, lit)
            if tall > 0.15:
                inset = wide * rng.uniform(0.12, 0.3)
                crown = top - tall * rng.uniform(0.05, 0.16)
                _tower(light, (left + inset, right - inset, crown, top), tint, rng, floors, lit)
                if rng.uniform() < 0.6:
                    mast = crown - tall * rng.uniform(0.1, 0.28)
                    thin = 0.0011
                    _tower(light, (place - thin, place + thin, mast, crown), tint, rng, 1, 0)
                    _dot(light, place, mast, 0.0016, hue("ff2a20", 3.0))
        # Air between the rows glows with the light of the streets.
        if layer < 2:
            street = np.exp(-np.abs(shore - v) / 0.075) * (v < shore)
            light += (street * (0.12, 0.06)[layer])[..., None].astype(np.float32) * hue("ffb070")
    quay = step(shore - 0.0115, shore - 0.0105, v)
    light = mix(light, hue("11131c", -1.2), quay)
    bushes = Grove(size)
    for place in np.arange(-span, span, 0.012):
        lump = 0.006 + 0.008 * abs(float(rng.normal()))
        line = np.array([shore, shore - lump, shore - lump * 0.8, shore], np.float32)
        if rng.uniform() < 0.45:
            bushes.polygon(place + np.array([0, 0.004, 0.013, 0.017]), line - 0.010)
    light = mix(light, hue("0c1212", -1.6), blur(bushes.mask(), 0.0012))
    for place in np.arange(-span, span, 0.021):
        tint = hue(str(rng.choice(_LAMPS[:4])), rng.uniform(1.6, 3.4))
        _dot(light, float(place + rng.normal(0, 0.002)), shore - 0.014, 0.0013, tint)
    for _ in range(16):
        tint = hue(str(rng.choice(_SIGNS)), rng.uniform(0.5, 2.2))
        _dot(light, rng.uniform(-span, span), shore - rng.uniform(0.01, 0.04), 0.0012, tint)
    light = bloom(light, 0.14, 0.010)

    depth = np.maximum(v - shore, 0)
    x, y = u / (depth + 0.035), 1 / (depth + 0.035)
    wave = fractal(x * 0.9, y * 2.6, 51, 5, 0.6)
    wide_wave = fractal(x * 0.3, y * 0.9, 53, 3)
    push = (wave + 0.5 * wide_wave) * (0.003 + 0.075 * depth)
    rows = (shore - depth * 0.80 + push) * size[1]
    rows = shore * size[1] - np.abs(shore * size[1] - rows) - 2
    columns = (u + push * 0.12) * size[1] + size[0] / 2
    # Small waves draw every light out towards us, and further the nearer the water is.
    smear = [blur(light, 0.0015, reach) for reach in (0.008, 0.03, 0.07)]
    far = mix(smear[0], smear[1], step(0.0, 0.10, depth))
    mirror = sample(mix(far, smear[2], step(0.05, 0.30, depth)), columns, rows)
    mirror = mirror * (0.80 - 0.25 * step(0.05, 0.36, depth))[..., None] + hue("0a1830", -2.4)
    mirror = mirror * (1 + 0.20 * wave)[..., None]
    return mix(light, mirror, step(shore - 0.0006, shore + 0.0006, v))


def _discs(
    size: Size, rng: np.random.Generator, lamps: list[tuple[float, float, float, Light]]
) -> Light:
    """Return lamps far out of focus: flat discs with a faint rim, narrower near the corners."""
    width, height = size
    out = np.zeros((height, width, 3), np.float32)
    for u, v, radius, tint in lamps:
        x0 = max(int((u - radius * 1.1) * height + width / 2), 0)
        x1 = min(int((u + radius * 1.1) * height + width / 2) + 2, width)
        y0 = max(int((v - radius * 1.1) * height), 0)
        y1 = min(int((v + radius * 1.1) * height) + 2, height)
        if x0 >= x1 or y0 >= y1:
            continue
        du = ((np.arange(x0, x1) + 0.5 - width / 2) / height - u)[None, :] / radius
        dv = ((np.arange(y0, y1) + 0.5) / height - v)[:, None] / radius
        away = np.hypot(du, dv)
        # The barrel of the lens cuts a slice from discs near the edge: cat's eyes.
        cut = np.hypot(du + u * 0.55, dv + (v - 0.5) * 0.55)
        edge = np.maximum(away, cut).astype(np.float32)
        soft = max(0.035, 1.5 / (radius * height))
        disc = step(1.0, 1.0 - soft, edge) * (0.72 + 0.28 * edge**4)
        disc = disc * (1 + 0.03 * np.cos(away * 40))
        speckle = gradient_noise(
            (du * 9 + u * 50).astype(np.float32), (dv * 9 + v * 50).astype(np.float32), 5
        )
        disc = disc * (1 + 0.03 * speckle)
        out[y0:y1, x0:x1] += disc[..., None].astype(np.float32) * tint
    return out


def _street(size: Size, rng: np.random.Generator, blur_size: float) -> Light:
    """Return a street in the rain, thrown far out of focus: lamps, cars, signs, wet asphalt."""
    u, v = frame(size)
    span = size[0] / size[1] / 2
    vanish_v = 0.50
    light = ramp(v, [
        (0.0, hue("0c1730", -1.9)), (0.40, hue("2a2c4a", -1.7)), (0.52, hue("6a4438", -1.6)),
        (0.60, hue("2a2030", -1.9)), (1.0, hue("0a0e18", -2.2)),
    ])  # fmt: skip
    light = light + (0.10 * np.exp(-(u**2) / 0.15 - (v - vanish_v) ** 2 / 0.02))[..., None] * hue(
        "ff9a50"
    )
    lamps: list[tuple[float, float, float, Light]] = []

    def add(place: float, level: float, share: float, tint: str, stops: float) -> None:
        radius = blur_size * share * rng.uniform(0.92, 1.08)
        lamps.append((place, level, radius, hue(tint, stops)))

    for side in (-1, 1):
        for n in range(1, 12):
            near = 1 / n**0.75
            jitter = rng.normal(0, 0.012)
            tint = str(rng.choice(_LAMPS[:4]))
            level = vanish_v - 0.47 * near + jitter
            share = 0.75 + 0.5 * near
            add(side * span * near + jitter, level, share, tint, rng.uniform(-1.6, -0.4))
        for _ in range(36):
            place = side * span * rng.uniform(0.12, 1.1)
            level = vanish_v + rng.uniform(-0.36, 0.05) * (0.25 + abs(place) / span)
            pool = _SIGNS if rng.uniform() < 0.38 else _LAMPS
            tint = str(rng.choice(pool))
            add(place, level, rng.uniform(0.65, 1.1), tint, rng.uniform(-3.4, -1.2))
    for n in range(16):
        near = rng.uniform(0.05, 0.85)
        level = vanish_v + 0.03 + 0.26 * near
        red = n % 2 == 0
        place = (0.10 + 0.30 * near) * (1 if red else -1) + rng.normal(0, 0.05)
        gap = 0.03 + 0.10 * near
        for lamp in (-0.5, 0.5):
            add(place + lamp * gap, level, 0.7 + 0.4 * near, "ff2a1a" if red else "fff0d8",
                rng.uniform(-1.6, -0.4))  # fmt: skip
    light = light + _discs(size, rng, lamps)
    # Wet asphalt throws every lamp back as a long soft streak.
    wet = [(a, vanish_v * 2 + 0.16 - b, r * 0.9, c) for a, b, r, c in lamps if b < vanish_v + 0.2]
    shine = blur(_discs(size, rng, wet), 0.008, 0.07)
    ripple = 0.7 + 0.5 * fractal(u * 3, v * 9, 8, 4)
    down = step(vanish_v + 0.04, vanish_v + 0.22, v) * ripple
    return np.asarray(light + shine * (0.32 * down)[..., None], np.float32)


def street_lights(size: Size, rng: np.random.Generator) -> Light:
    """Draw a street at night with everything out of focus."""
    return bloom(_street(size, rng, 0.052), 0.12, 0.02)


def rain(size: Size, rng: np.random.Generator) -> Light:
    """Draw drops on a window pane, each with the street upside down inside it."""
    u, v = frame(size)
    width, height = size
    street = _street(size, rng, 0.085) * 1.15
    behind = blur(street, 0.010)
    pane = np.zeros((height, width), np.float32)
    lens_u, lens_v = np.zeros_like(pane), np.zeros_like(pane)
    own = np.zeros_like(pane)
    drops: list[tuple[float, float, float, float]] = []
    span = width / height / 2
    # Large drops keep their distance: what comes close has long run together.
    for count, low, high in ((46, 0.019, 0.040), (230, 0.008, 0.018), (1500, 0.0024, 0.0075),
                             (5200, 0.0009, 0.0024)):  # fmt: skip
        for _ in range(count):
            r = float(rng.uniform(low, high))
            at_u, at_v = float(rng.uniform(-span, span)), float(rng.uniform(0, 1))
            gap = 0.85 if r > 0.004 else 0.9
            placed = np.array(drops) if drops else np.zeros((0, 4))
            near = np.hypot(placed[:, 0] - at_u, placed[:, 1] - at_v) < (placed[:, 2] + r) * gap
            if not near.any():
                drops.append((at_u, at_v, r, float(rng.uniform(0, 100))))
    for at_u, at_v, r, key in drops:
        reach = r * 1.5
        x0 = max(int((at_u - reach) * height + width / 2), 0)
        x1 = min(int((at_u + reach) * height + width / 2) + 2, width)
        y0, y1 = max(int((at_v - reach) * height), 0), min(int((at_v + reach) * height) + 2, height)
        if x0 >= x1 or y0 >= y1:
            continue
        du, dv = (u[y0:y1, x0:x1] - at_u) / r, (v[y0:y1, x0:x1] - at_v) / r
        angle = np.arctan2(dv, du)
        lumps = gradient_noise(np.cos(angle) * 0.9 + key, np.sin(angle) * 0.9 + key * 1.7, 6)
        # Weight pulls a drop down: fuller below than above, and never quite round.
        sag = 1 + 0.10 * np.sin(angle) * (r > 0.006)
        shape = np.hypot(du * (1 + 0.08 * np.sin(key)), dv * 0.94) / (sag * (1 + 0.20 * lumps))
        pixel = 1.0 / (r * height)
        cover = np.clip((1 - shape) / max(2 * pixel, 0.03) + 0.5, 0, 1).astype(np.float32)
        better = cover > pane[y0:y1, x0:x1]
        bulge = np.clip(shape, 0, 1) ** 1.6
        for target, value in (
            (pane, cover),
            (lens_u, du * bulge), (lens_v, dv * bulge), (own, np.clip(shape, 0, 1.0)),
        ):  # fmt: skip
            view = target[y0:y1, x0:x1]
            view[better] = value[better]
    # A drop is a fisheye that turns the world over: down in it is up outside.
    columns = (u * 0.75 - lens_u * 0.62) * height + width / 2
    rows = (0.52 + (v - 0.5) * 0.2 - lens_v * 0.50) * height
    inside = sample(blur(street, 0.004), columns, rows) * 1.25
    rim = step(0.62, 1.0, own)
    inside = inside * (1 - 0.80 * rim * (0.6 + 0.4 * np.clip(-lens_v, -1, 1)))[..., None]
    sheen = np.exp(-(((lens_u + 0.10) / 0.10) ** 2) - ((lens_v + 0.16) / 0.07) ** 2) * pane
    inside = inside + (0.25 * sheen)[..., None] * hue("cfe0ff", -1.0)
    low_rim = step(0.70, 0.93, own) * step(0.2, 0.8, lens_v)
    inside = inside + blur(street, 0.05) * (0.9 * low_rim)[..., None]
    # Breath on the glass makes the street paler where there are no drops.
    mist = 0.5 + 0.5 * fractal(u * 1.5, v * 1.5, 12, 4)
    behind = behind * (1 - 0.12 * mist)[..., None] + blur(street, 0.08) * (0.30 * mist)[..., None]
    return mix(behind, inside, pane)
